/** The subrecord codec over WebAssembly SIMD: subrecords.wat, assembled by the build. */

import { SUBRECORDS_BINARY } from './subrecords.generated.js';
import { checkAreas, createCodec, SLACK_LENGTH, type SubrecordCodec } from './subrecords.js';

/** The part of `WebAssembly.Memory` that is used here. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

/** The part of `WebAssembly` that is used here; TypeScript has it in its DOM library only. Absent under `--jitless`. */
declare const WebAssembly: {
  validate(binary: Uint8Array): boolean;
  readonly Module: new (binary: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: { transfer: { memory: WasmMemory } },
  ) => { readonly exports: unknown };
};

/** The functions of subrecords.wat. Both leave their results in the slack behind the target. */
interface Routines {
  decode(src: number, srcEnd: number, dst: number, dstEnd: number, carry: number, stopFlag: number): void;
  encode(src: number, srcEnd: number, dst: number, dstEnd: number, endFlag: number, compress: number): void;
}

const END_OF_RECORD = 0x80;

/**
 * The codec over a WebAssembly memory, several times as fast as the one in JavaScript and with the same results, or
 * undefined where WebAssembly or its SIMD instructions are missing, or `enabled` is false: use createCodec() then.
 * The memory must not grow afterwards: create it with its maximum as its initial size.
 */
export function createAcceleratedCodec(
  memory: WasmMemory,
  { enabled = true }: { enabled?: boolean } = {},
): SubrecordCodec | undefined {
  const module = enabled ? compiled() : undefined;
  return module && new AcceleratedCodec(module, memory);
}

let compilation: { readonly module: object | undefined } | undefined;

/** The routines, compiled once for all memories: each of many clients has one. */
function compiled(): object | undefined {
  compilation ??= { module: compile() };
  return compilation.module;
}

function compile(): object | undefined {
  if (typeof WebAssembly === 'undefined' || !WebAssembly.validate(SUBRECORDS_BINARY)) return undefined;
  return new WebAssembly.Module(SUBRECORDS_BINARY);
}

class AcceleratedCodec implements SubrecordCodec {
  src = 0;
  dst = 0;
  carry = -1;
  recordEnds = 0;
  readonly #length: number;
  readonly #results: DataView;
  readonly #routines: Routines;
  readonly #plain: SubrecordCodec;

  constructor(module: object, memory: WasmMemory) {
    const instance = new WebAssembly.Instance(module, { transfer: { memory } });
    this.#routines = instance.exports as Routines;
    this.#length = memory.buffer.byteLength;
    this.#results = new DataView(memory.buffer);
    this.#plain = createCodec(new Uint8Array(memory.buffer));
  }

  decode(src: number, srcEnd: number, dst: number, dstEnd: number, carry: number, stopAtEndOfRecord: boolean): void {
    checkAreas(this.#length, src, srcEnd, dst, dstEnd);
    if (srcEnd + SLACK_LENGTH > this.#length) {
      this.#plain.decode(src, srcEnd, dst, dstEnd, carry, stopAtEndOfRecord);
      this.#takePlainResults();
    } else {
      this.#routines.decode(src, srcEnd, dst, dstEnd, carry, stopAtEndOfRecord ? END_OF_RECORD : 0);
      this.#takeResults(dstEnd);
    }
  }

  encode(src: number, srcEnd: number, dst: number, dstEnd: number, endOfRecord: boolean, compress: boolean): void {
    checkAreas(this.#length, src, srcEnd, dst, dstEnd);
    if (srcEnd + SLACK_LENGTH > this.#length) {
      this.#plain.encode(src, srcEnd, dst, dstEnd, endOfRecord, compress);
      this.#takePlainResults();
    } else {
      this.#routines.encode(src, srcEnd, dst, dstEnd, endOfRecord ? END_OF_RECORD : 0, compress ? 1 : 0);
      this.#takeResults(dstEnd);
    }
  }

  #takeResults(at: number): void {
    this.src = this.#results.getUint32(at, true);
    this.dst = this.#results.getUint32(at + 4, true);
    this.carry = this.#results.getInt32(at + 8, true);
    this.recordEnds = this.#results.getUint32(at + 12, true);
  }

  /** The routines read behind their source. Where the memory ends there, JavaScript does their work. */
  #takePlainResults(): void {
    this.src = this.#plain.src;
    this.dst = this.#plain.dst;
    this.carry = this.#plain.carry;
    this.recordEnds = this.#plain.recordEnds;
  }
}

/** Both subrecord codecs behind functions that give hexadecimal octets and watch every octet around the areas. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { createAcceleratedCodec, type WasmMemory } from '../../../src/protocol/framing/accelerated.js';
import { createCodec, SLACK_LENGTH, type SubrecordCodec } from '../../../src/protocol/framing/subrecords.js';
import { PROJECT_ROOT } from '../../support/project.js';

declare const WebAssembly: { readonly Memory: new (pages: { initial: number; maximum: number }) => WasmMemory };

const PAGE_LENGTH = 65_536;
const CANARY = 0xa5;

export interface Host {
  readonly name: string;
  readonly memory: Uint8Array;
  readonly codec: SubrecordCodec;
}

/** What a call has done, apart from what it must not do. */
export interface Outcome {
  /** The octets written, hexadecimal. */
  readonly output: string;
  /** How many octets of the source were taken. */
  readonly taken: number;
  readonly carry: number;
  readonly recordEnds: number;
}

export function wasmMemory(pages: number): WasmMemory {
  return new WebAssembly.Memory({ initial: pages, maximum: pages });
}

/** The codec in JavaScript and the accelerated one, each over a memory of its own. */
export function makeHosts(pages = 1): [Host, Host] {
  const wasm = wasmMemory(pages);
  const accelerated = createAcceleratedCodec(wasm);
  if (accelerated === undefined) throw new Error('this Node.js has no WebAssembly SIMD: the tests need it');
  const plain = new Uint8Array(pages * PAGE_LENGTH);
  return [
    { name: 'JavaScript', memory: plain, codec: createCodec(plain) },
    { name: 'WebAssembly', memory: new Uint8Array(wasm.buffer), codec: accelerated },
  ];
}

/** `'3F'`, `'00 41'` to octets. */
export function octets(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}

/** Octets of a wire transcript in `fixtures/wire/`, one array for each line. */
export function transcript(name: string): Uint8Array[] {
  const text = readFileSync(join(PROJECT_ROOT, 'fixtures/wire', name), 'latin1');
  return text.trim().split('\n').map(octets);
}

export function decode(
  host: Host,
  source: Uint8Array,
  { room = 4096, carry = -1, stop = false }: { room?: number; carry?: number; stop?: boolean } = {},
): Outcome {
  return inEveryPlace(host, source, room, (src, srcEnd, dst, dstEnd) =>
    host.codec.decode(src, srcEnd, dst, dstEnd, carry, stop),
  );
}

export function encode(
  host: Host,
  source: Uint8Array,
  {
    room = 4096,
    endOfRecord = false,
    compress = false,
  }: { room?: number; endOfRecord?: boolean; compress?: boolean } = {},
): Outcome {
  return inEveryPlace(host, source, room, (src, srcEnd, dst, dstEnd) =>
    host.codec.encode(src, srcEnd, dst, dstEnd, endOfRecord, compress),
  );
}

type Call = (src: number, srcEnd: number, dst: number, dstEnd: number) => void;

/** Source first and target at the very end of the memory, and the other way round: the outcome must be the same. */
function inEveryPlace(host: Host, source: Uint8Array, room: number, call: Call): Outcome {
  const { length } = host.memory;
  const outcome = inPlace(host, source, 0, length - SLACK_LENGTH - room, room, call);
  const other = inPlace(host, source, length - source.length, 0, room, call);
  assert.equal(other, outcome, `${host.name}: the same at the start and at the end of the memory`);
  return outcome;
}

function inPlace(host: Host, source: Uint8Array, src: number, dst: number, room: number, call: Call): Outcome {
  const { memory, codec, name } = host;
  const [srcEnd, dstEnd] = [src + source.length, dst + room];
  memory.fill(CANARY);
  memory.set(source, src);
  const before = memory.slice();
  call(src, srcEnd, dst, dstEnd);
  assert.ok(codec.src >= src && codec.src <= srcEnd, `${name}: takes nothing outside the source`);
  assert.ok(codec.dst >= dst && codec.dst <= dstEnd, `${name}: fills nothing outside the target`);
  before.set(memory.subarray(dst, dstEnd + SLACK_LENGTH), dst);
  assert.is(Buffer.compare(before, memory), 0, `${name}: writes nothing outside the target and its slack`);
  const { carry, recordEnds } = codec;
  return { output: hex(memory.subarray(dst, codec.dst)), taken: codec.src - src, carry, recordEnds };
}

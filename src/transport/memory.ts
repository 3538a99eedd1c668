import { SLAB_STRIDE, SLACK_LENGTH, SlabPool } from './slabs.js';

/** Usable octets of the read area: the most that one read of a socket brings. */
export const READ_AREA_LENGTH = 64 * 1024;

/** WebAssembly memory is measured in pages of this many octets. */
const PAGE_LENGTH = 64 * 1024;

/** No address of the read area or of a slab is 0, and routines may look a little in front of them. */
const READ_START = SLACK_LENGTH;

const SLABS_START = READ_START + READ_AREA_LENGTH + SLACK_LENGTH;

/** Behind the last slab's slack, routines may read as far as behind any other. */
const FIXED_LENGTH = SLABS_START + SLACK_LENGTH;

/** Addresses must stay positive as 32-bit integers, which is what WebAssembly returns. */
const LENGTH_MAX = 2 ** 31 - PAGE_LENGTH;

/** The part of `WebAssembly.Memory` that is used here. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/**
 * The memory that file data passes through: the one read area of all sockets of the thread, and the slabs. Where there
 * is WebAssembly it is WebAssembly memory, so that the subrecord routines work on it without a copy in or out. It is
 * taken once and never grows, so views of it stay valid; the system gives it pages as they are first written.
 */
export class TransferMemory {
  /** The whole memory. */
  readonly bytes: Uint8Array;
  /** The same octets, for the file system. */
  readonly buffer: Buffer;
  /** Undefined where there is no WebAssembly, or where the system refuses its address space. */
  readonly wasm: WasmMemory | undefined;
  /** The read area: {@link READ_AREA_LENGTH} octets from here. 64 octets behind it may be read as well. */
  readonly readStart = READ_START;
  readonly readEnd = READ_START + READ_AREA_LENGTH;
  readonly slabs: SlabPool;

  /**
   * @param bytes size in octets, from one slab and the read area (384 KiB is enough) to 2 GiB; as many slabs are made
   *   of it as fit
   * @throws RangeError if the size is out of range, or the system does not have as much
   */
  constructor(bytes: number) {
    const total = Math.floor((bytes - FIXED_LENGTH) / SLAB_STRIDE);
    if (!(total >= 1) || bytes > LENGTH_MAX) {
      const range = `${FIXED_LENGTH + SLAB_STRIDE} to ${LENGTH_MAX}`;
      throw new RangeError(`transfer memory of ${bytes} octets is out of range: choose ${range}`);
    }
    const pages = Math.ceil((FIXED_LENGTH + total * SLAB_STRIDE) / PAGE_LENGTH);
    this.wasm = createWasmMemory(pages);
    const memory = this.wasm?.buffer ?? new ArrayBuffer(pages * PAGE_LENGTH);
    this.bytes = new Uint8Array(memory);
    this.buffer = Buffer.from(memory);
    this.slabs = new SlabPool(SLABS_START, total);
  }
}

function createWasmMemory(pages: number): WasmMemory | undefined {
  // Absent under --jitless and where a policy forbids generated code.
  const { WebAssembly } = globalThis as {
    WebAssembly?: { Memory: new (limits: { initial: number; maximum: number }) => WasmMemory };
  };
  if (WebAssembly === undefined) return undefined;
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch (error) {
    // The engine reserves address space far beyond the size, which a limit on virtual memory may not allow.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

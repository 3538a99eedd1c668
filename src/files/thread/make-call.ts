/** The calls of the disk thread. On that thread nobody is kept from anything by a call that waits for the disk. */
import * as fs from 'node:fs';
import type { CallMemory, CallName } from './call-memory.js';

type Make = (memory: CallMemory, place: number) => number;

const BIG = { bigint: true } as const;

/**
 * What `Entry` is made of, in the order of `tell`. Of its time the nanoseconds come without the milliseconds: all of
 * them are more than 64 bits from the year 2262 on.
 */
export const ENTRY_NUMBERS = 7;

export const NS_PER_MS = 1_000_000n;

function tell(memory: CallMemory, place: number, stats: fs.BigIntStats): number {
  const { dev, ino, nlink, size, mtimeMs, mtimeNs, mode } = stats;
  const nanoseconds = mtimeNs - mtimeMs * NS_PER_MS;
  memory.entryAt(place, ENTRY_NUMBERS).set([dev, ino, nlink, size, mtimeMs, nanoseconds, mode]);
  return 0;
}

const CALLS: Readonly<Record<CallName, Make>> = {
  open: (memory, place) => fs.openSync(memory.pathAt(place, 0), memory.numberAt(place, 0), memory.numberAt(place, 1)),
  close: (memory, place) => {
    fs.closeSync(memory.numberAt(place, 0));
    return 0;
  },
  fstat: (memory, place) => tell(memory, place, fs.fstatSync(memory.numberAt(place, 0), BIG)),
  lstat: (memory, place) => tell(memory, place, fs.lstatSync(memory.pathAt(place, 0), BIG)),
  link: (memory, place) => {
    fs.linkSync(memory.pathAt(place, 0), memory.pathAt(place, 1));
    return 0;
  },
  rename: (memory, place) => {
    fs.renameSync(memory.pathAt(place, 0), memory.pathAt(place, 1));
    return 0;
  },
  unlink: (memory, place) => {
    fs.unlinkSync(memory.pathAt(place, 0));
    return 0;
  },
  read: (memory, place) => move(fs.readSync, memory, place),
  write: (memory, place) => move(fs.writeSync, memory, place),
};

type Move = (fd: number, octets: Buffer, start: number, length: number, position: number) => number;

function move(call: Move, memory: CallMemory, place: number): number {
  const length = memory.numberAt(place, 1);
  return call(memory.numberAt(place, 0), memory.octetsAt(place, length), 0, length, memory.numberAt(place, 2));
}

/** Makes one call, and gives its result as `CallMemory.resultAt` has it. */
export function makeCall(memory: CallMemory, place: number): number {
  try {
    return CALLS[memory.nameAt(place)](memory, place);
  } catch (error) {
    return (error as NodeJS.ErrnoException).errno ?? Number.NaN;
  }
}

/** The calls of the disk thread. On that thread nobody is kept from anything by a call that waits for the disk. */
import * as fs from 'node:fs';
import type { CallMemory, CallName } from './call-memory.js';

type Make = (memory: CallMemory, place: number) => number;

const BIG = { bigint: true } as const;

/** What `Entry` is made of, in this order. */
export const ENTRY_NUMBERS = 7;

function tell(memory: CallMemory, place: number, stats: fs.BigIntStats): number {
  const { dev, ino, nlink, size, mtimeMs, mtimeNs, mode } = stats;
  memory.entryAt(place, ENTRY_NUMBERS).set([dev, ino, nlink, size, mtimeMs, mtimeNs, mode]);
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

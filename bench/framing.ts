/**
 * How fast a file goes through framing, one thread, as a ratio to one memcpy of its octets in the same run. Decoding is
 * stream buffer reader and subrecord codec, fed 64 KiB at a time, as a socket does; encoding is the data buffer writer.
 * Neither touches a socket or a disk.
 *
 *     node dist/bench/framing.js [--json file]
 *
 * "cache": the same few hundred KiB again and again, as a server does with its read area and slabs. "memory": 16 MiB
 * through.
 */

import { createAcceleratedCodec } from '../src/protocol/framing/accelerated.js';
import { DataBufferWriter } from '../src/protocol/framing/data-buffers.js';
import { StreamBufferReader } from '../src/protocol/framing/stream-buffer-reader.js';
import { createCodec, type SubrecordCodec } from '../src/protocol/framing/subrecords.js';
import { TransferMemory } from '../src/transport/memory.js';
import { medianTimes } from './support/measure.js';
import { type Row, report } from './support/report.js';

const MEBIBYTE = 1024 * 1024;
const READ_LENGTH = 64 * 1024;
const BUFFER_LENGTHS = [2048, 8192, 65_535, 99_999];
const WORKING_SETS = { cache: MEBIBYTE / 4, memory: 16 * MEBIBYTE };

/** Where the file stands, where its stream, and where it is decoded to; each has room for the slack of 64 octets. */
const AREA_LENGTH = 20 * MEBIBYTE;
const FILE = 0;
const STREAM = AREA_LENGTH;
const TARGET = 2 * AREA_LENGTH;

const transferMemory = new TransferMemory(3 * AREA_LENGTH + MEBIBYTE);
const memory = transferMemory.bytes;

function encodeFile(codec: SubrecordCodec, length: number, bufferLength: number): () => number {
  const writer = new DataBufferWriter(memory, codec);
  return () => {
    writer.write(FILE, FILE + length, STREAM, TARGET - 64, bufferLength, Number.POSITIVE_INFINITY, true, false);
    return writer.dst;
  };
}

function decodeStream(codec: SubrecordCodec, streamEnd: number): () => void {
  let target = TARGET;
  let carry = -1;
  const reader = new StreamBufferReader({
    onHeaderInvalid: ({ detail }) => {
      throw new Error(detail);
    },
    onCommand: () => undefined,
    onDataStart: () => true,
    onData: (_bytes, start, end) => {
      codec.decode(start, end, target, TARGET + AREA_LENGTH, carry, false);
      target = codec.dst;
      carry = codec.carry;
      return codec.src - start;
    },
    onDataEnd: () => undefined,
  });
  return () => {
    target = TARGET;
    for (let at = STREAM; at < streamEnd; at += READ_LENGTH) {
      reader.read(memory, at, Math.min(at + READ_LENGTH, streamEnd));
    }
  };
}

function measure(areas: string, length: number, bufferLength: number): Row[] {
  const accelerated = transferMemory.wasm && createAcceleratedCodec(transferMemory.wasm);
  const codecs: [string, SubrecordCodec][] = [['JavaScript', createCodec(memory)]];
  if (accelerated !== undefined) codecs.push(['WebAssembly', accelerated]);
  const copy = () => {
    memory.copyWithin(TARGET, FILE, FILE + length);
  };
  const names: string[][] = [];
  const calls: (() => void)[] = [copy];
  for (const [name, codec] of codecs) {
    const encode = encodeFile(codec, length, bufferLength);
    const decode = decodeStream(codec, encode());
    memory.fill(0, TARGET, TARGET + length);
    decode();
    const [file, target] = [FILE, TARGET].map((at) => memory.subarray(at, at + length));
    if (Buffer.compare(file!, target!) !== 0) throw new Error(`${name}: the decoded file is not the encoded one`);
    names.push([name, 'decode'], [name, 'encode']);
    calls.push(decode, encode);
  }
  const [copyTime, ...times] = medianTimes(calls);
  return times.map((time, index) => ({
    areas,
    'exchange buffer': String(bufferLength),
    direction: names[index]![1]!,
    codec: names[index]![0]!,
    'MB/s': Math.round(length / time / 1000),
    'memcpy MB/s': Math.round(length / copyTime! / 1000),
    'of memcpy': Number((copyTime! / time).toFixed(3)),
  }));
}

for (let at = FILE; at < STREAM; at++) memory[at] = Math.imul(at, 2_654_435_761) >>> 13;
const rows = Object.entries(WORKING_SETS).flatMap(([areas, length]) =>
  BUFFER_LENGTHS.flatMap((bufferLength) => measure(areas, length, bufferLength)),
);
report('Framing: octets of the file a second', rows);

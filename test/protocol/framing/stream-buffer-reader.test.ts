/** RFC 5024 §8.1: exchange buffers out of a stream, whatever the segments. */

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type StreamBufferHandler, StreamBufferReader } from '../../../src/protocol/framing/stream-buffer-reader.js';
import type { HeaderFailure } from '../../../src/protocol/framing/stream-header.js';
import { hex, octets } from './codecs.js';

/** Writes down what it is told, DATA as one entry. */
class Witness implements StreamBufferHandler {
  readonly told: string[] = [];
  readonly reader = new StreamBufferReader(this);
  /** Octets that onData() takes in all calls together, or all that are offered. */
  appetite = Number.POSITIVE_INFINITY;
  refuseData = false;
  pauseAfterCommand = false;
  failure: HeaderFailure | undefined;
  commands: Uint8Array[] = [];
  #data = '';

  onHeaderInvalid(failure: HeaderFailure): void {
    this.failure = failure;
    this.told.push(`invalid ${failure.field} ${failure.value}`);
  }

  onCommand(command: Uint8Array): void {
    this.told.push(hex(command));
    this.commands.push(command);
    this.reader.paused = this.pauseAfterCommand;
  }

  onDataStart(length: number): boolean {
    this.#data = `D ${length}:`;
    if (this.refuseData) this.told.push(`refused D ${length}`);
    return !this.refuseData;
  }

  onData(bytes: Uint8Array, start: number, end: number): number {
    const taken = Math.min(end - start, this.appetite);
    this.appetite -= taken;
    this.#data += hex(bytes.subarray(start, start + taken));
    return taken;
  }

  onDataEnd(): void {
    this.told.push(this.#data);
  }

  read(...chunks: Uint8Array[]): number[] {
    return chunks.map((chunk) => this.reader.read(chunk, 0, chunk.length));
  }
}

/** SSRM, DATA, CD twice, an empty DATA, a command of 300 octets, DATA. */
const LONG = `35${'6c'.repeat(299)}`;
const STREAM = octets(`
  10000017 494F444554544520465450205245414459200D
  10000008 44024142
  10000005 52
  10000005 52
  10000005 44
  10000130 ${LONG}
  1000000A 44818201 2A44
`);
const TOLD = ['494f444554544520465450205245414459200d', 'D 4:024142', '52', '52', 'D 1:', LONG, 'D 6:8182012a44'];

/** A header of the stream begins at each of these, and the stream ends at the last. */
const BOUNDARIES = [0, 23, 31, 36, 41, 46, 350, 360];

function checkInvariant({ reader }: Witness, read: number): void {
  const last = BOUNDARIES.findLast((boundary) => boundary <= read)!;
  assert.is(reader.buffers, BOUNDARIES.indexOf(last), `buffers after ${read} octets`);
  assert.is(reader.partial, read > last, `partial after ${read} octets`);
  const taken = Math.max(0, read - last - 4);
  const isData = STREAM[last + 4] === 0x44;
  if (isData || taken === 0) assert.is(reader.retained, 0, `retained after ${read} octets`);
  else assert.ok(reader.retained <= Math.min(300, Math.max(64, 2 * taken)), `retained after ${read} octets`);
}

test('C-017 seven buffers in one segment', () => {
  const witness = new Witness();
  witness.reader.commandLengthMax = 300;
  assert.equal(witness.read(STREAM), [360]);
  assert.equal(witness.told, TOLD);
  checkInvariant(witness, 360);
});

test('C-016 one octet a segment: the same, and the invariant holds after each', () => {
  const witness = new Witness();
  witness.reader.commandLengthMax = 300;
  for (let at = 0; at < STREAM.length; at++) {
    assert.is(witness.reader.read(STREAM, at, at + 1), 1);
    checkInvariant(witness, at + 1);
  }
  assert.equal(witness.told, TOLD);
});

test('C-016 split at each place into two segments', () => {
  for (let split = 0; split <= STREAM.length; split++) {
    const witness = new Witness();
    witness.reader.commandLengthMax = 300;
    assert.equal(witness.read(STREAM.subarray(0, split)), [split]);
    checkInvariant(witness, split);
    assert.equal(witness.read(STREAM.subarray(split)), [360 - split]);
    assert.equal(witness.told, TOLD, `split at ${split}`);
    checkInvariant(witness, 360);
  }
});

test('a chunk is read from its start to its end only', () => {
  const witness = new Witness();
  const area = octets(`FFFF 10000005 52 FFFF`);
  assert.is(witness.reader.read(area, 2, 7), 5);
  assert.equal(witness.told, ['52']);
  assert.is(witness.reader.partial, false);
});

test('a command inside one chunk is a view of it, in its middle or at its end; one across two chunks is not', () => {
  const witness = new Witness();
  const chunk = octets('10000006 3459 10000005 52');
  witness.read(chunk, octets('10000006 34'), octets('4E'));
  const [middle, end, split] = witness.commands;
  assert.is(middle!.buffer, chunk.buffer);
  assert.is(end!.buffer, chunk.buffer);
  assert.is.not(split!.buffer, chunk.buffer);
  assert.equal(witness.told, ['3459', '52', '344e']);
});

test('what a command was kept in is not used again for the next one', () => {
  const witness = new Witness();
  witness.read(octets('10000006 34'), octets('59 10000006 34'), octets('4E'));
  assert.equal(witness.commands.map(hex), ['3459', '344e']);
});

test('DATA of the greatest length is passed on and never kept', () => {
  const witness = new Witness();
  let passed = 0;
  witness.onData = (_bytes, start, end) => {
    passed += end - start;
    assert.is(witness.reader.retained, 0);
    return end - start;
  };
  witness.read(octets('100186A3 44'));
  const chunk = new Uint8Array(33_333);
  assert.equal(witness.read(chunk, chunk, chunk), [33_333, 33_333, 33_333]);
  assert.is(passed, 99_998);
  assert.equal(witness.told, ['D 99999:']);
  assert.is(witness.reader.buffers, 1);
});

for (const [name, header, told] of [
  ['C-012 a length of 4', '10000004', 'invalid length 4'],
  ['C-013 a length of 16 MB', '10FFFFFF', 'invalid length 16777215'],
  ['C-014 version 2', '20000005', 'invalid version 2'],
] as const) {
  test(`${name} is told at the fourth octet, and the rest is dropped`, () => {
    const witness = new Witness();
    const input = octets(header);
    assert.equal(witness.read(input.subarray(0, 3)), [3]);
    assert.equal(witness.told, []);
    assert.equal(witness.read(input.subarray(3), octets('52 10000005 52')), [1, 6]);
    assert.equal(witness.told, [told]);
    assert.is(witness.reader.retained, 0);
  });
}

test('a command longer than accepted is refused at its first octet', () => {
  const witness = new Witness();
  assert.is(witness.reader.commandLengthMax, 256);
  const longest = octets(`10000104 58 ${'00'.repeat(255)}`);
  witness.read(longest, octets('10000105'));
  assert.equal(witness.told, [`58${'00'.repeat(255)}`]);
  assert.equal(witness.read(octets('58 00'), octets('10000005 52')), [2, 5]);
  assert.is(witness.told[1], 'invalid length 261');
  assert.is(witness.failure?.reason, 7);
  assert.match(witness.failure?.detail ?? '', /257 octets, at most 256/);
  assert.is(witness.told.length, 2);
  assert.is(witness.reader.retained, 0);
});

test('DATA is not measured by the length of commands', () => {
  const witness = new Witness();
  witness.reader.commandLengthMax = 1;
  witness.read(octets('10000008 44024142'));
  assert.equal(witness.told, ['D 4:024142']);
});

test('the longest command that an EERP can be is taken when it is accepted', () => {
  const witness = new Witness();
  witness.reader.commandLengthMax = 99_999;
  const command = new Uint8Array(99_999).fill(0x45);
  witness.read(octets('100186A3'));
  for (let at = 0; at < command.length; at += 10_000) {
    witness.read(command.subarray(at, at + 10_000));
    const taken = Math.min(at + 10_000, 99_999);
    assert.ok(witness.reader.retained <= Math.min(99_999, 2 * taken));
  }
  assert.is(Buffer.compare(witness.commands[0]!, command), 0);
  assert.is(witness.reader.retained, 0);
});

test('memory follows what has arrived, not what was announced', () => {
  const witness = new Witness();
  witness.reader.commandLengthMax = 99_999;
  witness.read(octets('100186A3 45 00'));
  assert.is(witness.reader.retained, 64);
});

test('refused DATA: nothing of it is passed on, nor what follows', () => {
  const witness = new Witness();
  witness.refuseData = true;
  assert.equal(witness.read(octets('10000008 44024142 10000005 52'), octets('10000005 52')), [13, 5]);
  assert.equal(witness.told, ['refused D 4']);
});

test('pause after a command: the rest of the chunk is left and comes later', () => {
  const witness = new Witness();
  witness.pauseAfterCommand = true;
  const chunk = octets('10000006 3459 10000005 52');
  assert.equal(witness.read(chunk), [6]);
  assert.equal(witness.read(chunk.subarray(6)), [0]);
  witness.reader.paused = false;
  assert.equal(witness.read(chunk.subarray(6)), [5]);
  assert.equal(witness.told, ['3459', '52']);
});

test('pause inside a header or a command: nothing is handed out until it ends', () => {
  for (let split = 1; split < 6; split++) {
    const witness = new Witness();
    const chunk = octets('10000006 3459');
    witness.read(chunk.subarray(0, split));
    witness.reader.paused = true;
    assert.equal(witness.read(chunk.subarray(split)), [0]);
    assert.equal(witness.told, []);
    witness.reader.paused = false;
    witness.read(chunk.subarray(split));
    assert.equal(witness.told, ['3459']);
  }
});

test('pause inside DATA: its rest is passed on, what follows is not', () => {
  const witness = new Witness();
  witness.read(octets('10000008 4402'));
  witness.reader.paused = true;
  assert.equal(witness.read(octets('4142 10000005 52')), [2]);
  assert.equal(witness.told, ['D 4:024142']);
});

test('a handler of DATA that has enough stops the reader, and goes on where it stopped', () => {
  const chunk = octets('1000000B 44050102030405 10000005 52');
  for (let appetite = 0; appetite < 6; appetite++) {
    const witness = new Witness();
    witness.appetite = appetite;
    assert.equal(witness.read(chunk), [5 + appetite]);
    assert.equal(witness.told, []);
    assert.ok(witness.reader.partial);
    witness.appetite = 6;
    assert.equal(witness.read(chunk.subarray(5 + appetite)), [16 - 5 - appetite]);
    assert.equal(witness.told, ['D 7:050102030405', '52']);
  }
});

test('a handler that takes more than it was offered, or less than nothing, is a defect', () => {
  for (const taken of [-1, 3, Number.NaN]) {
    const witness = new Witness();
    witness.onData = () => taken;
    assert.throws(
      () => witness.read(octets('10000008 4402 41')),
      (error: unknown) => {
        return error instanceof RangeError && error.message === `onData() took ${taken} octets, was offered 2`;
      },
    );
  }
});

test('C-022 a buffer that the stream ends in was not handed out', () => {
  const witness = new Witness();
  witness.read(octets('10000016 54303030303030303030'));
  assert.equal(witness.told, []);
  assert.ok(witness.reader.partial);
});

test.run();

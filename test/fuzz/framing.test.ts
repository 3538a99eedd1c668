/**
 * Framing under random octets: no input makes it throw, read or write outside its areas, keep more than has arrived or
 * disagree with itself. FRAMING_FUZZ_SEED=n repeats a run, FRAMING_FUZZ_RUNS=n sets how many cases each test has.
 */

import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DataBufferWriter } from '../../src/protocol/framing/data-buffers.js';
import { StreamBufferReader } from '../../src/protocol/framing/stream-buffer-reader.js';
import { decode, encode, hex, makeHosts, octets } from '../protocol/framing/codecs.js';

const SEED = Number(process.env['FRAMING_FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const RUNS = Number(process.env['FRAMING_FUZZ_RUNS'] ?? 8000);
const PARAMETERS = { seed: SEED, numRuns: RUNS };
console.log(`FRAMING_FUZZ_SEED=${SEED} FRAMING_FUZZ_RUNS=${RUNS}`);

const [PLAIN, ACCELERATED] = makeHosts();

/** Octets with many subrecord headers that fit, and with runs. */
const tangled = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc.tuple(fc.nat(255), fc.nat(100)).map(([octet, length]) => new Uint8Array(length).fill(octet)),
      fc.uint8Array({ maxLength: 63 }).map((content) => Uint8Array.of(content.length, ...content)),
    ),
    { maxLength: 8 },
  )
  .map((parts) => new Uint8Array(Buffer.concat(parts)));

/** Places to cut an array of octets at, as fractions. */
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 });

function cut(whole: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = places.map((place) => Math.round(place * whole.length)).sort((a, b) => a - b);
  return [...ends, whole.length].map((end, index) => whole.subarray(ends[index - 1] ?? 0, end));
}

test('both codecs decode any octets alike, and in chunks as in one piece', () => {
  const property = fc.property(tangled, cuts, fc.boolean(), fc.nat(700), (source, places, stop, room) => {
    assert.equal(decode(ACCELERATED, source, { stop, room }), decode(PLAIN, source, { stop, room }));
    const whole = decode(PLAIN, source, { room: 60_000 });
    let [carry, output, recordEnds] = [-1, '', 0];
    for (const chunk of cut(source, places)) {
      const outcome = decode(ACCELERATED, chunk, { room: 60_000, carry });
      carry = outcome.carry;
      output += outcome.output;
      recordEnds += outcome.recordEnds;
    }
    assert.equal({ output, taken: source.length, carry, recordEnds }, whole);
  });
  fc.assert(property, PARAMETERS);
});

test('both codecs encode any octets alike, and what they encode decodes to it', () => {
  const property = fc.property(tangled, fc.boolean(), fc.boolean(), fc.nat(900), (source, ended, compress, room) => {
    const options = { endOfRecord: ended, compress, room };
    const encoded = encode(PLAIN, source, options);
    assert.equal(encode(ACCELERATED, source, options), encoded);
    const decoded = decode(PLAIN, octets(encoded.output));
    assert.is(decoded.output, hex(source.subarray(0, encoded.taken)));
    assert.is(decoded.recordEnds, encoded.recordEnds);
    assert.is(decoded.carry, -1);
  });
  fc.assert(property, PARAMETERS);
});

/** What a reader hands out of a stream that comes in these chunks; offered again what it does not take. */
function readAll(chunks: readonly Uint8Array[], appetites: readonly number[], pauses: readonly boolean[]): string[] {
  const told: string[] = [];
  let [data, calls, boundaries] = ['', 0, 0];
  const pause = () => {
    reader.paused = pauses[boundaries++ % pauses.length] ?? false;
  };
  const reader = new StreamBufferReader({
    onHeaderInvalid: ({ field, value }) => told.push(`${field} ${value}`),
    onCommand: (command) => {
      told.push(hex(command));
      pause();
    },
    onDataStart: (length) => {
      data = `D ${length}:`;
      return length < 100_000;
    },
    onData: (bytes, start, end) => {
      const taken = Math.min(end - start, appetites[calls++ % appetites.length] ?? end - start);
      data += hex(bytes.subarray(start, start + taken));
      return taken;
    },
    onDataEnd: () => {
      told.push(data);
      pause();
    },
  });
  let arrived = 0;
  for (const chunk of chunks) {
    arrived += chunk.length;
    for (let at = 0; at < chunk.length; ) {
      const taken = reader.read(chunk, at, chunk.length);
      assert.ok(taken >= 0 && taken <= chunk.length - at);
      assert.ok(reader.retained <= Math.max(64, 2 * arrived));
      at += taken;
      reader.paused = false;
    }
  }
  if (!reader.partial) assert.is(reader.retained, 0);
  return told;
}

/** A stream of buffers most of which are right. */
const stream = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 300 }).map(framed) },
      { weight: 8, arbitrary: fc.uint8Array({ maxLength: 300 }).map((content) => framed([0x44, ...content])) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }) },
    ),
    { maxLength: 8 },
  )
  .map((parts) => new Uint8Array(Buffer.concat(parts)));

function framed(content: ArrayLike<number>): Uint8Array {
  const length = content.length + 4;
  return Uint8Array.of(0x10, length >> 16, length >> 8, length, ...Array.from(content));
}

test('a reader hands out the same in whatever chunks, pauses and pieces a stream comes', () => {
  const appetites = fc.array(fc.integer({ min: 1, max: 100 }), { maxLength: 4 });
  const pauses = fc.array(fc.boolean(), { maxLength: 4 });
  const property = fc.property(stream, cuts, appetites, pauses, (whole, places, ...manners) => {
    assert.equal(readAll(cut(whole, places), ...manners), readAll([whole], [], []));
  });
  fc.assert(property, PARAMETERS);
});

test('records come back from any buffers, areas and credits they are written with', () => {
  const records = fc.array(tangled, { maxLength: 5 });
  const sizes = fc.record({ bufferLength: fc.integer({ min: 128, max: 400 }), area: fc.nat(1500), credits: fc.nat(6) });
  const property = fc.property(records, sizes, fc.boolean(), (contents, { bufferLength, area, credits }, compress) => {
    fc.pre(area >= bufferLength + 4 && credits > 0);
    const { memory, codec } = ACCELERATED;
    const [start, areaEnd] = [20_000, 20_000 + area];
    const writer = new DataBufferWriter(memory, codec);
    const written: Uint8Array[] = [];
    const flush = () => {
      writer.finish();
      assert.ok(writer.buffers <= credits && writer.dst <= areaEnd);
      written.push(memory.slice(start, writer.dst));
      writer.begin(start, areaEnd, bufferLength, credits, compress);
    };
    writer.begin(start, areaEnd, bufferLength, credits, compress);
    for (const content of contents) {
      memory.set(content, 0);
      for (let at = 0; !writer.add(at, content.length, true); at = writer.src) flush();
    }
    flush();
    assert.equal(recordsOf(Buffer.concat(written), bufferLength), contents.map(hex));
  });
  fc.assert(property, PARAMETERS);
});

/** Takes a stream of DATA apart without the code under test. */
function recordsOf(whole: Uint8Array, bufferLength: number): string[] {
  const records: string[] = [];
  let open = '';
  for (let at = 0; at < whole.length; ) {
    const length = (whole[at + 1]! << 16) | (whole[at + 2]! << 8) | whole[at + 3]!;
    assert.ok(length > 5 && length <= bufferLength + 4);
    assert.equal([whole[at], whole[at + 4]], [0x10, 0x44]);
    const end = at + length;
    for (at += 5; at < end; ) {
      const header = whole[at++]!;
      const count = header & 0x3f;
      const isRun = (header & 0x40) !== 0;
      const body = hex(whole.subarray(at, at + (isRun ? 1 : count)));
      at += isRun ? 1 : count;
      open += isRun ? body.repeat(count) : body;
      if ((header & 0x80) === 0) continue;
      records.push(open);
      open = '';
    }
    assert.is(at, end, 'the last subrecord ends with its exchange buffer');
  }
  assert.is(open, '');
  return records;
}

test.run();

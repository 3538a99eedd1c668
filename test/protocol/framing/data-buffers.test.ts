/** RFC 5024 §7.3 and §8: whole DATA exchange buffers behind their stream headers. */

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DataBufferWriter } from '../../../src/protocol/framing/data-buffers.js';
import { StreamBufferReader } from '../../../src/protocol/framing/stream-buffer-reader.js';
import { type Host, hex, makeHosts, octets, transcript } from './codecs.js';

const HOSTS = makeHosts(32);
const SOURCE = 0;
const AREA = 1_000_000;

function sample(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 8)) & 0xff);
}

/** Reads an area back with the reader and the codec: DATA lengths and records, an open one at the end with '...'. */
function parse(host: Host, octetsOfArea: Uint8Array): { lengths: number[]; records: string[] } {
  const lengths: number[] = [];
  const records: string[] = [];
  let open = '';
  const { memory, codec } = host;
  const [src, dst] = [1_300_000, 1_500_000];
  const reader = new StreamBufferReader({
    onHeaderInvalid: ({ detail }) => assert.unreachable(detail),
    onCommand: () => assert.unreachable('only DATA'),
    onDataStart: (length) => lengths.push(length) > 0,
    onData: (bytes, start, end) => {
      memory.set(bytes.subarray(start, end), src);
      for (let at = src; at < src + end - start; at = codec.src) {
        codec.decode(at, src + end - start, dst, dst + 500_000, -1, true);
        assert.is(codec.carry, -1, 'no subrecord is split between two exchange buffers');
        open += hex(memory.subarray(dst, codec.dst));
        if (codec.recordEnds === 0) continue;
        records.push(open);
        open = '';
      }
      return end - start;
    },
    onDataEnd: () => undefined,
  });
  assert.is(reader.read(octetsOfArea, 0, octetsOfArea.length), octetsOfArea.length);
  assert.is(reader.partial, false);
  if (open !== '') records.push(`${open}...`);
  return { lengths, records };
}

interface Options {
  area?: number;
  bufferLength?: number;
  credits?: number;
  endOfFile?: boolean;
  compress?: boolean;
}

function write(host: Host, source: Uint8Array, options: Options = {}) {
  const { area = 4096, bufferLength = 128, credits = 999, endOfFile = true, compress = false } = options;
  const writer = new DataBufferWriter(host.memory, host.codec);
  host.memory.set(source, SOURCE);
  writer.write(SOURCE, source.length, AREA, AREA + area, bufferLength, credits, endOfFile, compress);
  return { writer, output: host.memory.slice(AREA, writer.dst) };
}

for (const host of HOSTS) {
  test(`${host.name}: C-010 C-155 STH, D, header octet, content`, () => {
    const { output, writer } = write(host, octets('414243'));
    assert.is(hex(output), '10000009' + '44' + '83414243');
    assert.equal([writer.src, writer.buffers, writer.recordEnded], [3, 1, true]);
  });

  test(`${host.name}: C-165 more of the file is to come: no end flag`, () => {
    const { output, writer } = write(host, octets('414243'), { endOfFile: false });
    assert.is(hex(output), '10000009' + '44' + '03414243');
    assert.equal([writer.src, writer.buffers, writer.recordEnded], [3, 1, false]);
  });

  test(`${host.name}: C-165 an empty file is one buffer with a single 80, nothing at all is none`, () => {
    assert.is(hex(write(host, octets('')).output), '10000006' + '44' + '80');
    const { output, writer } = write(host, octets(''), { endOfFile: false });
    assert.equal([output.length, writer.buffers], [0, 0]);
  });

  test(`${host.name}: without credit nothing is written`, () => {
    const { output, writer } = write(host, octets('41'), { credits: 0 });
    assert.equal([output.length, writer.src, writer.buffers, writer.recordEnded], [0, 0, 0, false]);
  });

  test(`${host.name}: an area one octet too short for a buffer takes none, the right one takes one`, () => {
    const content = sample(1000);
    assert.is(write(host, content, { area: 131 }).output.length, 0);
    const { output, writer } = write(host, content, { area: 132 });
    assert.equal([output.length, writer.buffers], [132, 1]);
    assert.is(write(host, content, { area: 263 }).writer.buffers, 1);
    assert.is(write(host, content, { area: 264 }).writer.buffers, 2);
  });

  test(`${host.name}: C-057 128 octets count the D but not the header; 125 octets of a file fill them`, () => {
    const { output, writer } = write(host, sample(126));
    assert.equal(parse(host, output).lengths, [128, 3]);
    assert.equal([writer.buffers, writer.dst - AREA], [2, 132 + 7]);
    assert.is(write(host, sample(125)).writer.buffers, 1);
  });

  test(`${host.name}: credits bound the buffers, and the next area goes on where they ended`, () => {
    const content = sample(1000);
    const first = write(host, content, { credits: 3 });
    assert.equal([first.writer.buffers, first.writer.src, first.writer.recordEnded], [3, 375, false]);
    first.writer.write(SOURCE + 375, SOURCE + 1000, AREA, AREA + 4096, 128, 99, true, false);
    assert.equal([first.writer.buffers, first.writer.src, first.writer.recordEnded], [5, 1000, true]);
    const second = host.memory.slice(AREA, first.writer.dst);
    const { records } = parse(host, Buffer.concat([first.output, second]));
    assert.equal(records, [hex(content)]);
  });

  test(`${host.name}: round trips with every buffer length from 128 to 300 and some great ones`, () => {
    const lengths = [...Array.from({ length: 173 }, (_, index) => 128 + index), 2048, 4096, 65_535, 65_536, 99_999];
    for (const bufferLength of lengths) {
      for (const compress of [false, true]) {
        const content = sample(3 * bufferLength + 17);
        content.fill(0x20, bufferLength, bufferLength + 200);
        const { output, writer } = write(host, content, { area: 500_000, bufferLength, compress });
        const { lengths: found, records } = parse(host, output);
        assert.equal(records, [hex(content)], `${bufferLength}`);
        assert.is(found.length, writer.buffers);
        for (const length of found.slice(0, -1)) {
          assert.ok(length === bufferLength || length === bufferLength - 1, `${length} of ${bufferLength}`);
        }
        assert.ok(found.at(-1)! <= bufferLength);
      }
    }
  });

  test(`${host.name}: C-171 without compress there is no compressed subrecord, with it there are`, () => {
    const spaces = new Uint8Array(10_000).fill(0x20);
    const plain = write(host, spaces, { area: 20_000, bufferLength: 2048 });
    assert.is(plain.output[5], 0x3f);
    assert.is(plain.writer.buffers, 5);
    const compressed = write(host, spaces, { area: 20_000, bufferLength: 2048, compress: true });
    assert.is(hex(compressed.output.subarray(5, 7)), '7f20');
    // 158 runs of 63 and one of 46, 2 octets each.
    assert.equal([compressed.output.length, compressed.writer.buffers], [5 + 318, 1]);
  });

  test(`${host.name}: records share buffers and cross them`, () => {
    const writer = new DataBufferWriter(host.memory, host.codec);
    const records = [sample(10), sample(0), sample(5000), sample(63), sample(1)];
    writer.begin(AREA, AREA + 10_000, 128, 999, false);
    for (const record of records) {
      host.memory.set(record, SOURCE);
      const half = record.length >> 1;
      assert.ok(writer.add(SOURCE, SOURCE + half, false));
      assert.is(writer.recordEnded, false);
      assert.ok(writer.add(SOURCE + half, SOURCE + record.length, true));
      assert.is(writer.recordEnded, true);
    }
    writer.finish();
    const { lengths, records: found } = parse(host, host.memory.slice(AREA, writer.dst));
    assert.equal(found, records.map(hex));
    assert.is(lengths.length, writer.buffers);
    assert.ok(lengths.slice(0, -1).every((length) => length >= 127));
  });

  test(`${host.name}: a record that does not fit goes on in the next area, its end flag as well`, () => {
    const writer = new DataBufferWriter(host.memory, host.codec);
    // 63 and 62 octets fill a buffer of 128: the end of record flag, when it comes later, needs another one.
    host.memory.set(sample(125), SOURCE);
    writer.begin(AREA, AREA + 132, 128, 999, false);
    assert.is(writer.add(SOURCE, SOURCE + 125, false), true);
    assert.is(writer.add(SOURCE + 125, SOURCE + 125, true), false);
    assert.equal([writer.src, writer.recordEnded, writer.buffers, writer.dst], [SOURCE + 125, false, 1, AREA + 132]);
    writer.begin(AREA, AREA + 132, 128, 999, false);
    assert.is(writer.add(SOURCE + 125, SOURCE + 125, true), true);
    writer.finish();
    assert.is(hex(host.memory.subarray(AREA, writer.dst)), '10000006' + '44' + '80');
  });

  test(`${host.name}: C-160 an empty record takes the last octet of a buffer`, () => {
    const writer = new DataBufferWriter(host.memory, host.codec);
    host.memory.set(sample(124), SOURCE);
    writer.begin(AREA, AREA + 500, 128, 999, false);
    writer.add(SOURCE, SOURCE + 124, true);
    writer.add(SOURCE, SOURCE, true);
    writer.finish();
    assert.is(writer.buffers, 1);
    assert.is(host.memory[writer.dst - 1], 0x80);
    assert.equal(parse(host, host.memory.slice(AREA, writer.dst)).lengths, [128]);
  });

  test(`${host.name}: C-156 the three buffers of RFC 2204 appendix A, octet for octet`, () => {
    const lines = transcript('rfc2204-appendix-a.hex');
    const { records } = parse(host, Buffer.concat(lines));
    const writer = new DataBufferWriter(host.memory, host.codec);
    writer.begin(AREA, AREA + 1000, 128, 3, true);
    for (const [index, record] of records.entries()) {
      const content = octets(record);
      host.memory.set(content, SOURCE);
      assert.ok(writer.add(SOURCE, SOURCE + content.length, true));
      // The RFC's second buffer ends with a record, although the next one could begin in it.
      if (index === 5) writer.finish();
    }
    writer.finish();
    assert.is(hex(host.memory.subarray(AREA, writer.dst)), lines.map(hex).join(''));
  });

  test(`${host.name}: finish() without a buffer under way writes nothing`, () => {
    const writer = new DataBufferWriter(host.memory, host.codec);
    writer.begin(AREA, AREA + 500, 128, 9, false);
    writer.finish();
    assert.equal([writer.dst, writer.buffers], [AREA, 0]);
  });

  for (const bufferLength of [0, 127, 100_000, Number.NaN]) {
    test(`${host.name}: a buffer length of ${bufferLength} is refused`, () => {
      const refused = (error: unknown) =>
        error instanceof RangeError && error.message.includes(`${bufferLength} octets, must be 128 to 99999`);
      assert.throws(() => write(host, octets('41'), { bufferLength }), refused);
    });
  }
}

test.run();

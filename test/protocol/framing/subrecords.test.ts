/** RFC 5024 §7.2 and §7.3, for the codec in JavaScript and the accelerated one alike. */

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkAreas } from '../../../src/protocol/framing/subrecords.js';
import { decode, encode, hex, makeHosts, octets, transcript } from './codecs.js';

const HOSTS = makeHosts();
const NONE = -1;

/** `count` different octets, so that a copy from the wrong place shows. */
function sample(count: number, from = 0): Uint8Array {
  return Uint8Array.from({ length: count }, (_, index) => (from + index * 7 + (index >> 5)) & 0xff);
}

/** One uncompressed subrecord. */
function subrecord(content: Uint8Array, flags = 0): string {
  return hex(Uint8Array.of(flags | content.length, ...content));
}

const PIECES = [0, 1, 15, 16, 17, 31, 32, 33, 47, 48, 49, 62, 63].map((count) => sample(count, count));

/** Name, source, output, count of end of record flags. */
const WHOLE: readonly (readonly [string, string, string, number])[] = [
  ['C-157 counts 0, 1 and 2', '00 01 41 02 42 43', '414243', 0],
  ['C-157 every count in one buffer', PIECES.map((piece) => subrecord(piece)).join(''), PIECES.map(hex).join(''), 0],
  ['C-158 7F 41 is 63 times A', '7F 41', '41'.repeat(63), 0],
  ['C-158 C5 20 is five spaces that end a record', 'C5 20', '20'.repeat(5), 1],
  ['C-158 two octets in a row that look like headers', '41 C5 02 7F 41', 'c57f41', 0],
  ['C-159 a compressed subrecord of count 0 still owns its octet', '40 41 02 42 43', '4243', 0],
  ['C-159 a compressed subrecord of count 0 that ends a record', 'C0 41 01 42', '42', 1],
  ['C-160 zero lengths anywhere', '00 00 01 41 00 80 00 01 42 00', '4142', 1],
  ['C-160 three empty records', '80 80 80', '', 3],
  ['C-156 the flag is the highest bit: 81 ends a record, 41 is a run of one', '81 41 41 42', '4142', 1],
  ['C-163 no subrecord', '', '', 0],
  ['C-170 a record of several subrecords', `3F${hex(sample(63))}81 FF`, `${hex(sample(63))}ff`, 1],
];

for (const host of HOSTS) {
  for (const [name, source, output, recordEnds] of WHOLE) {
    test(`${host.name} decode: ${name}`, () => {
      const input = octets(source);
      assert.equal(decode(host, input), { output, taken: input.length, carry: NONE, recordEnds });
    });

    test(`${host.name} decode, split anywhere into two: ${name}`, () => {
      const input = octets(source);
      for (let split = 0; split <= input.length; split++) {
        const first = decode(host, input.subarray(0, split));
        const second = decode(host, input.subarray(split), { carry: first.carry });
        assert.is(first.output + second.output, output, `split at ${split}`);
        assert.is(first.recordEnds + second.recordEnds, recordEnds, `split at ${split}`);
        assert.equal([first.taken, second.taken], [split, input.length - split], `split at ${split}`);
        assert.is(second.carry, NONE, `split at ${split}`);
      }
    });

    test(`${host.name} decode, octet by octet: ${name}`, () => {
      let [carry, whole] = [NONE, ''];
      for (const octet of octets(source)) {
        const outcome = decode(host, Uint8Array.of(octet), { carry });
        carry = outcome.carry;
        whole += outcome.output;
      }
      assert.is(whole, output);
      assert.is(carry, NONE);
    });
  }

  /** What is carried is a header with the flags of the subrecord and the count that is missing. */
  for (const [source, output, carry] of [
    ['05', '', 0x05],
    ['05 41', '41', 0x04],
    ['85 41 42 43 44', '41424344', 0x81],
    ['BF', '', 0xbf],
    [`3F${'41'.repeat(62)}`, '41'.repeat(62), 0x01],
    ['7F', '', 0x7f],
    ['C0', '', 0xc0],
    ['01 41 40', '41', 0x40],
  ] as const) {
    test(`${host.name} decode: ${source.slice(0, 14)} ends in a subrecord and carries ${carry.toString(16)}`, () => {
      const input = octets(source);
      assert.equal(decode(host, input), { output, taken: input.length, carry, recordEnds: 0 });
    });
  }

  test(`${host.name} decode: without octets a carry stays as it is`, () => {
    for (const carry of [0x05, 0x85, 0x40, 0xff]) {
      assert.equal(decode(host, octets(''), { carry }), { output: '', taken: 0, carry, recordEnds: 0 });
    }
  });

  test(`${host.name} decode: a target filled exactly takes the subrecord, one octet less leaves it whole`, () => {
    for (const [header, body, count] of [
      ['02', '41 42', 2],
      ['3F', hex(sample(63)), 63],
      ['FF', '20', 63],
      ['43', '41', 3],
    ] as const) {
      const input = octets(`01 61 ${header} ${body}`);
      const fits = decode(host, input, { room: 1 + count });
      assert.is(fits.output.length, 2 * (1 + count));
      assert.is(fits.taken, input.length);
      const short = decode(host, input, { room: count });
      assert.equal(short, { output: '61', taken: 2, carry: NONE, recordEnds: 0 }, header);
    }
  });

  test(`${host.name} decode: a carried subrecord that does not fit stays carried`, () => {
    for (const carry of [0x03, 0x83, 0x43]) {
      const input = octets('41 42 43');
      assert.equal(decode(host, input, { room: 2, carry }), { output: '', taken: 0, carry, recordEnds: 0 });
    }
  });

  test(`${host.name} decode: a target without room takes zero lengths only`, () => {
    const outcome = decode(host, octets('00 80 40 FF 01 41'), { room: 0 });
    assert.equal(outcome, { output: '', taken: 4, carry: NONE, recordEnds: 1 });
  });

  test(`${host.name} decode: part of a subrecord needs room for all of it`, () => {
    const outcome = decode(host, octets('3F 41'), { room: 62 });
    assert.equal(outcome, { output: '', taken: 0, carry: NONE, recordEnds: 0 });
  });

  test(`${host.name} decode: stops at each end of a record when asked to, wherever the source is split`, () => {
    const input = octets('02 41 42 81 43 80 C3 20 00 01 44 82 45 46');
    const records = ['414243', '', '202020', '444546'];
    for (let split = 0; split <= input.length; split++) {
      const found: string[] = [];
      let [carry, open] = [NONE, ''];
      for (const chunk of [input.subarray(0, split), input.subarray(split)]) {
        for (let at = 0; at < chunk.length; ) {
          const outcome = decode(host, chunk.subarray(at), { carry, stop: true });
          ({ carry } = outcome);
          at += outcome.taken;
          open += outcome.output;
          assert.ok(outcome.recordEnds <= 1);
          if (outcome.recordEnds === 0) continue;
          found.push(open);
          open = '';
        }
      }
      assert.equal(found, records, `split at ${split}`);
      assert.is(open, '');
    }
  });

  test(`${host.name} decode: not asked to stop, it counts the ends of records`, () => {
    assert.is(decode(host, octets('81 41 80 C1 42 01 43 80')).recordEnds, 4);
  });

  test(`${host.name}: C-177 all 256 values pass unchanged both ways`, () => {
    const content = Uint8Array.from({ length: 1024 }, (_, index) => index & 0xff);
    for (const compress of [false, true]) {
      const encoded = encode(host, content, { endOfRecord: true, compress });
      assert.is(decode(host, octets(encoded.output)).output, hex(content));
    }
  });

  for (const [name, source, options, output, taken, recordEnds] of [
    ['an empty source writes nothing', '', {}, '', 0, 0],
    ['C-165 an empty record is 80', '', { endOfRecord: true }, '80', 0, 1],
    ['an empty record without room is not ended', '', { endOfRecord: true, room: 0 }, '', 0, 0],
    ['one octet', '41', {}, '0141', 1, 0],
    ['C-165 the end flag goes with the last octet', '41 42', { endOfRecord: true }, '82 41 42', 2, 1],
    ['room for a header alone is left free', '41', { room: 1 }, '', 0, 0],
    ['room filled exactly', '41 42', { room: 3, endOfRecord: true }, '82 41 42', 2, 1],
    ['a cut subrecord has no end flag', '41 42 43', { room: 3, endOfRecord: true }, '02 41 42', 2, 0],
    ['runs stay as they are without compress', '20 20 20 20', {}, '04 20 20 20 20', 4, 0],
    ['a run of 2 is not worth it', '20 20', { compress: true }, '02 20 20', 2, 0],
    ['a run of 3', '20 20 20', { compress: true }, '43 20', 3, 0],
    ['a run that ends the record', '20 20 20', { compress: true, endOfRecord: true }, 'C3 20', 3, 1],
    ['a run between other octets', '41 20 20 20 42', { compress: true }, '01 41 43 20 01 42', 5, 0],
    ['two runs side by side', '20 20 20 2D 2D 2D', { compress: true }, '43 20 43 2D', 6, 0],
    ['a run that fills the room exactly', '41 20 20 20', { compress: true, room: 4 }, '01 41 43 20', 4, 0],
    ['one octet of room takes one of the run', '41 20 20 20', { compress: true, room: 3 }, '02 41 20', 2, 0],
    ['a run at the end of the source', '41 42 20 20 20', { compress: true }, '02 41 42 43 20', 5, 0],
    ['a pair at the end of the source', '41 42 20 20', { compress: true }, '04 41 42 20 20', 4, 0],
  ] as const) {
    test(`${host.name} encode: ${name}`, () => {
      const expected = { output: hex(octets(output)), taken, carry: NONE, recordEnds };
      assert.equal(encode(host, octets(source), options), expected);
    });
  }

  test(`${host.name} encode: 63, 64, 126 and 127 octets around the largest subrecord`, () => {
    const content = sample(127);
    const [first, second] = [content.subarray(0, 63), content.subarray(63, 126)];
    const ended = (count: number) => encode(host, content.subarray(0, count), { endOfRecord: true }).output;
    assert.is(ended(63), subrecord(first, 0x80));
    assert.is(ended(64), subrecord(first) + subrecord(content.subarray(63, 64), 0x80));
    assert.is(ended(126), subrecord(first) + subrecord(second, 0x80));
    assert.is(ended(127), subrecord(first) + subrecord(second) + subrecord(content.subarray(126), 0x80));
  });

  test(`${host.name} encode: runs around the largest count`, () => {
    const run = (count: number) =>
      encode(host, new Uint8Array(count).fill(0x20), { compress: true, endOfRecord: true }).output;
    assert.is(run(62), 'fe20');
    assert.is(run(63), 'ff20');
    assert.is(run(64), '7f208120');
    assert.is(run(65), '7f20822020');
    assert.is(run(66), '7f20c320');
    assert.is(run(126), '7f20ff20');
    assert.is(run(189), '7f207f20ff20');
  });

  test(`${host.name} encode: a run may begin at any octet of a subrecord and reach over its end`, () => {
    for (let at = 0; at <= 130; at++) {
      const content = Uint8Array.from({ length: 140 }, (_, index) =>
        index >= at && index < at + 5 ? 0 : 1 + (index & 1),
      );
      const { output, taken } = encode(host, content, { compress: true });
      assert.is(taken, 140);
      assert.is(decode(host, octets(output)).output, hex(content), `run at ${at}`);
      const headers = Math.ceil(at / 63) + Math.ceil((135 - at) / 63);
      assert.is(output.length / 2, 135 + headers + 2, `run at ${at}`);
    }
  });

  test(`${host.name} encode: octets behind the source make no run of its last ones`, () => {
    // The octets around an area are all A5 here.
    for (let length = 1; length <= 130; length++) {
      for (const same of [1, 2]) {
        const content = sample(length).map((octet) => octet & 0x7f);
        content.fill(0xa5, length - same);
        const { output } = encode(host, content, { compress: true });
        assert.is(output, encode(host, content).output, `${same} of ${length}`);
      }
    }
  });

  test(`${host.name} encode: what is cut by the room fills it to the last octet, or the last but one`, () => {
    const content = sample(400);
    for (let room = 2; room <= 300; room++) {
      const { output, taken } = encode(host, content, { room });
      const free = room - output.length / 2;
      assert.is(free, room % 64 === 1 ? 1 : 0, `room ${room}`);
      assert.is(taken, room - free - Math.ceil((room - free) / 64));
      assert.is(decode(host, octets(output)).output, hex(content.subarray(0, taken)));
    }
  });

  for (const [name, areas] of [
    ['a source that begins in front of the memory', [-1, 10, 100, 200]],
    ['a source that ends in front of its beginning', [10, 9, 100, 200]],
    ['a source that ends behind the memory', [65_000, 65_537, 100, 200]],
    ['a target that begins in front of the memory', [0, 10, -1, 200]],
    ['a target that ends in front of its beginning', [0, 10, 200, 199]],
    ['a target whose slack ends behind the memory', [0, 10, 100, 65_473]],
    ['an address that is no number', [0, Number.NaN, 100, 200]],
  ] as const) {
    test(`${host.name}: refuses ${name}`, () => {
      const [src, srcEnd, dst, dstEnd] = areas;
      const refused = (error: unknown) =>
        error instanceof RangeError && error.message.includes(`source ${src} to ${srcEnd}, target ${dst} to ${dstEnd}`);
      assert.throws(() => host.codec.decode(src, srcEnd, dst, dstEnd, NONE, false), refused);
      assert.throws(() => host.codec.encode(src, srcEnd, dst, dstEnd, false, false), refused);
    });
  }

  test(`${host.name}: C-156 RFC 5024 appendix A, 821 octets of a T file of 807`, () => {
    const printed = hex(Buffer.concat(transcript('rfc5024-appendix-a.hex')));
    const { output, taken, recordEnds, carry } = decode(host, octets(printed.slice(2)));
    const text = Buffer.from(output, 'hex').toString('latin1');
    assert.equal([printed.slice(0, 2), taken, recordEnds, carry], ['44', 820, 1, NONE]);
    assert.is(text.length, 807);
    assert.is(text.slice(0, 27), 'It is an ancient Mariner,\r\n');
    assert.is(text.slice(-28), 'Below the light-house top.\r\n');
    assert.is(encode(host, octets(output), { endOfRecord: true }).output, printed.slice(2));
  });

  test(`${host.name}: C-156 RFC 2204 appendix A, 9 records of 359 octets in three buffers`, () => {
    const records: string[] = [];
    let open = '';
    for (const buffer of transcript('rfc2204-appendix-a.hex')) {
      assert.is(buffer[4], 0x44);
      for (let at = 5; at < buffer.length; ) {
        const outcome = decode(host, buffer.subarray(at), { stop: true });
        assert.is(outcome.carry, NONE);
        at += outcome.taken;
        open += Buffer.from(outcome.output, 'hex').toString('latin1');
        if (outcome.recordEnds === 0) continue;
        records.push(open);
        open = '';
      }
    }
    assert.equal(
      records.map((record) => record.length),
      [60, 43, 47, 41, 0, 50, 31, 48, 39],
    );
    assert.is(open, '');
    assert.is(records[1], '     And seemed almost too good to be true.');
    assert.is(records[2], 'Then followed a torrent of laughter and cheers:');
  });
}

test('the whole memory but for the slack may be used', () => {
  checkAreas(1000, 0, 1000, 0, 936);
  assert.throws(() => checkAreas(1000, 0, 1000, 0, 937), RangeError);
});

test.run();

/** What holds for any values and for any octets. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Command, decodeCommand, encodeCommand } from '../../../src/protocol/commands/codec.js';
import { describeCommand } from '../../../src/protocol/commands/describe.js';
import { REASONS, type ReasonKind } from '../../../src/protocol/commands/reasons.js';
import { COMMAND_NAMES, COMMAND_OCTET, COMMANDS } from '../../../src/protocol/commands/table.js';
import { LEVELS, type Level } from '../../../src/protocol/commands/version.js';
import { hex, LITERALS } from './literal.js';

/** Characters from `first` to `last`, without trailing spaces: those are padding and do not come back. */
function text(first: number, last: number, maxLength: number): fc.Arbitrary<string> {
  const character = fc.integer({ min: first, max: last }).map((code) => String.fromCharCode(code));
  return fc.string({ unit: character, maxLength }).map((value) => value.replace(/ +$/, ''));
}

const printable = (maxLength: number) => text(0x20, 0x7e, maxLength);
const anyLatin1 = (maxLength: number) => text(0x00, 0xff, maxLength);
const digits = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: length, maxLength: length });
const upTo = (width: number) => fc.integer({ min: 0, max: 10 ** width - 1 });
const countUpTo = (width: number) => fc.bigInt({ min: 0n, max: 10n ** BigInt(width) - 1n });
const binary = (maxLength: number, minLength = 0) => fc.uint8Array({ minLength, maxLength });
const utf8 = fc.string({ unit: 'grapheme', maxLength: 60 });
const NONE = new Uint8Array(0);

const reason = (kind: ReasonKind, level: Level) =>
  fc.constantFrom(...REASONS[kind].filter(({ since }) => since <= level).map(({ code }) => code));

/** What only 2.0 has, and what stands for it below. */
const of2 = <T>(level: Level, arbitrary: fc.Arbitrary<T>, neutral: T): fc.Arbitrary<T> =>
  level === 5 ? arbitrary : fc.constant(neutral);

const stampOf = (level: Level) =>
  level < 4 ? { date: digits(6), time: digits(6) } : { date: digits(8), time: digits(10) };

const proof = (level: Level) => ({ hsh: of2(level, binary(64), NONE), sig: of2(level, binary(300), NONE) });

/** Any command of a level that may be sent there: its fields, as RFC 5024 §5.3 and RFC 2204 §5.3 bound them. */
const FIELDS: Readonly<Record<Command['name'], (level: Level) => Readonly<Record<string, fc.Arbitrary<unknown>>>>> = {
  SSRM: () => ({ msg: fc.constant('ODETTE FTP READY ') }),
  SSID: (level) => ({
    lev: fc.constant(level),
    code: printable(25),
    pswd: printable(8),
    sdeb: fc.integer({ min: 128, max: 99_999 }),
    sr: fc.constantFrom('S', 'R', 'B'),
    cmpr: fc.boolean(),
    rest: fc.boolean(),
    spec: level < 4 ? fc.constant(false) : fc.boolean(),
    cred: fc.integer({ min: 1, max: 999 }),
    auth: of2(level, fc.boolean(), false),
    user: printable(8),
  }),
  SECD: () => ({}),
  AUCH: () => ({ chal: binary(400, 1) }),
  AURP: () => ({ rsp: binary(20, 20) }),
  SFID: (level) => ({
    dsn: printable(26),
    ...stampOf(level),
    user: printable(8),
    dest: printable(25),
    orig: printable(25),
    fmt: fc.constantFrom('F', 'V', 'U', 'T'),
    lrecl: upTo(5),
    fsiz: upTo(level === 5 ? 13 : 7),
    osiz: of2(level, upTo(13), 0),
    rest: countUpTo(level === 5 ? 17 : 9),
    sec: of2(level, fc.integer({ min: 0, max: 3 }), 0),
    ciph: of2(level, upTo(2), 0),
    comp: of2(level, fc.integer({ min: 0, max: 1 }), 0),
    env: of2(level, fc.integer({ min: 0, max: 1 }), 0),
    sign: of2(level, fc.boolean(), false),
    desc: of2(level, utf8, ''),
  }),
  SFPA: (level) => ({ acnt: countUpTo(level === 5 ? 17 : 9) }),
  SFNA: (level) => ({ reas: reason('SFNA', level), rrtr: fc.boolean(), reast: of2(level, utf8, '') }),
  CDT: () => ({}),
  EFID: (level) => ({ rcnt: countUpTo(level === 5 ? 17 : 9), ucnt: countUpTo(level === 5 ? 17 : 12) }),
  EFPA: () => ({ cd: fc.boolean() }),
  EFNA: (level) => ({ reas: reason('EFNA', level), reast: of2(level, utf8, '') }),
  CD: () => ({}),
  EERP: (level) => ({
    dsn: anyLatin1(26),
    ...stampOf(level),
    user: anyLatin1(8),
    dest: anyLatin1(25),
    orig: anyLatin1(25),
    ...proof(level),
  }),
  NERP: (level) => ({
    dsn: anyLatin1(26),
    ...stampOf(level),
    dest: anyLatin1(25),
    orig: anyLatin1(25),
    crea: anyLatin1(25),
    reas: reason('NERP', level),
    reast: of2(level, utf8, ''),
    ...proof(level),
  }),
  RTR: () => ({}),
  ESID: (level) => ({ reas: reason('ESID', level), reast: of2(level, utf8, '') }),
};

for (const level of LEVELS) {
  for (const name of COMMAND_NAMES) {
    if (COMMANDS[name].since > level) continue;

    test(`level ${level}: any ${name} is read as it was written, and written as it was read`, () => {
      const command = fc.record({ name: fc.constant(name), ...FIELDS[name](level) }, { noNullPrototype: true });
      fc.assert(
        fc.property(command as fc.Arbitrary<unknown> as fc.Arbitrary<Command>, (sent) => {
          const buffer = encodeCommand(level, sent);
          const { length } = buffer;
          assert.equal([...buffer.subarray(0, 4)], [0x10, length >>> 16, (length >>> 8) & 0xff, length & 0xff]);
          const decoded = decodeCommand(level, buffer.subarray(4));
          assert.ok(decoded.ok);
          assert.equal(decoded.command, sent);
          assert.is(hex(encodeCommand(level, decoded.command)), hex(buffer));
        }),
        { numRuns: 60 },
      );
    });
  }
}

/** Lengths at which a command that was cut is taken, by a leniency; negative ones are counted from the end. */
const CUTS: Readonly<Record<string, readonly number[]>> = {
  SSRM: [-1],
  SSID: [-1],
  ESID: [-1, 3],
  CDT: [1, 2],
};

/** Before the first length field, at level 5 only. */
const CUTS_OF_2_0: Readonly<Record<string, number>> = { SFID: 162, SFNA: 4, EFNA: 3, EERP: 106, NERP: 128 };

function isLenientCut(level: Level, name: string, length: number, whole: number): boolean {
  const cuts = (CUTS[name] ?? []).map((cut) => (cut < 0 ? whole + cut : cut));
  return cuts.includes(length) || (level === 5 && CUTS_OF_2_0[name] === length);
}

test('every command cut anywhere is refused with 07, or is one of the leniencies', () => {
  for (const { levels, octets, command, title } of LITERALS) {
    for (const level of levels) {
      for (let length = 0; length < octets.length; length += 1) {
        const decoded = decodeCommand(level, octets.subarray(0, length));
        const lenient = isLenientCut(level, command.name, length, octets.length);
        assert.is(decoded.ok, lenient, `${title}, cut to ${length} octets at level ${level}`);
        if (!decoded.ok) assert.is(decoded.reason, 7, `${title}, cut to ${length} octets at level ${level}`);
      }
    }
  }
});

const anyLevel = fc.constantFrom(...LEVELS);
const anyOctet = fc.constantFrom(...Object.values(COMMAND_OCTET));

/** Either way: a command that can be described, or a failure that names a reason and a field. */
function isAnswered(level: Level, octets: Uint8Array): void {
  const decoded = decodeCommand(level, octets);
  if (decoded.ok) assert.ok(describeCommand(decoded.command).startsWith(decoded.command.name));
  else assert.ok([1, 6, 7].includes(decoded.reason) && decoded.field !== '' && decoded.detail !== '');
}

test('any octets are answered, never thrown upon', () => {
  fc.assert(fc.property(anyLevel, binary(300), isAnswered), { numRuns: 3000 });
});

test('any octets behind a command octet are answered', () => {
  const exchange = fc.tuple(anyOctet, binary(300)).map(([octet, rest]) => Uint8Array.of(octet, ...rest));
  fc.assert(fc.property(anyLevel, exchange, isAnswered), { numRuns: 3000 });
});

test('commands with octets overwritten are answered, and what is read of them can be read again', () => {
  const literal = fc.constantFrom(...LITERALS);
  const patches = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(literal, patches, ({ levels, octets }, changes) => {
      const changed = new Uint8Array(octets);
      for (const [pos, octet] of changes) changed[pos % changed.length] = octet;
      for (const level of levels) isAnswered(level, changed);
    }),
    { numRuns: 3000 },
  );
});

test.run();

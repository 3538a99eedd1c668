// Zones are converted to local time, so the tests choose one with summer time. Before anything makes a Date.
process.env['TZ'] = 'Europe/Berlin';

import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { datePatternProblem } from '../../src/files/date-pattern.js';
import {
  DEFAULT_DATE_PATTERN,
  formatStamp,
  parseStamp,
  type Stamp,
  StampCounter,
  stampAt,
} from '../../src/files/stamp.js';
import { OFTPError } from '../../src/settings/errors.js';

const LEAP_DAY: Stamp = { date: '20240229', time: '2359590042' };

const FORMATS: readonly (readonly [Stamp, string, string])[] = [
  [LEAP_DAY, 'MM/dd/yyyy HH:mm:ss', '02/29/2024 23:59:59'],
  [LEAP_DAY, 'yyyyMMddHHmmssffff', '202402292359590042'],
  [LEAP_DAY, 'd.M.yy H:m:s', '29.2.24 23:59:59'],
  [LEAP_DAY, 'dddd, MMMM dd, yyyy h:mm:ss tt', 'Thursday, February 29, 2024 11:59:59 PM'],
  [LEAP_DAY, 'ddd, d MMM yyyy hh t', 'Thu, 29 Feb 2024 11 P'],
  [LEAP_DAY, "yyyy-MM-dd'T'HH:mm:ss.ffff", '2024-02-29T23:59:59.0042'],
  [LEAP_DAY, 'f ff fff fffff', '0 00 004 00420'],
  [LEAP_DAY, '"day" d \\d \\M', 'day 29 d M'],
  [LEAP_DAY, 'z zz zzz', '+1 +01 +01:00'],
  [{ date: '20240701', time: '0000000001' }, 'HH hh h tt zzz', '00 12 12 AM +02:00'],
  [{ date: '20240105', time: '0102030001' }, 'yyyy y M d H h m s', '2024 24 1 5 1 1 2 3'],
  [{ date: '00010101', time: '0000000001' }, 'yyyy-MM-dd ddd', '0001-01-01 Mon'],
];

for (const [stamp, pattern, text] of FORMATS) {
  test(`${stamp.date}${stamp.time} by ${pattern} is ${text}`, () => {
    assert.is(datePatternProblem(pattern), undefined);
    assert.is(formatStamp(stamp, pattern), text);
  });
}

test('B-320: the default pattern is MM/dd/yyyy HH:mm:ss', () => {
  assert.is(DEFAULT_DATE_PATTERN, 'MM/dd/yyyy HH:mm:ss');
  assert.is(formatStamp(LEAP_DAY), '02/29/2024 23:59:59');
});

test('C-105: short stamps of 1.2 and 1.3 are shown with a century between 1950 and 2049, and counter 0', () => {
  assert.is(formatStamp({ date: '991231', time: '235958' }, 'yyyyMMddHHmmssffff'), '199912312359580000');
  assert.is(formatStamp({ date: '000101', time: '000000' }), '01/01/2000 00:00:00');
  assert.is(formatStamp({ date: '491231', time: '000000' }, 'yyyy'), '2049');
  assert.is(formatStamp({ date: '500101', time: '000000' }, 'yyyy'), '1950');
});

test('C-104: a stamp that is no moment is shown as its digits', () => {
  const impossible: readonly (readonly [string, string])[] = [
    ['20241301', '0000000001'],
    ['20240230', '0000000001'],
    ['20230229', '0000000001'],
    ['19000229', '0000000001'],
    ['20240100', '0000000001'],
    ['00000101', '0000000001'],
    ['20240101', '2400000001'],
    ['20240101', '0060000001'],
    ['20240101', '0000600001'],
    ['991332', '250000'],
    ['ABCDEF', '000000'],
    ['', ''],
  ];
  for (const [date, time] of impossible) assert.is(formatStamp({ date, time }, 'MM/dd/yyyy'), date + time);
  assert.is(formatStamp({ date: '20000229', time: '0000000000' }, 'MM/dd/yyyy ffff'), '02/29/2000 0000');
});

test('no digits from the wire make formatting throw', () => {
  const digits = (length: number) =>
    fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: length, maxLength: length });
  fc.assert(
    fc.property(digits(8), digits(10), (date, time) => {
      assert.type(formatStamp({ date, time }, 'dddd d MMMM yyyy hh tt ffff zzz'), 'string');
    }),
  );
});

/** B-107: the patterns that the reference lists, with what each text means in Berlin. */
const ACCEPTED: readonly (readonly [string, string, string])[] = [
  ['ddd, d MMM yy HH:mm:ss zzz', 'Tue, 2 Jan 24 03:04:05 +00:00', '202401020404050001'],
  ['ddd, d MMM yyyy HH:mm:ss zzz', 'Tue, 2 Jan 2024 03:04:05 -05:30', '202401020934050001'],
  ['d MMM yy HH:mm:ss zzz', '2 Jan 24 03:04:05 +01:00', '202401020304050001'],
  ['B-106: d MMM yyyy HH:mm:ss zzz', '2 Jan 2024 03:04:05 +0000', '202401020404050001'],
  ['dd-MMM-yyyy HH:mm:ss', '02-Jan-2024 03:04:05', '202401020304050001'],
  ['ddd, d MMM yy HH:mm:ss zz', 'Tue, 2 Jan 24 03:04:05 +02', '202401020204050001'],
  ['ddd, d MMM yyyy HH:mm:ss zz', 'Tue, 2 Jan 2024 03:04:05 -01', '202401020504050001'],
  ['ddd, d MMM yy HH:mm:ss z', 'Tue, 2 Jan 24 03:04:05 +2', '202401020204050001'],
  ['ddd, d MMM yyyy HH:mm:ss z', 'Tue, 2 Jan 2024 03:04:05 -1', '202401020504050001'],
  ["ddd, dd MMM yyyy HH:mm:ss 'GMT'", 'Tue, 02 Jan 2024 03:04:05 GMT', '202401020404050001'],
  ['dddd, MMMM dd, yyyy h:mm:ss tt', 'Tuesday, January 02, 2024 3:04:05 PM', '202401021504050001'],
  ['dddd, MMMM dd yyyy h:mm tt', 'Tuesday, January 02 2024 12:04 AM', '202401020004000001'],
  ['yyMMddHHmmssZ', '240102030405Z', '202401020404050001'],
  ['yyyyMMddHHmmssZ', '20240702030405Z', '202407020504050001'],
  ['yyMMddHHmmsszzzz', '240102030405+0100', '202401020304050001'],
  ['yyyyMMddHHmmsszzzz', '20240102030405-11:30', '202401021534050001'],
  ['B-108: yyyyMMddHHmmssffff', '202401020304050042', '202401020304050042'],
  ['MM/dd/yyyy HH:mm:ss', '01/02/2024 03:04:05', '202401020304050001'],
  ['without its zone', '2 Jan 2024 03:04:05', '202401020304050001'],
  ['over the end of the year', '31 Dec 2024 23:30:00 +0000', '202501010030000001'],
  ['in lower case, with blanks around', '  tue, 2 jan 2024 03:04:05 gmt ', '202401020404050001'],
];

for (const [pattern, text, digits] of ACCEPTED) {
  test(`${pattern}: ${text}`, () => {
    const { date, time } = parseStamp(text);
    assert.is(date + time, digits);
    assert.is(date.length, 8);
  });
}

const GARBAGE = [
  '',
  'yesterday',
  '01/02/2024',
  '13/01/2024 00:00:00',
  '02/30/2024 00:00:00',
  '01/02/2024 24:00:00',
  '01/02/2024 03:04:60',
  '1/2/2024 03:04:05',
  'Mon, 2 Jan 2024 03:04:05 GMT',
  '2 Foo 2024 03:04:05',
  'Tuesday, January 02, 2024 13:04:05 PM',
  'Tuesday, January 02, 2024 0:04:05 AM',
  '2 Jan 2024 03:04:05 +15:00',
  '2 Jan 2024 03:04:05 +01:60',
  '2 Jan 2024 03:04:05 +010',
  '2 Jan 2024 03:04:05 EST',
  '20240102030405004',
  '2024010203040500420',
  '20241301000000ffff',
  '31 Dec 9999 23:30:00 -0100',
  '2024-01-02T03:04:05',
  'x'.repeat(1_000),
];

for (const text of GARBAGE) {
  test(`B-107: '${text.slice(0, 40)}' is error 680, which says what to give`, () => {
    assert.throws(
      () => parseStamp(text),
      (error: unknown) =>
        error instanceof OFTPError && error.code === 680 && /Give local time such as/.test(error.message),
    );
  });
}

test('a pattern of the caller goes first, and what it writes it reads', () => {
  assert.equal(parseStamp('01/02/2024 03:04:05', 'dd/MM/yyyy HH:mm:ss'), { date: '20240201', time: '0304050001' });
  assert.equal(parseStamp('2024-02-29T23:59:59.0042', "yyyy-MM-dd'T'HH:mm:ss.ffff"), LEAP_DAY);
  assert.equal(
    parseStamp('2 Jan 2024 03:04:05', 'yyyy'),
    { date: '20240102', time: '0304050001' },
    'the others still count',
  );
  assert.throws(() => parseStamp('23:59', 'HH:mm'), /not a day and time/);
  assert.throws(() => parseStamp('2024-01-02 03:04:05 +01:00 +02:00', 'yyyy-MM-dd HH:mm:ss zzz'), /none of the known/);
  assert.throws(() => parseStamp('2024x', 'yyyy.*'), /none of the known/, 'a pattern is no regular expression');
});

test('R-27, B-321: yyyyMMddHHmmssffff brings every long stamp of the calendar back', () => {
  const day = fc.date({ min: new Date(1970, 0, 1), max: new Date(2100, 0, 1), noInvalidDate: true });
  fc.assert(
    fc.property(day, fc.integer({ min: 0, max: 9999 }), (date, counter) => {
      const at = stampAt(date);
      const stamp = { date: at.date, time: at.time.slice(0, 6) + String(counter).padStart(4, '0') };
      assert.equal(parseStamp(formatStamp(stamp, 'yyyyMMddHHmmssffff')), stamp);
    }),
  );
});

for (const [pattern, problem] of [
  ['', /empty/],
  ["yyyy'MM", /not closed/],
  ['yyyy"MM', /not closed/],
  ['yyyy\\', /ends with a backslash/],
  ['yyyyK', /K, which is not supported/],
  ['ssFFFF', /FFFF, which is not supported/],
  ['gg yyyy', /gg, which is not supported/],
  ['%d', /%, which is not supported/],
  ['ffffffff', /8 digits/],
] as const) {
  test(`the pattern '${pattern}' is refused when it is set`, () => {
    assert.match(datePatternProblem(pattern) ?? 'no problem', problem);
  });
}

test('B-105: the stamp of a moment is its local time', () => {
  assert.equal(stampAt(new Date('2024-07-01T22:30:15.999Z')), { date: '20240702', time: '0030150001' });
});

test('C-128: stamps of one second differ by their counter, which starts at 0001', () => {
  const stamps = new StampCounter();
  const now = new Date('2024-01-02T02:04:05.000Z');
  assert.equal(stamps.next(now), { date: '20240102', time: '0304050001' });
  assert.equal(stamps.next(now), { date: '20240102', time: '0304050002' });
  assert.equal(stamps.next(new Date('2024-01-02T02:04:06.000Z')), { date: '20240102', time: '0304060001' });
});

test('a process that starts again within the second does not repeat the stamps of the one before', () => {
  assert.is(new StampCounter().next(new Date('2024-01-02T02:04:05.100Z')).time, '0304051001');
  const stamps = new StampCounter();
  assert.is(stamps.next(new Date('2024-01-02T02:04:05.999Z')).time, '0304059991');
  assert.is(stamps.next(new Date('2024-01-02T02:04:06.999Z')).time, '0304060001');
});

test('when the 9999 stamps of a second are used up, the next second is begun ahead of the clock', () => {
  const stamps = new StampCounter();
  const now = new Date('2023-12-31T22:59:59.000Z');
  let last = stamps.next(now);
  for (let count = 1; count < 9999; count += 1) last = stamps.next(now);
  assert.equal(last, { date: '20231231', time: '2359599999' });
  assert.equal(stamps.next(now), { date: '20240101', time: '0000000001' });
  assert.equal(stamps.next(new Date('2023-12-31T23:00:00.500Z')), { date: '20240101', time: '0000000002' });
});

test('stamps go on in the last second when the clock steps back, also by the end of summer time', () => {
  const stamps = new StampCounter();
  assert.is(stamps.next(new Date('2024-10-27T00:59:59.000Z')).time, '0259590001');
  assert.is(stamps.next(new Date('2024-10-27T01:00:00.000Z')).time, '0259590002', 'the clocks show 02:00:00 once more');
  assert.is(stamps.next(new Date('2024-10-27T02:00:00.000Z')).time, '0300000001');
});

test('whatever the clock does, every stamp is later than the one before', () => {
  const steps = fc.array(fc.integer({ min: -5_000, max: 5_000 }), { maxLength: 50 });
  fc.assert(
    fc.property(steps, (milliseconds) => {
      const stamps = new StampCounter();
      let now = Date.parse('2024-10-27T00:59:58.000Z');
      let last = '';
      for (const step of milliseconds) {
        now += step;
        const { date, time } = stamps.next(new Date(now));
        assert.match(date + time, /^\d{14}(?!0000)\d{4}$/);
        assert.ok(date + time > last, `${date}${time} after ${last}`);
        last = date + time;
      }
    }),
  );
});

test.run();

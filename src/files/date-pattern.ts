/**
 * The custom date and time patterns of .NET (`yyyy-MM-dd HH:mm:ss.ffff`), written and read with English names and
 * independent of the machine's locale: settings of the reference are given in them. `f` stands for the digits of an
 * OFTP stamp's counter, which gives the higher resolution below the second (RFC 5024 §5.3.3).
 *
 * A run of one letter is a specifier; text in single or double quotes and a character behind a backslash stand for
 * themselves, and so does every character that is no specifier.
 */

/** A point in local time, to the second and the counter. What a pattern does not mention stays undefined on reading. */
export interface Moment {
  year?: number;
  /** 1..12 */
  month?: number;
  day?: number;
  hour?: number;
  minute?: number;
  second?: number;
  /** Digits below the second, the most significant first. */
  counter?: string;
  /** 0 is Sunday. */
  weekday?: number;
  afternoon?: boolean;
  /** Minutes east of Greenwich. */
  offset?: number;
}

interface Specifier {
  /** What matches it, as the source of a regular expression without groups of its own. */
  readonly source: string;
  readonly write: (moment: Required<Moment>) => string;
  readonly read: (text: string, moment: Moment) => void;
}

type Part = string | Specifier;

const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
];
const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** .NET knows no more digits below the second. */
const COUNTER_DIGITS_MAX = 7;

/** A two-digit year is one of 1950..2049, as .NET reads it. */
export function fullYear(twoDigits: number): number {
  return twoDigits + (twoDigits < 50 ? 2000 : 1900);
}

type NumberField = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second';

/** A number of `length` digits, or of one or two when `length` is 1. */
function digits(
  field: NumberField,
  length: number,
  shown = (value: number) => value,
  meant = (value: number) => value,
): Specifier {
  return {
    source: length === 1 ? '\\d{1,2}' : `\\d{${length}}`,
    write: (moment) => String(shown(moment[field])).padStart(length, '0'),
    read: (text, moment) => {
      moment[field] = meant(Number(text));
    },
  };
}

/** A name out of a list, whole or its first three letters; `first` is the number of the first one. */
function named(field: 'month' | 'weekday', list: readonly string[], first: number, length?: number): Specifier {
  const names = list.map((name) => name.slice(0, length));
  const lowered = names.map((name) => name.toLowerCase());
  return {
    source: names.join('|'),
    write: (moment) => names[moment[field] - first]!,
    read: (text, moment) => {
      moment[field] = lowered.indexOf(text.toLowerCase()) + first;
    },
  };
}

function halfOfDay(length: 1 | 2): Specifier {
  return {
    source: length === 1 ? '[AP]' : '[AP]M',
    write: (moment) => (moment.hour < 12 ? 'AM' : 'PM').slice(0, length),
    read: (text, moment) => {
      moment.afternoon = text.charAt(0).toUpperCase() === 'P';
    },
  };
}

/** `Z`, `GMT`, `UTC`, `+1`, `+01`, `+0100` or `+01:00`. */
const OFFSET_SOURCE = 'Z|GMT|UTC|[+-]\\d{2}:?[0-5]\\d|[+-]\\d{1,2}';

/** Minutes east of Greenwich of a text that matched `OFFSET_SOURCE`. */
function parseOffset(text: string): number {
  const [, sign, hours, minutes = 0] = /^([+-])(\d{1,2}):?(\d{2})?$/.exec(text) ?? [];
  if (sign === undefined) return 0;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

/**
 * The hour of the zone in one or two digits, or hour and minute. All forms are read alike, however they were written.
 */
function zone(length: 1 | 2 | 3): Specifier {
  return {
    source: OFFSET_SOURCE,
    write: ({ offset }) => {
      const [hours, minutes] = [Math.trunc(Math.abs(offset) / 60), Math.abs(offset) % 60];
      const hour = String(hours).padStart(length === 1 ? 1 : 2, '0');
      return `${offset < 0 ? '-' : '+'}${hour}${length === 3 ? `:${String(minutes).padStart(2, '0')}` : ''}`;
    },
    read: (text, moment) => {
      moment.offset = parseOffset(text);
    },
  };
}

function counter(length: number): Specifier {
  return {
    source: `\\d{${length}}`,
    write: (moment) => moment.counter.padEnd(length, '0').slice(0, length),
    read: (text, moment) => {
      moment.counter = text;
    },
  };
}

const twelveHours = (hour: number): number => hour % 12 || 12;
const lastTwo = (year: number): number => year % 100;

/** The forms of each letter by the length of its run; a longer run means the last form, as in .NET. */
const SPECIFIERS: Readonly<Record<string, readonly Specifier[]>> = {
  y: [
    digits('year', 1, lastTwo, fullYear),
    digits('year', 2, lastTwo, fullYear),
    digits('year', 4), // .NET's three-digit form pads less, which no year of a file can show
    digits('year', 4),
  ],
  M: [digits('month', 1), digits('month', 2), named('month', MONTHS, 1, 3), named('month', MONTHS, 1)],
  d: [digits('day', 1), digits('day', 2), named('weekday', WEEKDAYS, 0, 3), named('weekday', WEEKDAYS, 0)],
  H: [digits('hour', 1), digits('hour', 2)],
  h: [digits('hour', 1, twelveHours), digits('hour', 2, twelveHours)],
  m: [digits('minute', 1), digits('minute', 2)],
  s: [digits('second', 1), digits('second', 2)],
  t: [halfOfDay(1), halfOfDay(2)],
  z: [zone(1), zone(2), zone(3)],
  f: Array.from({ length: COUNTER_DIGITS_MAX }, (_, index) => counter(index + 1)),
};

/** What .NET gives a meaning that makes no sense here; taking it for literal text would surprise. */
const UNSUPPORTED = /^[FKg%]/;

/** A quoted text, an escaped character, a run of one letter, or any other character. */
const TOKEN = /'([^']*)'|"([^"]*)"|\\(.)|([A-Za-z])\4*|([\s\S])/g;

function partOf([run, quoted, quotedTwice, escaped, letter]: RegExpMatchArray): Part {
  const literal = quoted ?? quotedTwice ?? escaped;
  if (literal !== undefined) return literal;
  const forms = letter === undefined ? undefined : SPECIFIERS[letter];
  return forms?.[Math.min(run.length, forms.length) - 1] ?? run;
}

/** Patterns are settings: the few that are in use come again with every file. */
const PATTERNS_MAX = 64;
const known = new Map<string, readonly Part[]>();

function partsOf(pattern: string): readonly Part[] {
  let parts = known.get(pattern);
  if (parts === undefined) {
    if (known.size === PATTERNS_MAX) known.clear();
    parts = Array.from(pattern.matchAll(TOKEN), partOf);
    known.set(pattern, parts);
  }
  return parts;
}

/** What is wrong with a pattern that a user has set, in a sentence, or undefined when it can be used. */
export function datePatternProblem(pattern: string): string | undefined {
  if (pattern === '') return 'The date pattern is empty: use one such as MM/dd/yyyy HH:mm:ss.';
  for (const [run, , , , , other] of pattern.matchAll(TOKEN)) {
    if (other === "'" || other === '"') return `The date pattern ${pattern} has a ${other} that is not closed.`;
    if (other === '\\')
      return `The date pattern ${pattern} ends with a backslash, which must be followed by a character.`;
    if (UNSUPPORTED.test(run))
      return `The date pattern ${pattern} uses ${run}, which is not supported: use d, M, y, H, h, m, s, f, t or z.`;
    if (run.startsWith('f') && run.length > COUNTER_DIGITS_MAX) {
      return `The date pattern ${pattern} has ${run.length} digits below the second: use ffff, the counter of a stamp.`;
    }
  }
  return undefined;
}

/** Writes a moment by a pattern. */
export function writeMoment(moment: Required<Moment>, pattern: string): string {
  return partsOf(pattern)
    .map((part) => (typeof part === 'string' ? part : part.write(moment)))
    .join('');
}

/** Reads a text by a pattern, behind which a zone may stand. Undefined when it does not match. */
export function readMoment(text: string, pattern: string): Moment | undefined {
  const parts = partsOf(pattern);
  const sources = parts.map((part) => (typeof part === 'string' ? escapeExpression(part) : `(${part.source})`));
  const match = new RegExp(`^${sources.join('')}(?: ?(${OFFSET_SOURCE}))?$`, 'i').exec(text);
  if (!match) return undefined;
  const values = match.slice(1);
  const moment: Moment = {};
  for (const part of parts) {
    if (typeof part !== 'string') part.read(values.shift()!, moment);
  }
  const trailingOffset = values.shift();
  if (trailingOffset === undefined) return moment;
  return moment.offset === undefined ? { ...moment, offset: parseOffset(trailingOffset) } : undefined;
}

function escapeExpression(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

/**
 * The date and time stamp of a virtual file (SFIDDATE and SFIDTIME, RFC 5024 §5.3.3): as digits on the wire, as text
 * for people. A stamp that came from the wire is an identifier first and a date second. It may name a day that does
 * not exist, and it is never altered on its way (§1.5.2).
 */
import { OFTPError } from '../settings/errors.js';
import { fullYear, type Moment, readMoment, writeMoment } from './date-pattern.js';

export interface Stamp {
  /** `CCYYMMDD`, or `YYMMDD` in OFTP 1.2 and 1.3. */
  readonly date: string;
  /** `HHMMSScccc` with the counter `cccc`, or `HHMMSS` in OFTP 1.2 and 1.3. */
  readonly time: string;
}

/** Default of the setting `VirtualFileDateFormat`, and the pattern in which `virtualFileDate` reads back. */
export const DEFAULT_DATE_PATTERN = 'MM/dd/yyyy HH:mm:ss';

/** The counter of a stamp whose text names none: the first of its second (RFC 5024 §5.3.3: 0001..9999). */
const FIRST_COUNTER = '0001';

/**
 * What `virtualFileDate` may be set to. Behind each may stand a zone (`Z`, `GMT`, `+1`, `+01`, `+0100`, `+01:00`); with
 * it these are the 18 patterns that the reference lists.
 */
const ACCEPTED_PATTERNS = [
  'ddd, d MMM yy HH:mm:ss',
  'ddd, d MMM yyyy HH:mm:ss',
  'd MMM yy HH:mm:ss',
  'd MMM yyyy HH:mm:ss',
  'dd-MMM-yyyy HH:mm:ss',
  'dddd, MMMM dd, yyyy h:mm:ss tt',
  'dddd, MMMM dd yyyy h:mm tt',
  'yyMMddHHmmss',
  'yyyyMMddHHmmss',
  'yyyyMMddHHmmssffff',
  DEFAULT_DATE_PATTERN,
];

/** The furthest zone, in minutes: Kiribati is 14 hours east of Greenwich. */
const OFFSET_MAX = 14 * 60;

const LONG_STAMP = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{4})$/;
const SHORT_STAMP = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)()$/;

const two = (value: number): string => String(value).padStart(2, '0');
const four = (value: number): string => String(value).padStart(4, '0');

/** Days of a month in the Gregorian calendar, which repeats every 400 years. */
function daysOfMonth(year: number, month: number): number {
  return new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
}

function isOnCalendar({ year, month, day, hour, minute, second }: Required<Moment>): boolean {
  const dateExists =
    year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 && day <= daysOfMonth(year, month);
  return dateExists && hour <= 23 && minute <= 59 && second <= 59;
}

/** The point in local time that the clock shows, with what follows from it. */
function localDate({ year, month, day, hour, minute, second }: Required<Moment>): Date {
  const date = new Date(2000, month - 1, day, hour, minute, second);
  date.setFullYear(year, month - 1, day); // the constructor takes the years 0..99 for 1900..1999
  return date;
}

/** What holds for the parts of a moment that a text does not name. Day 0 of month 0 is on no calendar. */
const BLANK: Required<Moment> = {
  year: 0,
  month: 0,
  day: 0,
  hour: 0,
  minute: 0,
  second: 0,
  counter: FIRST_COUNTER,
  weekday: 0,
  afternoon: false,
  offset: 0,
};

/** The moment a stamp stands for, or undefined when there is no such moment. */
function momentOf({ date, time }: Stamp): Required<Moment> | undefined {
  const match = LONG_STAMP.exec(date + time) ?? SHORT_STAMP.exec(date + time);
  if (!match) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const isShort = match[1]!.length === 2;
  const moment = {
    ...BLANK,
    year: isShort ? fullYear(year) : year,
    month,
    day,
    hour,
    minute,
    second,
    counter: match[7]!,
  };
  if (!isOnCalendar(moment)) return undefined;
  const local = localDate(moment);
  return { ...moment, weekday: local.getDay(), afternoon: hour >= 12, offset: -local.getTimezoneOffset() };
}

/**
 * Writes a stamp by a .NET pattern, `ffff` being its counter. A stamp that is no moment of the calendar, as a peer
 * may send one, is written as its digits, whatever the pattern. Never throws for a pattern that `datePatternProblem`
 * passes.
 */
export function formatStamp(stamp: Stamp, pattern: string = DEFAULT_DATE_PATTERN): string {
  const moment = momentOf(stamp);
  return moment ? writeMoment(moment, pattern) : stamp.date + stamp.time;
}

function invalid(text: string, why: string): OFTPError {
  return new OFTPError(
    680,
    `The virtual file date '${text}' ${why}. ` +
      'Give local time such as 12/31/2024 23:59:59, or yyyyMMddHHmmssffff with the counter.',
  );
}

/** Completes what was read with the defaults and checks it against the calendar. */
function complete(text: string, read: Moment): Required<Moment> {
  const moment = { ...BLANK, ...read };
  if (read.afternoon !== undefined) {
    if (moment.hour < 1 || moment.hour > 12) throw invalid(text, 'has an hour that the 12-hour clock does not know');
    moment.hour = (moment.hour % 12) + (read.afternoon ? 12 : 0);
  }
  if (!isOnCalendar(moment)) throw invalid(text, 'is not a day and time of the calendar');
  if (read.weekday !== undefined && read.weekday !== localDate({ ...moment, hour: 12 }).getDay()) {
    throw invalid(text, 'names a day of the week on which that date does not fall');
  }
  return moment;
}

function localFields(date: Date) {
  return {
    year: date.getFullYear(),
    month: date.getMonth() + 1,
    day: date.getDate(),
    hour: date.getHours(),
    minute: date.getMinutes(),
    second: date.getSeconds(),
  };
}

/** A moment in another zone as the local one. Stamps are local time by the habit of all implementations. */
function toLocal(text: string, moment: Required<Moment>, offset: number): Required<Moment> {
  if (Math.abs(offset) > OFFSET_MAX) throw invalid(text, 'has a zone more than 14 hours from Greenwich');
  const { year, month, day, hour, minute, second } = moment;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute - offset, second);
  const local = { ...moment, ...localFields(date) };
  if (!isOnCalendar(local)) throw invalid(text, 'is not a day and time of the calendar');
  return local;
}

/**
 * Reads the text of a stamp, always as one with century and counter. The counter is what stands at `ffff`, else 0001. A
 * text with a zone is converted to local time.
 * @param pattern a .NET pattern to try first, such as the one that `formatStamp` was given
 * @throws OFTPError 680 for a text in none of the known forms, or that is no moment of the calendar
 */
export function parseStamp(text: string, pattern?: string): Stamp {
  const trimmed = text.trim();
  const patterns = pattern === undefined ? ACCEPTED_PATTERNS : [pattern, ...ACCEPTED_PATTERNS];
  for (const candidate of patterns) {
    const read = readMoment(trimmed, candidate);
    if (!read) continue;
    const moment = complete(text, read);
    return stampOf(read.offset === undefined ? moment : toLocal(text, moment, read.offset));
  }
  throw invalid(text, 'is in none of the known formats');
}

function stampOf({ year, month, day, hour, minute, second, counter }: Required<Moment>): Stamp {
  return {
    date: four(year) + two(month) + two(day),
    time: two(hour) + two(minute) + two(second) + counter.padEnd(4, '0').slice(0, 4),
  };
}

/** The stamp of a point in time, in local time. */
export function stampAt(now: Date): Stamp {
  return stampOf({ ...BLANK, ...localFields(now) });
}

/** Where new virtual files get their stamps; those of one source are never the same. */
export interface Stamps {
  next(now: Date): Stamp | Promise<Stamp>;
  /** As `next`, in a second of its own: stamps up to OFTP 1.3 have no counter. */
  nextSecond(now: Date): Stamp | Promise<Stamp>;
}

const COUNTER_MAX = 9999;
const STAMPS_PER_MS = 10;

/**
 * Makes the stamps of outgoing files: local time and a counter that starts anew with each second. Within one process
 * no stamp comes twice and each is later than the one before. In the first second the counter tells the millisecond as
 * well, so that a process which starts again at once does not repeat the stamps of the one before it. Where the clock
 * stands still or steps back (also by the end of daylight saving time), the counter goes on in the last second, and
 * when it is used up, the stamps run ahead of the clock.
 */
export class StampCounter implements Stamps {
  /** The second of the last stamp, counted as if local time were UTC. */
  #second = Number.NEGATIVE_INFINITY;
  #counter = 0;

  nextSecond(now: Date): Stamp {
    this.#counter = COUNTER_MAX;
    return this.next(now);
  }

  next(now: Date): Stamp {
    const second = Math.floor(now.getTime() / 1000) - now.getTimezoneOffset() * 60;
    if (second > this.#second) {
      const isFirst = this.#second === Number.NEGATIVE_INFINITY;
      this.#second = second;
      this.#counter = isFirst ? now.getMilliseconds() * STAMPS_PER_MS : 0;
    } else if (this.#counter === COUNTER_MAX) {
      this.#second += 1;
      this.#counter = 0;
    }
    this.#counter += 1;
    const local = new Date(this.#second * 1000);
    return {
      date: four(local.getUTCFullYear()) + two(local.getUTCMonth() + 1) + two(local.getUTCDate()),
      time: two(local.getUTCHours()) + two(local.getUTCMinutes()) + two(local.getUTCSeconds()) + four(this.#counter),
    };
  }
}

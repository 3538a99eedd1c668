/** What the values in a worker's messages may be. A worker that is out of order must not harm the state. */
import type { EndResponse, FileIdentity, OutgoingKey, OutgoingPhase, ReceivedFile, Stamp } from '../store/store.js';

export type Check = (value: unknown) => boolean;

/** Characters of a text; attributes and certificates in base64 are far shorter. */
const TEXT_MAX = 1024 * 1024;

const shorterThan =
  (max: number): Check =>
  (value) =>
    typeof value === 'string' && value.length <= max;

const TEXT = shorterThan(TEXT_MAX);

export const WHOLE: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;

export const FLAG: Check = (value) => typeof value === 'boolean';

export const name = shorterThan;

export const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);

export const oneOf =
  (...choices: readonly unknown[]): Check =>
  (value) =>
    choices.includes(value);

/** An object with exactly these fields. */
const fields =
  <Shape>(checks: { readonly [Name in keyof Shape]-?: Check }): Check =>
  (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    const entries = Object.entries(value);
    const expected = checks as Readonly<Record<string, Check>>;
    return (
      entries.length === Object.keys(expected).length &&
      entries.every(([field, content]) => Object.hasOwn(expected, field) && expected[field]?.(content))
    );
  };

const PARTIES = { partner: TEXT, name: TEXT, destination: TEXT, originator: TEXT };
const IDENTITY_FIELDS = { ...PARTIES, date: TEXT, time: TEXT };

export const STAMP = fields<Stamp>({ date: TEXT, time: TEXT });
export const IDENTITY = fields<FileIdentity>(IDENTITY_FIELDS);
export const NAMED = fields<Omit<FileIdentity, keyof Stamp>>(PARTIES);
export const OUTGOING_KEY = fields<OutgoingKey>({ ...PARTIES, path: TEXT, version: TEXT });

export const RECEIVED_FILE = fields<ReceivedFile>({
  ...IDENTITY_FIELDS,
  localFile: TEXT,
  size: WHOLE,
  level: WHOLE,
  userData: TEXT,
  description: TEXT,
  attributes: TEXT,
});

export const RESPONSE = fields<EndResponse>({
  name: oneOf('EERP', 'NERP'),
  file: IDENTITY,
  userData: TEXT,
  destination: TEXT,
  originator: TEXT,
  creator: TEXT,
  reasonCode: WHOLE,
  reasonText: TEXT,
  hash: TEXT,
  signature: TEXT,
});

const PHASES: readonly OutgoingPhase[] = ['started', 'sent', 'acknowledged', 'answered'];
export const PHASE = oneOf(...PHASES);

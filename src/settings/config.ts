/**
 * The textual form of the settings: `Name=Value` writes, `Name` reads, and `Name[id]` does either for one connection.
 * Names are those of the reference in any case; spaces around the name, the id and the equals sign do not count.
 */
import { OFTPError } from './errors.js';
import type { Setting } from './row.js';
import type { SettingStore } from './settings.js';
import { CONFIG_NAMES, SETTINGS, type SettingName } from './table.js';
import { unknownName } from './unknown-name.js';

/**
 * Reads or writes a setting by its text.
 * @param store the settings of the server, or of the connection for which a name without `[id]` counts
 * @param connectionOf the settings of a connection; without it only those of `store` itself are known
 * @returns the value as text when reading, an empty string when writing
 * @throws {OFTPError} 10022 for an unknown name or a bad value, 126 for an unknown connection, or what
 * `SettingStore.set` says
 */
export function config(
  text: string,
  store: SettingStore,
  connectionOf: (id: number) => SettingStore | undefined = (id) => (id === store.connectionId ? store : undefined),
): string {
  const { name, spoken, id, value } = parse(text);
  const setting = SETTINGS[name];
  refuseWrongScope(setting, spoken, id !== undefined, store);
  const target = id === undefined ? store : connectionOf(id);
  if (target === undefined) {
    if (setting.unknownConnectionReadsDefault && value === undefined) return textOf(setting, setting.default);
    throw new OFTPError(126, `${spoken}: there is no such connection (any more). The ids are those of the events.`);
  }
  if (value === undefined) return textOf(setting, target.get(name));
  target.set(name, typedValue(setting, value), spoken);
  return '';
}

interface Request {
  readonly name: SettingName;
  /** The name and id in the spelling of the table, for messages. */
  readonly spoken: string;
  /** NaN, which no connection has, for an id that is not a number. */
  readonly id: number | undefined;
  /** Text after the equals sign; `undefined` reads. */
  readonly value: string | undefined;
}

const BY_LOWER_CASE: ReadonlyMap<string, readonly [spelling: string, name: SettingName]> = new Map(
  [...CONFIG_NAMES].map(([spelling, name]) => [spelling.toLowerCase(), [spelling, name]]),
);

/** What may stand before the equals sign. */
const TARGET = /^([a-z]\w*)\s*(?:\[([^[\]]*)\])?$/i;

function parse(request: string): Request {
  // Whatever JavaScript may pass instead of a text gets the same answer as an empty one.
  const text = typeof request === 'string' ? request : '';
  const equals = text.indexOf('=');
  const [, spelled, bracketed] = TARGET.exec((equals === -1 ? text : text.slice(0, equals)).trim()) ?? [];
  if (spelled === undefined) {
    // Without the text itself: a slip in writing a password must not carry it into a log.
    throw new OFTPError(10022, "config() takes 'Name', 'Name=Value', 'Name[id]' or 'Name[id]=Value'.");
  }
  const known = BY_LOWER_CASE.get(spelled.toLowerCase());
  if (known === undefined) throw unknownName('setting', spelled, CONFIG_NAMES.keys());
  const [spelling, name] = known;
  const id = bracketed?.trim();
  return {
    name,
    spoken: id === undefined ? spelling : `${spelling}[${id}]`,
    id: id === undefined ? undefined : /^\d+$/.test(id) ? Number(id) : Number.NaN,
    value: equals === -1 ? undefined : text.slice(equals + 1).trimStart(),
  };
}

function refuseWrongScope(setting: Setting, spoken: string, hasId: boolean, store: SettingStore): void {
  if (setting.scope === 'server') {
    if (hasId) throw new OFTPError(10022, `${spoken} is a setting of the whole server: leave out the id.`);
    if (store.connectionId === undefined) return;
    throw new OFTPError(10022, `${spoken} is a setting of the whole server: use config() of the server.`);
  }
  if (setting.changes === 'never' && !hasId && store.connectionId === undefined) {
    throw new OFTPError(10022, `${spoken} exists for single connections only: read ${spoken}[id].`);
  }
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['yes', true],
  ['1', true],
  ['false', false],
  ['no', false],
  ['0', false],
]);

const WHOLE = /^[+-]?\d+$/;
const WHOLE_OR_HEXADECIMAL = /^(?:[+-]?\d+|0x[\da-f]+)$/i;

/**
 * The value that a text stands for. A text that stands for none stays a text, and the check of the value refuses it.
 */
function typedValue(setting: Setting, text: string): unknown {
  const word = text.trim();
  switch (setting.type) {
    case 'boolean':
      return BOOLEANS.get(word.toLowerCase()) ?? text;
    case 'integer':
      return (setting.flags ? WHOLE_OR_HEXADECIMAL : WHOLE).test(word) ? Number(word) : text;
    case 'choice':
      return choiceFrom(setting.choices, word.toLowerCase()) ?? text;
    case 'string':
      return setting.nullable && word === '' ? null : text;
    case 'strings':
      return word === '' ? [] : text.split(',').map((item) => item.trim());
  }
}

/** A choice by its number, or by our word for it. */
function choiceFrom(choices: Readonly<Record<string, number>>, word: string): string | undefined {
  return Object.keys(choices).find((choice) => word === String(choices[choice]) || word === choice.toLowerCase());
}

/** The text for a value, as the reference writes it; a list with commas between its items. */
function textOf(setting: Setting, value: unknown): string {
  if (setting.type === 'boolean') return value ? 'True' : 'False';
  if (setting.type === 'choice') return String(setting.choices[String(value)]);
  return value === null ? '' : String(value);
}

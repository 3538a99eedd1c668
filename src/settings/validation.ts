/** Checks of values against the table of settings. */
import { Buffer } from 'node:buffer';
import { inspect } from 'node:util';
import { OFTPError } from './errors.js';
import type { Setting, TextRule } from './row.js';

/** A check beyond the table: what is wrong and what would be right, in sentences, or `undefined`. */
export type ExtraCheck = (value: unknown) => string | undefined;

/**
 * The value to store for `value`, checked against its row.
 * @param spoken how the caller named the setting, for the message
 * @param extra asked about values that pass the table
 * @throws {OFTPError} 10022, the reference's only number for a wrong argument; the message says what the setting takes
 */
export function checkedValue(setting: Setting, value: unknown, spoken: string, extra?: ExtraCheck): unknown {
  const words = whatItTakes(setting, value);
  const problem = words === undefined ? extra?.(value) : `It takes ${words}.`;
  if (problem !== undefined) throw new OFTPError(10022, `${spoken} cannot be ${shown(setting, value)}. ${problem}`);
  // A copy, so that nobody changes the list behind the check.
  return Array.isArray(value) ? Object.freeze([...value]) : value;
}

/** The error for a value of something beside the table that is set in the same way. `takes` completes "It takes …". */
export function refusedValue(spoken: string, value: unknown, takes: string): OFTPError {
  return new OFTPError(10022, `${spoken} cannot be ${inShort(value)}. It takes ${takes}.`);
}

/** A value for a message, or that it is a secret. */
function shown(setting: Setting, value: unknown): string {
  return setting.type === 'string' && setting.secret ? 'the value given (secret, not shown)' : inShort(value);
}

/** On one line, and of an object nothing but its class. */
function inShort(value: unknown): string {
  return inspect(value, { depth: -1, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 80 });
}

/** For a value that the setting does not take: what it does take. */
function whatItTakes(setting: Setting, value: unknown): string | undefined {
  switch (setting.type) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'true or false (in config(): True, False, Yes, No, 1 or 0)';
    case 'integer':
      return Number.isSafeInteger(value) && Number(value) >= setting.min && Number(value) <= setting.max
        ? undefined
        : `a whole number from ${setting.min} to ${setting.max} (${setting.unit})`;
    case 'choice':
      return typeof value === 'string' && Object.hasOwn(setting.choices, value)
        ? undefined
        : choicesInWords(setting.choices);
    case 'string':
      if (value === null && setting.nullable) return undefined;
      return whatTextItTakes(setting.text, value, setting.nullable);
    case 'strings':
      return whatListItTakes(setting.text, setting.maxItems, value);
  }
}

function choicesInWords(choices: Readonly<Record<string, number>>): string {
  const words = Object.entries(choices).map(([word, number]) => `'${word}' (${number} in config())`);
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

/** For a value that is no such text: what is. */
export function whatTextItTakes(rule: TextRule | undefined, value: unknown, nullable = false): string | undefined {
  if (typeof value !== 'string') return nullable ? 'a string or null' : 'a string';
  if (nullable && value === '') return 'a string that is not empty, or null';
  if (rule === undefined) return undefined;
  const length = rule.unit === 'characters' ? value.length : Buffer.byteLength(value);
  if (length > rule.maxLength) return `at most ${rule.maxLength} ${rule.unit}, not ${length}`;
  return rule.pattern.test(value) ? undefined : rule.words;
}

function whatListItTakes(rule: TextRule, maxItems: number, value: unknown): string | undefined {
  if (!Array.isArray(value)) return 'an array of strings (in config(): separated by commas)';
  if (value.length > maxItems) return `at most ${maxItems} strings, not ${value.length}`;
  for (const [index, item] of value.entries()) {
    const words = whatTextItTakes(rule, item);
    if (words !== undefined) return `strings, each ${words} (see index ${index})`;
  }
  return undefined;
}

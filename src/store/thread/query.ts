import type { Database } from './engine.js';

type Value = string | number | Uint8Array;
export type Row = Record<string, Value>;

/**
 * A prepared statement whose texts come back as they went in. SQLite ends a text at U+0000, in some versions already
 * when it is written, and UTF-8 has no half surrogates; the octets of a partner may well contain the one, and a file
 * name of Windows the other. Both are stored as in a JSON string: `\u0000`, and a backslash as `\\`.
 */
export class Query {
  readonly #statement: ReturnType<Database['prepare']>;

  constructor(database: Database, sql: string) {
    this.#statement = database.prepare(sql);
  }

  /** @returns how many rows were changed */
  run(...values: readonly Value[]): number {
    return Number(this.#statement.run(...values.map(escaped)).changes);
  }

  get(...values: readonly Value[]): Row | undefined {
    const row = this.#statement.get(...values.map(escaped));
    return row && unescaped(row);
  }

  all(...values: readonly Value[]): Row[] {
    return this.#statement.all(...values.map(escaped)).map(unescaped);
  }
}

const UNSTORABLE = /[\0\\\p{Surrogate}]/gu;
const ESCAPE = /\\(?:\\|u([0-9a-f]{4}))/g;

function escaped(value: Value): Value {
  if (typeof value !== 'string') return value;
  return value.replace(UNSTORABLE, (character) =>
    character === '\\' ? '\\\\' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function unescaped(row: Row): Row {
  const texts = Object.entries(row).map(([column, value]) => [
    column,
    typeof value === 'string' ? plain(value) : value,
  ]);
  return Object.fromEntries(texts);
}

function plain(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(ESCAPE, (_, code?: string) => (code ? String.fromCharCode(Number.parseInt(code, 16)) : '\\'));
}

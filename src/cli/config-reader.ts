/**
 * Reads a YAML file strictly: every problem is kept with its line, so that one look at the message mends the file.
 * All values are texts here, whatever YAML makes of them elsewhere: a code `0013` keeps its zeros, a version `2.0` its
 * point.
 */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import { UsageError } from './exit.js';

/** Turns the text of a value into what it stands for; throws a `UsageError` that completes "KEY: …". */
export type Parse<T> = (text: string) => T;

/** A value as it stands in the file. */
export interface Entry {
  readonly key: string;
  readonly line: number;
  /** The scalar, or the scalars of a list. */
  readonly texts: readonly string[];
}

/** A YAML file under inspection, and what is wrong with it. */
export class ConfigReader {
  readonly path: string;
  /** The mapping at the top. */
  readonly root: Section;
  readonly #lines = new LineCounter();
  readonly #problems: string[] = [];
  readonly #document: Document;

  /** @param path for messages */
  constructor(path: string, text: string) {
    this.path = path;
    // failsafe: texts, lists and mappings, nothing else. Pretty errors would quote lines, also those of passwords.
    const options = { schema: 'failsafe', prettyErrors: false, lineCounter: this.#lines } as const;
    this.#document = parseDocument(text, options);
    const { contents, errors } = this.#document;
    for (const error of errors) this.#syntaxProblem(text, error);
    if (contents !== null && !isMap(contents) && errors.length === 0) {
      this.report(1, 'the file must contain keys with values, such as "partners:"');
    }
    this.root = new Section(this, '', 1, isMap(contents) ? contents : undefined);
  }

  /** Notes a problem. */
  report(line: number, problem: string): void {
    this.#problems.push(`${this.path}:${line}: ${problem}`);
  }

  /** @throws UsageError with all problems, one a line */
  finish(): void {
    if (this.#problems.length > 0) throw new UsageError(this.#problems.join('\n'));
  }

  /** The node itself, or that for which an alias stands. */
  resolve(node: unknown): unknown {
    if (!isAlias(node)) return node;
    const target = node.resolve(this.#document);
    if (target === undefined) this.report(this.lineOf(node), 'there is no anchor for this alias; quote a value with *');
    return target ?? null;
  }

  lineOf(node: unknown): number {
    const range = (node as Node | null)?.range;
    return range ? this.#lines.linePos(range[0]).line : 1;
  }

  #syntaxProblem(text: string, { message, pos }: { message: string; pos: [number, number] }): void {
    const { line } = this.#lines.linePos(pos[0]);
    // Messages may repeat a part of the text, which must not be a part of a password.
    const secret = /password/i.test(text.split('\n')[line - 1] ?? '');
    this.report(line, secret ? 'not valid YAML: put the password in single quotes' : `not valid YAML: ${message}`);
  }
}

/** One mapping of the file. The keys that are asked for are those that may be there; `end` reports all others. */
export class Section {
  readonly line: number;
  readonly #reader: ConfigReader;
  readonly #name: string;
  readonly #nodes = new Map<string, { readonly line: number; readonly value: unknown }>();
  readonly #known = new Set<string>();

  /** @param name where it stands, such as `partners[0]`; empty for the top */
  constructor(reader: ConfigReader, name: string, line: number, map: YAMLMap | undefined) {
    this.#reader = reader;
    this.#name = name;
    this.line = line;
    for (const { key, value } of map?.items ?? []) {
      const at = reader.lineOf(key);
      if (isScalar(key)) this.#nodes.set(String(key.value), { line: at, value: reader.resolve(value) });
      else reader.report(at, `${name || 'the file'}: a key must be a plain word`);
    }
  }

  /** The value of a key; `undefined` where it is absent, or wrong and reported. */
  value<T>(key: string, parse: Parse<T>): T | undefined {
    const entry = this.#entry(key);
    if (entry === undefined) return undefined;
    const [text] = entry.texts;
    if (text === undefined || entry.list) {
      this.report(key, 'one value is expected here, not a list');
      return undefined;
    }
    return this.#parsed(key, text, parse);
  }

  /** The values of a key that holds a list, or one value; empty where it is absent. */
  values<T>(key: string, parse: Parse<T>): readonly T[] {
    const parsed = this.#entry(key)?.texts.map((text) => this.#parsed(key, text, parse)) ?? [];
    return parsed.filter((value) => value !== undefined);
  }

  /** The mapping under a key; an empty one where it is absent, or wrong and reported. */
  section(key: string): Section {
    this.#known.add(key);
    const node = this.#nodes.get(key);
    const map = node && this.#map(key, node.value);
    return new Section(this.#reader, this.#path(key), node?.line ?? this.line, map);
  }

  /** The mappings of a list under a key. */
  sections(key: string): readonly Section[] {
    this.#known.add(key);
    const node = this.#nodes.get(key);
    if (node === undefined || isEmpty(node.value)) return [];
    if (!isSeq(node.value)) {
      this.report(key, 'a list is expected here, each item starting with "- "');
      return [];
    }
    return node.value.items.map((item, index) => {
      const value = this.#reader.resolve(item);
      const name = `${key}[${index}]`;
      return new Section(this.#reader, this.#path(name), this.#reader.lineOf(value), this.#map(name, value));
    });
  }

  /** All keys with their values, where any key may stand. */
  entries(): readonly Entry[] {
    return [...this.#nodes.keys()].flatMap((key) => this.#entry(key) ?? []);
  }

  has(key: string): boolean {
    return this.#nodes.has(key);
  }

  /** Reports a problem with the value of a key, or with the section where the key is absent. */
  report(key: string, problem: string): void {
    const name = /^(.*)\[\d+\]$/.exec(key)?.[1] ?? key;
    this.#reader.report(this.#nodes.get(name)?.line ?? this.line, `${this.#path(key)}: ${problem}`);
  }

  /** Reports the keys that nobody has asked for. */
  end(): void {
    for (const key of this.#nodes.keys()) {
      if (this.#known.has(key)) continue;
      this.report(key, `there is no such key here; there are ${[...this.#known].join(', ')}`);
    }
  }

  #entry(key: string): (Entry & { readonly list: boolean }) | undefined {
    this.#known.add(key);
    const node = this.#nodes.get(key);
    if (node === undefined) return undefined;
    const list = isSeq(node.value);
    const items = isSeq(node.value) ? node.value.items.map((item) => this.#reader.resolve(item)) : [node.value];
    if (items.every((item) => isScalar(item) || item === null)) {
      const texts = items.map((item) => (isScalar(item) ? String(item.value) : ''));
      return { key, line: node.line, texts, list };
    }
    this.report(key, 'a value is expected here, not keys with values');
    return undefined;
  }

  #parsed<T>(key: string, text: string, parse: Parse<T>): T | undefined {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      this.report(key, error.message);
      return undefined;
    }
  }

  #map(key: string, value: unknown): YAMLMap | undefined {
    if (isMap(value)) return value;
    if (!isEmpty(value)) this.report(key, 'keys with values are expected here');
    return undefined;
  }

  #path(key: string): string {
    return this.#name === '' ? key : `${this.#name}.${key}`;
  }
}

/** A key without a value. */
function isEmpty(value: unknown): boolean {
  return value === null || (isScalar(value) && value.value === '');
}

/** The project as the rules see it: the text of every file that belongs to it, and what its TypeScript says. */

import { type Dirent, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { failure } from '../support/failure.js';
import { parseSources, type Source } from './parse.js';

export interface Tree {
  /** Every text file, by its path below the project's top folder. */
  readonly texts: ReadonlyMap<string, string>;
  /** The TypeScript files among them that people write. */
  readonly sources: ReadonlyMap<string, Source>;
  /** What stands in the top folder itself. */
  readonly topLevel: readonly string[];
}

/** One breach of a rule. */
export interface Finding {
  readonly path: string;
  readonly line?: number;
  /** What is wrong and what to do about it. */
  readonly message: string;
}

export type Rule = (tree: Tree) => Finding[];

/** Made by tools and not part of the project; the same names stand in `.gitignore`. */
const PRODUCTS = new Set(['.git', '.oftp', 'coverage', 'dist', 'node_modules', 'oftp-data']);

/** Folders whose TypeScript is held to the rules. */
const CODE = /^(?:src|workers|bench|test)\/.*\.ts$/;

const GENERATED = /\.generated\.ts$/;

/** Reads the project below `root`. */
export function readTree(root: string): Tree {
  const texts = new Map<string, string>();
  const entries = listEntries(root, '');
  for (const path of walk(root, entries)) {
    const text = readFileSync(posix.join(root, path), 'utf8');
    // A NUL octet: not a text, and nobody wrote it by hand.
    if (!text.includes('\0')) texts.set(path, text);
  }
  return makeTree(
    texts,
    entries.map(({ name }) => name),
  );
}

/** Makes a tree of texts by path, as the tests of the rules do. */
export function makeTree(texts: ReadonlyMap<string, string>, topLevel: readonly string[] = []): Tree {
  const code = [...texts].filter(([path]) => CODE.test(path) && !GENERATED.test(path));
  return { texts, sources: parseSources(new Map(code)), topLevel };
}

/** A finding as one line: `src/session/turn.ts:12: what is wrong`. */
export function formatFinding({ path, line, message }: Finding): string {
  return `${line === undefined ? path : `${path}:${line}`}: ${message}`;
}

/** Throws an error that lists the findings, if there are any. */
export function expectNone(findings: readonly Finding[]): void {
  if (findings.length > 0) throw failure(`findings: ${findings.length}`, findings.map(formatFinding).join('\n'));
}

function listEntries(root: string, folder: string): Dirent[] {
  const entries = readdirSync(posix.join(root, folder), { withFileTypes: true });
  return entries.filter(({ name }) => !PRODUCTS.has(name)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function* walk(root: string, entries: readonly Dirent[], folder = ''): Generator<string> {
  for (const entry of entries) {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(root, listEntries(root, path), path);
    else if (entry.isFile()) yield path;
  }
}

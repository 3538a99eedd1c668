/**
 * The surface of the reference component: each of its names, where it is here, and the tests that say so.
 *
 * `fixtures/reference-surface.json` has the names, and for each the rows of the behaviour inventory that are about it.
 * A test says what it covers by row numbers in its name (`B-120`), or in a comment for names that have no row of their
 * own:
 *
 *     // covers: startTransfer.connectionId, error 100
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { ERRORS } from '../../src/settings/error-table.js';
import { CONFIG_NAMES, SETTINGS } from '../../src/settings/table.js';
import { PROJECT_ROOT } from '../support/project.js';
import { EVENT_FIELDS, METHOD_PLACES, PROPERTY_PLACES } from './surface-places.js';

type RowsByName = Readonly<Record<string, readonly string[]>>;

interface Reference {
  /** Behaviours are numbered B-001 to this. */
  readonly rows: number;
  /** Rows that another decision of the design replaces. */
  readonly superseded: readonly string[];
  readonly properties: RowsByName;
  readonly methods: RowsByName;
  readonly events: Readonly<Record<string, RowsByName>>;
  readonly settings: RowsByName;
  readonly errors: RowsByName;
}

/** One name of the reference. */
export interface Entry {
  /** As `covers:` spells it. */
  readonly name: string;
  /** Where it is here; empty when it is not. */
  readonly here: string;
  readonly tests: readonly string[];
}

/** One behaviour of the inventory. */
export interface Row {
  readonly name: string;
  readonly superseded: boolean;
  readonly tests: readonly string[];
}

export interface Surface {
  readonly themes: readonly { readonly title: string; readonly entries: readonly Entry[] }[];
  readonly rows: readonly Row[];
  /** What tests claim to cover and the reference does not have. */
  readonly unknown: readonly string[];
}

/** The surface, with the tests that stand in the tree. */
export function readSurface(tests = coverage()): Surface {
  const file = join(PROJECT_ROOT, 'fixtures/reference-surface.json');
  const reference: Reference = JSON.parse(readFileSync(file, 'utf8'));
  const entry = (name: string, here: string, rows: readonly string[]): Entry => {
    const files = new Set([name, ...rows].flatMap((tag) => [...(tests.get(tag) ?? [])]));
    return { name, here, tests: [...files].sort() };
  };
  const entries = (names: RowsByName, here: (name: string) => string, prefix = ''): Entry[] =>
    Object.entries(names).map(([name, rows]) => entry(prefix + name, here(name), rows));
  const events = Object.entries(reference.events).flatMap(([event, fields]) =>
    Object.entries(fields).map(([field, rows]) => entry(`${event}.${field}`, fieldPlace(event, field), rows)),
  );
  const themes = [
    { title: 'Properties', entries: entries(reference.properties, (name) => places(PROPERTY_PLACES[name])) },
    { title: 'Methods', entries: entries(reference.methods, (name) => places(METHOD_PLACES[name])) },
    { title: 'Events', entries: events },
    { title: 'Settings', entries: entries(reference.settings, settingPlace) },
    { title: 'Errors', entries: entries(reference.errors, errorPlace, 'error ') },
  ];
  const rows = Array.from({ length: reference.rows }, (_, index): Row => {
    const name = `B-${String(index + 1).padStart(3, '0')}`;
    return { name, superseded: reference.superseded.includes(name), tests: [...(tests.get(name) ?? [])].sort() };
  });
  const known = new Set([...themes.flatMap((theme) => theme.entries), ...rows].map(({ name }) => name));
  return { themes, rows, unknown: [...tests.keys()].filter((tag) => !known.has(tag)) };
}

/** The folders whose tests use the package as programs and partners do: by its public API and by octets on the wire. */
const OUTSIDE = ['server/', 'conformance/'];

/** The names without a place or a test, and the rows without a test from outside that carries their number. */
export function missingIn({ themes, rows }: Surface): string[] {
  const entries = themes
    .flatMap((theme) => theme.entries)
    .filter(({ here, tests }) => here === '' || tests.length === 0);
  const fromOutside = (file: string) => OUTSIDE.some((folder) => file.startsWith(folder));
  const unproven = rows.filter(({ superseded, tests }) => !superseded && !tests.some(fromOutside));
  return [...entries, ...unproven].map(({ name }) => name);
}

function places(found: readonly string[] | undefined): string {
  return (found ?? []).map((place) => `\`${place}\``).join(', ');
}

function fieldPlace(event: string, field: string): string {
  const fields = (EVENT_FIELDS as Readonly<Record<string, readonly string[]>>)[event] ?? [];
  return fields.includes(field) ? `\`on('${event}', ({ ${field} }) => …)\`` : '';
}

/** `Name[id]` is a row of its own where the reference has one for the setting of a connection. */
function settingPlace(spelled: string): string {
  const name = CONFIG_NAMES.get(spelled.replace('[id]', ''));
  if (name === undefined) return '';
  const { scope, changes, onServer } = SETTINGS[name];
  const ofServer = (scope === 'server' || changes !== 'never') && !spelled.endsWith('[id]');
  const found = [ofServer && `server.${onServer?.property ?? name}`, scope === 'connection' && `connection.${name}`];
  return places(found.filter((place) => place !== false));
}

function errorPlace(code: string): string {
  const error = ERRORS.get(Number(code));
  return error === undefined ? '' : `\`${error.name}\`${error.raised ? '' : ', never raised'}`;
}

/** What the tests say they cover: row numbers and names, and the files in which they stand. */
export function coverage(root = join(PROJECT_ROOT, 'test')): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.name.endsWith('.test.ts')) continue;
    const path = join(entry.parentPath, entry.name);
    for (const tag of tagsOf(readFileSync(path, 'utf8'))) {
      const files = found.get(tag) ?? new Set();
      found.set(tag, files.add(relative(root, path).split(sep).join('/')));
    }
  }
  return found;
}

const ROW = /\bB-\d{3}\b/g;
const COVERS = /^\s*\/\/ covers: (.*)$/gm;
/** What a file is about, which is no proof of it. */
const HEADINGS = /\/\*.*?\*\//gs;

/** The row numbers of the tests in a file, and the names behind `covers:`. */
export function tagsOf(text: string): Set<string> {
  const names = [...text.matchAll(COVERS)].flatMap(([, list = '']) => list.split(',').map((name) => name.trim()));
  const rows = text.replace(HEADINGS, '').match(ROW) ?? [];
  return new Set([...rows, ...names]);
}

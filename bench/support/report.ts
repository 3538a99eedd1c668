/** What a benchmark has found, for people and for programs. */

import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';

/**
 * One line of a result: column names and values with the unit in the name. Texts say what was measured; a number under
 * a name with `of` or `to` is a ratio to what follows it.
 */
export type Row = Readonly<Record<string, string | number>>;

export interface Table {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** What `--json` writes. */
export interface Report {
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  readonly tables: readonly Table[];
}

export const MACHINE = {
  node: process.version,
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
} as const;

const tables: Table[] = [];

/** Prints the rows as a table, and writes all tables so far as JSON to the file that `--json <file>` names. */
export function report(title: string, rows: readonly Row[]): void {
  const { values } = parseArgs({ options: { json: { type: 'string' } }, strict: false });
  console.log(`${title}\nNode.js ${MACHINE.node}, ${MACHINE.cores} cores, ${MACHINE.cpu}`);
  console.table(rows);
  tables.push({ title, rows });
  if (typeof values.json === 'string') {
    const all: Report = { ...MACHINE, tables };
    writeFileSync(values.json, `${JSON.stringify(all, null, 2)}\n`);
  }
}

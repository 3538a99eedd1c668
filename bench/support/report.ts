/** What a benchmark has found, for people and for programs. */

import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';

/** One line of a result: column names and values with the unit in the name. */
export type Row = Readonly<Record<string, string | number>>;

/** Prints the rows as a table, and writes them as JSON to the file that `--json <file>` names on the command line. */
export function report(title: string, rows: readonly Row[]): void {
  const { values } = parseArgs({ options: { json: { type: 'string' } }, strict: false });
  const machine = { node: process.version, cpu: cpus()[0]?.model.trim() ?? 'unknown', cores: availableParallelism() };
  console.log(`${title}\nNode.js ${machine.node}, ${machine.cores} cores, ${machine.cpu}`);
  console.table(rows);
  if (typeof values.json === 'string')
    writeFileSync(values.json, `${JSON.stringify({ title, ...machine, rows }, null, 2)}\n`);
}

/**
 * All benchmarks, one after the other, and every figure that has a limit as one table.
 *
 *     npm run bench -- [--only word] [--json file] [--baseline file] [--dir folder]
 *
 * `--only` takes those whose name contains the word, `--json` saves the result, `--baseline` compares with a saved one,
 * `--dir` is where files stand (default: the system's folder for temporary files; a tmpfs takes the disk out of the
 * picture, and with it the point of `durable` and `store`). Nothing else should run on the machine.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { release, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { scratchFolder } from './support/folder.js';
import { MACHINE, type Report, type Row } from './support/report.js';

interface Program {
  readonly name: string;
  /** Takes `--dir`. */
  readonly files: boolean;
}

const PROGRAMS: readonly Program[] = [
  { name: 'framing', files: false },
  { name: 'entity', files: false },
  { name: 'store', files: true },
  { name: 'transfer', files: true },
  { name: 'small-files', files: true },
  { name: 'durable', files: true },
  { name: 'security', files: false },
  { name: 'pool', files: false },
  { name: 'sessions', files: true },
  { name: 'cluster', files: true },
  { name: 'connections', files: false },
  { name: 'fairness', files: true },
];

/** Milliseconds for one of them. */
const LIMIT_MS = 15 * 60_000;

/** One figure, as it is compared and saved. */
interface Figure {
  readonly benchmark: string;
  readonly case: string;
  /** What the ratio is to. */
  readonly limit: string;
  readonly ratio: number;
}

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    json: { type: 'string' },
    baseline: { type: 'string' },
    dir: { type: 'string' },
  },
});

const RATIO = /(?:^|\s)(?:of|to)\s/;

function figuresIn(benchmark: string, row: Row): Figure[] {
  const columns = Object.entries(row);
  const labels = columns.map(([, value]) => value).filter((value) => typeof value === 'string' && value !== '');
  return columns
    .filter(([name, value]) => RATIO.test(name) && typeof value === 'number')
    .map(([limit, ratio]) => ({ benchmark, case: labels.join(', '), limit, ratio: ratio as number }));
}

/** Runs a program; what it prints is shown as it comes. Nothing where it failed. */
async function run({ name, files }: Program, folder: string): Promise<Figure[] | undefined> {
  const json = join(folder, `${name}.json`);
  const place = files && values.dir !== undefined ? ['--dir', values.dir] : [];
  const program = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
  const child = spawn(process.execPath, [program, '--json', json, ...place], {
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: LIMIT_MS,
  });
  // A signal to this process alone ends what it has started as well.
  const end = () => child.kill();
  process.once('exit', end);
  const [status] = await once(child, 'exit');
  process.off('exit', end);
  if (status !== 0) return undefined;
  const { tables } = JSON.parse(readFileSync(json, 'utf8')) as Report;
  return tables.flatMap(({ rows }) => rows.flatMap((row) => figuresIn(name, row)));
}

function compared(figure: Figure, before: readonly Figure[]): Row {
  const same = before.find(
    (other) => other.benchmark === figure.benchmark && other.case === figure.case && other.limit === figure.limit,
  );
  const row: Row = { ...figure };
  return same === undefined
    ? row
    : { ...row, before: same.ratio, change: Number((figure.ratio / same.ratio).toFixed(2)) };
}

const before: readonly Figure[] =
  values.baseline === undefined
    ? []
    : (JSON.parse(readFileSync(values.baseline, 'utf8')) as { figures: Figure[] }).figures;
const figures: Figure[] = [];
const failed: string[] = [];
const folder = scratchFolder();
for (const program of PROGRAMS.filter(({ name }) => name.includes(values.only))) {
  const found = await run(program, folder);
  if (found === undefined) failed.push(program.name);
  else figures.push(...found);
}
const machine = { ...MACHINE, memoryGiB: Math.round(totalmem() / 2 ** 30), system: `${process.platform} ${release()}` };
console.log(
  `Node.js ${machine.node}, ${machine.cores} cores, ${machine.cpu}, ${machine.memoryGiB} GiB, ${machine.system}`,
);
console.table(figures.map((figure) => compared(figure, before)));
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ ...machine, figures }, null, 2)}\n`);
if (failed.length > 0) {
  console.error(`failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}

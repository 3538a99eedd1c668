/**
 * All benchmarks, one after the other, and every figure that has a limit as one table.
 *
 *     npm run bench -- [--only word] [--json file] [--baseline file] [--dir folder] [--quick]
 *
 * `--only` takes those whose name contains the word, `--json` saves the result, `--baseline` compares with a saved one,
 * `--dir` is where files stand (default: the system's folder for temporary files; a tmpfs takes the disk out of the
 * picture, and with it the point of `durable` and `store`). Nothing else should run on the machine. `--quick` does less
 * of everything, to see whether all of it works: such figures say little, and are compared with such figures only.
 *
 * Exit codes: 0 done, 1 a benchmark failed, 2 wrong options or no such baseline.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { release, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { exitCodeOf, passingFolder, STOP_SIGNALS } from './support/folder.js';
import { MACHINE, type Report, type Row } from './support/report.js';

interface Program {
  readonly name: string;
  /** Takes `--dir`. */
  readonly files: boolean;
  /** Options of a short run. */
  readonly quick?: readonly string[];
}

const PROGRAMS: readonly Program[] = [
  { name: 'framing', files: false },
  { name: 'entity', files: false },
  { name: 'store', files: true },
  { name: 'transfer', files: true, quick: ['--mib', '8'] },
  { name: 'small-files', files: true, quick: ['--files', '320'] },
  { name: 'durable', files: true, quick: ['--files', '128'] },
  { name: 'security', files: false },
  { name: 'pool', files: false },
  { name: 'sessions', files: true, quick: ['--sessions', '200', '--mib', '16'] },
  { name: 'cluster', files: true, quick: ['--sessions', '200', '--files', '200', '--rounds', '1'] },
  { name: 'connections', files: false, quick: ['--sessions', '500'] },
  { name: 'fairness', files: true, quick: ['--sessions', '50'] },
];

/** Milliseconds for one of them. */
const LIMIT_MS = 15 * 60_000;

/** Mebibytes of the file whose protection is measured, in a short run. */
const QUICK_MIB = '16';

/** One figure, as it is compared and saved. */
interface Figure {
  readonly benchmark: string;
  readonly case: string;
  /** What the ratio is to. */
  readonly limit: string;
  readonly ratio: number;
}

interface Saved {
  readonly quick: boolean;
  readonly figures: readonly Figure[];
}

const OPTIONS = {
  only: { type: 'string', default: '' },
  json: { type: 'string' },
  baseline: { type: 'string' },
  dir: { type: 'string' },
  quick: { type: 'boolean', default: false },
} as const;

/** Ends the process: nothing has been measured yet. */
function refuse(problem: string): never {
  console.error(problem);
  process.exit(2);
}

function options() {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch (error) {
    const known = Object.keys(OPTIONS).map((name) => `--${name}`);
    return refuse(`${(error as Error).message}. Options: ${known.join(', ')}`);
  }
}

function savedFigures(path: string): Saved {
  let saved: Partial<Saved>;
  try {
    saved = JSON.parse(readFileSync(path, 'utf8')) as Partial<Saved>;
  } catch (error) {
    return refuse(`--baseline ${path} cannot be read: ${(error as Error).message}`);
  }
  const { quick = false, figures } = saved ?? {};
  if (!Array.isArray(figures)) return refuse(`--baseline ${path} is not what --json has saved: it has no figures`);
  return { quick, figures };
}

const values = options();

const RATIO = /(?:^|\s)(?:of|to)\s/;

function figuresIn(benchmark: string, row: Row): Figure[] {
  const columns = Object.entries(row);
  const labels = columns.map(([, value]) => value).filter((value) => typeof value === 'string' && value !== '');
  return columns
    .filter(([name, value]) => RATIO.test(name) && typeof value === 'number')
    .map(([limit, ratio]) => ({ benchmark, case: labels.join(', '), limit, ratio: ratio as number }));
}

/** Runs a program; what it prints is shown as it comes. Nothing where it failed. */
async function run({ name, files, quick = [] }: Program, folder: string): Promise<Figure[] | undefined> {
  const json = join(folder, `${name}.json`);
  const place = files && values.dir !== undefined ? ['--dir', values.dir] : [];
  const program = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
  const child = spawn(process.execPath, [program, '--json', json, ...place, ...(values.quick ? quick : [])], {
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: LIMIT_MS,
    env: { ...process.env, ...(values.quick && { OFTP_BENCH_MIB: QUICK_MIB }) },
  });
  // A signal may be for this process alone, and what it has started is to be gone before it is.
  let stopped: NodeJS.Signals | undefined;
  const stop = (signal: NodeJS.Signals) => {
    stopped = signal;
    child.kill(signal);
  };
  for (const signal of STOP_SIGNALS) process.on(signal, stop);
  const [status] = await once(child, 'exit');
  for (const signal of STOP_SIGNALS) process.off(signal, stop);
  if (stopped !== undefined) process.exit(exitCodeOf(stopped));
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

const chosen = PROGRAMS.filter(({ name }) => name.includes(values.only));
if (chosen.length === 0) {
  refuse(`--only ${values.only}: no benchmark is called so; there are ${PROGRAMS.map(({ name }) => name).join(', ')}`);
}
const before = values.baseline === undefined ? undefined : savedFigures(values.baseline);
if (before !== undefined && before.quick !== values.quick) {
  refuse(
    `--baseline ${values.baseline} was saved ${before.quick ? 'with' : 'without'} --quick: its figures do not compare`,
  );
}
const figures: Figure[] = [];
const failed: string[] = [];
const folder = passingFolder();
for (const program of chosen) {
  const found = await run(program, folder);
  if (found === undefined) failed.push(program.name);
  else figures.push(...found);
}
const machine = { ...MACHINE, memoryGiB: Math.round(totalmem() / 2 ** 30), system: `${process.platform} ${release()}` };
console.log(
  `Node.js ${machine.node}, ${machine.cores} cores, ${machine.cpu}, ${machine.memoryGiB} GiB, ${machine.system}`,
);
if (values.quick) console.log('A quick run: that the benchmarks work, and no more.');
console.table(figures.map((figure) => compared(figure, before?.figures ?? [])));
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ ...machine, quick: values.quick, figures }, null, 2)}\n`);
if (failed.length > 0) {
  console.error(`failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}

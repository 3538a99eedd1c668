/** `npm run bench`, as far as it is not about time. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Child } from '../support/child.js';
import { cleanUp, onCleanUp } from '../support/cleanup.js';
import { folderWith } from '../support/folder.js';
import { PROJECT_ROOT } from '../support/project.js';

test.after.each(cleanUp);

const RUN = join(PROJECT_ROOT, 'dist', 'bench', 'run.js');
/** Milliseconds, on a machine that has other things to do. */
const LIMIT_MS = 120_000;
/** Less than the benchmark would take that was not ended. */
const REMOVAL_MS = 20_000;

function bench(args: readonly string[], temporary: string, cwd = temporary): Child {
  const child = new Child(process.execPath, [RUN, ...args], {
    limitMs: LIMIT_MS,
    cwd,
    env: { ...process.env, TMPDIR: temporary },
  });
  onCleanUp(async () => {
    await child.stop();
  });
  return child;
}

test('a quick run saves its ratios, the next one compares with them, and nothing is left', async () => {
  const folder = folderWith({});
  const temporary = folderWith({});
  const [now, next] = [join(folder, 'now.json'), join(folder, 'next.json')];
  const sessions = ['--quick', '--only', 'sessions'];
  const first = await bench([...sessions, '--json', now], temporary).finished;
  assert.is(first.code, 0, first.output);
  const { quick, node, figures } = JSON.parse(readFileSync(now, 'utf8'));
  assert.equal([quick, node], [true, process.version]);
  assert.ok(figures.length > 0 && figures.every(({ ratio }: { ratio: unknown }) => Number(ratio) > 0));
  const second = await bench([...sessions, '--json', next, '--baseline', now], temporary).finished;
  assert.is(second.code, 0, second.output);
  assert.match(second.stdout, /A quick run: .*\n.*\n.*\bbefore\b.*\bchange\b/);
  assert.equal(readdirSync(temporary), []);
});

test('a signal ends what it has started as well, and no folder stays', async () => {
  const temporary = folderWith({});
  const child = bench(['--only', 'transfer', '--dir', temporary], temporary);
  const until = Date.now() + LIMIT_MS;
  const inboxes = () => readdirSync(temporary).filter((name) => existsSync(join(temporary, name, 'server')));
  while (inboxes().length === 0 && Date.now() < until) await delay(10);
  assert.is(readdirSync(temporary).length, 2);
  child.signal('SIGINT');
  assert.is((await child.finished).code, 130);
  const removal = Date.now() + REMOVAL_MS;
  while (readdirSync(temporary).length > 0 && Date.now() < removal) await delay(10);
  assert.equal(readdirSync(temporary), []);
});

const BASELINES = { 'broken.json': '{', 'other.json': '{"name":"oftp"}', 'long.json': '{"quick":false,"figures":[]}' };

const REFUSED: readonly (readonly [args: readonly string[], words: RegExp])[] = [
  [['--onyl', 'x'], /Unknown option '--onyl'.*Options: --only, --json, --baseline, --dir, --quick/],
  [['--only', 'nothing'], /no benchmark is called so; there are framing, .*fairness/],
  [['--baseline', 'none.json'], /none\.json cannot be read: ENOENT/],
  [['--baseline', 'broken.json'], /broken\.json cannot be read: .*JSON/],
  [['--baseline', 'other.json'], /other\.json is not what --json has saved/],
  [['--quick', '--baseline', 'long.json'], /was saved without --quick: its figures do not compare/],
];

for (const [args, words] of REFUSED) {
  test(`${args[0]} ${words.source}: exit code 2, before anything is measured`, async () => {
    const { code, stdout, output } = await bench(args, folderWith({}), folderWith(BASELINES)).finished;
    assert.is(code, 2);
    assert.is(stdout, '');
    assert.match(output, words);
  });
}

test.run();

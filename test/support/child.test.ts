import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Child, describeEnd, runChild } from './child.js';
import { cleanUp, onCleanUp } from './cleanup.js';

const LIMIT_MS = 30_000;

test.after.each(cleanUp);

/** Runs JavaScript in a process of its own. */
function run(script: string, limitMs = LIMIT_MS) {
  return runChild(process.execPath, ['-e', script], { limitMs });
}

/** Waits, but not for ever. */
function within(limitMs: number, event: Promise<void>): Promise<void> {
  const late = once(AbortSignal.timeout(limitMs), 'abort').then(() => assert.unreachable('the process still lives'));
  return Promise.race([event, late]);
}

/**
 * A server that sees a process die: the process is connected to it as long as it lives. Asking for the process by its
 * id would not do, since a dead one keeps it until somebody has collected its exit code.
 */
async function openWitness() {
  const server = createServer().listen(0, '127.0.0.1');
  onCleanUp(() => void server.close());
  await once(server, 'listening');
  const death = new Promise<void>((resolve) => {
    server.once('connection', (socket) => {
      onCleanUp(() => void socket.destroy());
      socket
        .on('error', () => {})
        .on('close', resolve)
        .resume();
    });
  });
  const { port } = server.address() as AddressInfo;
  // The process ends by itself when the witness closes, so that a failing test leaves nothing behind.
  const script = `
    process.on('SIGTERM', () => {});
    require('node:net').connect(${port}, '127.0.0.1', () => console.log('up')).on('close', () => process.exit())`;
  return { script, death };
}

test('the exit code and both outputs are kept', async () => {
  const result = await run(`process.stdout.write('out'); process.stderr.write('err'); process.exitCode = 3`);
  assert.is(result.code, 3);
  assert.is(result.timedOut, false);
  assert.is(result.stdout, 'out');
  assert.is(result.output.replace('out', '').replace('err', ''), '');
  assert.is(describeEnd(result), 'exit code 3');
});

test('a process has neither input nor terminal', async () => {
  const result = await run(`process.stdin.on('end', () => console.log('end', process.stdout.isTTY)).resume()`);
  assert.is(result.stdout, 'end undefined\n');
});

test('a command that does not exist is a result, not an exception', async () => {
  const result = await runChild('no-such-command-here', [], { limitMs: LIMIT_MS });
  assert.is(result.code, null);
  assert.is(describeEnd(result), 'could not be started');
  assert.match(result.output, 'no-such-command-here');
});

test('at its limit a process that ignores SIGTERM is killed, and its child with it', async () => {
  const { script, death } = await openWitness();
  const result = await run(
    `process.on('SIGTERM', () => {});
    require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(script)}], { stdio: 'inherit' })`,
    3_000,
  );
  assert.is(result.timedOut, true);
  assert.is(result.signal, 'SIGKILL');
  assert.is(describeEnd(result), 'killed at its time limit');
  assert.is(result.stdout, 'up\n');
  await within(LIMIT_MS, death);
});

test('at its limit a process stops its own children first, which are groups of their own', async () => {
  const { script, death } = await openWitness();
  const module = new URL('./child.js', import.meta.url).href;
  const result = await run(
    `import('${module}').then(({ Child }) => {
      const child = new Child(process.execPath, ['-e', ${JSON.stringify(script)}], { limitMs: ${LIMIT_MS} });
      child.waitForOutput(/up/).then(() => console.log('child is up'));
    })`,
    3_000,
  );
  assert.is(result.timedOut, true);
  assert.is(result.code, 143);
  assert.is(result.stdout, 'child is up\n');
  await within(LIMIT_MS, death);
});

test('what a process leaves behind in its group is killed when it ends', async () => {
  const { script, death } = await openWitness();
  const result = await run(
    `const { spawn } = require('node:child_process');
    const left = spawn(process.execPath, ['-e', ${JSON.stringify(script)}], { stdio: ['ignore', 'pipe', 'inherit'] });
    left.stdout.once('data', () => process.exit(0))`,
  );
  assert.is(result.code, 0);
  await within(LIMIT_MS, death);
});

test('of a long output the end is kept', async () => {
  const result = await run(`process.stdout.write('x'.repeat(3 * 1024 * 1024) + 'the end')`);
  assert.ok(result.stdout.length < 1_100_000, `${result.stdout.length} characters`);
  assert.match(result.stdout, /^\[2097159 characters dropped\]\nx+the end$/);
});

test('an awaited line is found although it arrives in parts', async () => {
  const script = `
    process.stdout.write('port ');
    setImmediate(() => process.stdout.write('42 \\n'));
    setInterval(() => {}, 1000)`;
  const child = new Child(process.execPath, ['-e', script], { limitMs: LIMIT_MS });
  const [, port] = await child.waitForOutput(/port (\d+) /);
  assert.is(port, '42');
  child.signal('SIGTERM');
  const result = await child.finished;
  assert.is(result.signal, 'SIGTERM');
  assert.is(result.timedOut, false);
});

test('an awaited line that never comes is reported with what came instead', async () => {
  const child = new Child(process.execPath, ['-e', `console.log('something else')`], { limitMs: LIMIT_MS });
  try {
    await child.waitForOutput(/port/);
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /exit code 0\) without printing \/port\/:\nsomething else/);
  }
});

test.run();

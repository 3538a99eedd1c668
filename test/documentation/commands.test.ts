import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanUp } from '../support/cleanup.js';
import { folderWith } from '../support/folder.js';
import { checkCommand, checkStart } from './commands.js';

const LIMIT_MS = 30_000;

test.after.each(cleanUp);

/** A built package whose start script is this program; `print` and `listen` are there for it to use. */
function packageFolder(program: string, start = 'exec node dist/start.js serve'): string {
  const head = `
    const net = require('node:net');
    function listen(greeting, line = (port) => 'oftp 0.1.0 listening on 127.0.0.1:' + port) {
      const server = net.createServer((socket) => socket.on('error', () => {}).write(greeting, 'latin1'));
      server.listen(Number(process.argv[process.argv.indexOf('--port') + 1]), '127.0.0.1', () => {
        console.log(line(server.address().port));
      });
    }
    const READY = '\\x10\\0\\0\\x17IODETTE FTP READY \\r';`;
  return folderWith({
    'package.json': JSON.stringify({ name: 'oftp', scripts: { start } }),
    'dist/start.js': `${head}\n${program}`,
    'node_modules/.keep': '',
  });
}

async function failure(promise: Promise<void>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the check did not fail');
}

const STOPS = `process.on('SIGTERM', () => process.exit(0));`;

test('start: a server that greets and stops', () => checkStart(packageFolder(`${STOPS} listen(READY)`), LIMIT_MS));

test('start: the working directory is not the package', () => {
  const writes = `require('node:fs').writeFileSync('.oftp', ''); require('node:fs').accessSync('package.json');`;
  const outside = `if (process.cwd() === require('node:path').dirname(__dirname)) process.exit(5);`;
  return checkStart(packageFolder(`${outside} ${writes} ${STOPS} listen(READY)`), LIMIT_MS);
});

test('start: a program that ends before it listens', async () => {
  const message = await failure(checkStart(packageFolder(`console.error('no settings'); process.exit(4)`), LIMIT_MS));
  assert.match(message, /exit code 4\) without printing/);
  assert.match(message, /no settings/);
});

test('start: a server that never says where it listens', async () => {
  const message = await failure(checkStart(packageFolder(`listen(READY, () => 'ready')`), 3_000));
  assert.match(message, /killed at its time limit/);
});

test('start: a server that speaks another protocol', async () => {
  const message = await failure(
    checkStart(packageFolder(`listen('220 ftp.example.com ready for you\\r\\n')`), LIMIT_MS),
  );
  assert.match(message, /does not answer with the Start Session Ready Message but with "220 ftp/);
});

test('start: a server that does not end with 0', async () => {
  const program = `process.on('SIGTERM', () => process.exit(3)); listen(READY)`;
  assert.match(await failure(checkStart(packageFolder(program), LIMIT_MS)), /after SIGTERM: exit code 3/);
});

test('start: a shell between npm and the server keeps SIGTERM to itself', async () => {
  const start = 'serve() { node dist/start.js serve "$@"; exit $?; }; serve';
  const root = packageFolder(`${STOPS} listen(READY)`, start);
  assert.match(await failure(checkStart(root, LIMIT_MS)), /ended by SIGTERM: .* begin with "exec"/);
});

test('start: a server that ignores SIGTERM', async () => {
  const program = `process.on('SIGTERM', () => {}); listen(READY)`;
  assert.match(await failure(checkStart(packageFolder(program), 4_000)), /after SIGTERM: killed at its time limit/);
});

test('command: its exit code counts, its output is shown', async () => {
  const root = packageFolder('');
  await checkCommand(root, 'test -f package.json && test -d dist', LIMIT_MS);
  const message = await failure(checkCommand(root, 'echo no such thing; exit 6', LIMIT_MS));
  assert.match(message, /^"echo no such thing; exit 6": exit code 6\nno such thing/);
});

test.run();

/** Tries the commands of the README in a folder that looks like a fresh clone after `npm ci`. */

import { copyFileSync, symlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Child, type ChildResult, describeEnd, runChild } from '../support/child.js';
import { temporaryFolder } from '../support/folder.js';

/** The line with which the server says what it is and where it listens. */
const IDENTITY_LINE = /^.*\blistening on \S*:(\d+)\b/m;

/** Any free port, so that the check does not depend on what else runs on the machine. */
const START_ARGUMENTS = ['--', '--port', '0'];

/** How long a command of the README may take, the start of the server included, in milliseconds. */
const COMMAND_LIMIT_MS = 60_000;

/** RFC 5024 §5.3.1 in its transmission buffer (§8.2): the first octets that a responder sends. */
const READY_MESSAGE = Buffer.from('\x10\x00\x00\x17IODETTE FTP READY \r', 'latin1');

/**
 * Runs `npm start` until the server says where it listens, makes sure that it speaks ODETTE-FTP there, and stops it
 * with SIGTERM. Throws when one of these fails or the exit code is not 0.
 */
export async function checkStart(root: string, limitMs = COMMAND_LIMIT_MS): Promise<void> {
  const options = { cwd: cloneFolder(root), env: npmEnvironment(), limitMs };
  const server = new Child('npm', ['start', ...START_ARGUMENTS], options);
  try {
    const [, port] = await server.waitForOutput(IDENTITY_LINE);
    await expectReadyMessage(Number(port), limitMs);
    server.signal('SIGTERM');
    const result = await server.finished;
    if (result.code !== 0) throw new Error(`after SIGTERM: ${describeEnd(result)}${hint(result)}\n${result.output}`);
  } finally {
    await server.stop();
  }
}

function hint({ signal }: ChildResult): string {
  return signal === 'SIGTERM' ? ': npm tells its shell only, so the start script has to begin with "exec"' : '';
}

/** Runs a line of a shell block. Throws when its exit code is not 0. */
export async function checkCommand(root: string, command: string, limitMs = COMMAND_LIMIT_MS): Promise<void> {
  const options = { cwd: cloneFolder(root), env: npmEnvironment(), limitMs };
  const result = await runChild('sh', ['-c', command], options);
  if (result.code !== 0) throw new Error(`"${command}": ${describeEnd(result)}\n${result.output}`);
}

/** The package as it is built here, in a folder into which a command may write: it is gone after the test. */
function cloneFolder(root: string): string {
  const folder = temporaryFolder();
  copyFileSync(join(root, 'package.json'), join(folder, 'package.json'));
  for (const name of ['dist', 'node_modules']) symlinkSync(join(root, name), join(folder, name), 'dir');
  return folder;
}

/** What the npm that runs the tests tells its children would make the npm of the clone work in the wrong folder. */
function npmEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(?:npm_|INIT_CWD$)/i.test(name));
  return { ...Object.fromEntries(own), npm_config_update_notifier: 'false' };
}

async function expectReadyMessage(port: number, limitMs: number): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port, signal: AbortSignal.timeout(limitMs) });
  try {
    const chunks: Buffer[] = [];
    const received = () => Buffer.concat(chunks);
    for await (const chunk of socket) {
      chunks.push(chunk);
      if (received().length >= READY_MESSAGE.length) break;
    }
    if (received().equals(READY_MESSAGE)) return;
    const answer = JSON.stringify(received().toString('latin1'));
    throw new Error(`port ${port} does not answer with the Start Session Ready Message but with ${answer}`);
  } finally {
    socket.destroy();
  }
}

/**
 * What `oftp serve` does without a configuration: a folder with everything in it, made on the first start and used
 * again on the next ones, so that a second terminal can send a file at once.
 */
import { randomInt } from 'node:crypto';
import { stat, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { makeFolder } from './folders.js';
import type { Log } from './log.js';
import type { Station } from './station.js';
import { say } from './terminal.js';

/** Partner and server of the demonstration. */
const DEMO_PARTNER = 'O0013DEMO';
const DEMO_SERVER = 'O0013OFTPSERVER';

/** SSIDPSWD has at most 8 characters. Letters and digits that are not mistaken for each other: 40 bits. */
const PASSWORD_LENGTH = 8;
const PASSWORD_CHARACTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

export interface Demo {
  readonly folder: string;
  readonly config: string;
  readonly passwordFile: string;
  readonly sample: string;
  readonly inbox: string;
  readonly outbox: string;
  /** Where the second terminal puts what it receives. */
  readonly received: string;
}

/** The files of the demonstration below `folder`, whether they are there or not. */
export function demoIn(folder: string): Demo {
  return {
    folder,
    config: join(folder, 'oftp.yaml'),
    passwordFile: join(folder, 'demo.password'),
    sample: join(folder, 'hello.txt'),
    inbox: join(folder, 'inbox'),
    outbox: join(folder, 'outbox'),
    received: join(folder, 'received'),
  };
}

/** Makes what is not there yet; what is there stays as it is, so that it can be edited. */
export async function prepareDemo(demo: Demo): Promise<void> {
  await makeFolder(demo.folder, 0o700);
  if (!(await exists(demo.config))) {
    await createOnce(demo.passwordFile, `${randomPassword()}\n`);
    await createOnce(demo.sample, 'Hello from the other terminal.\n');
    await createOnce(demo.config, CONFIG);
  }
}

/**
 * Says who the server is and how to send it a file: on a terminal to be read, otherwise as lines of the log. The
 * commands contain no password.
 */
export function introduceDemo(
  demo: Demo,
  { address, ssid, sfid }: Pick<Station, 'address' | 'ssid' | 'sfid'>,
  log: Log | undefined,
): void {
  // Whoever listens on all addresses is there on this one as well.
  const to = address.replace(/^(?:0\.0\.0\.0|\[::\])/, '127.0.0.1');
  const partner = `${DEMO_PARTNER} --password-file ${quoted(demo.passwordFile)}`;
  const send = `${ownCommand()} send ${quoted(demo.sample)} --to ${to} --from ${partner}`;
  const receive = `${ownCommand()} receive --from ${to} --ssid ${partner} --into ${quoted(demo.received)}`;
  if (log !== undefined) {
    log.info({ command: send }, `to send it a file from a second terminal: ${send}`);
    log.info({ command: receive }, `to receive what is in ${demo.outbox}: ${receive}`);
    return;
  }
  say(`
  Server      SSID ${ssid}, SFID ${sfid}, at ${address}
  Partner     ${DEMO_PARTNER}, its password is in ${demo.passwordFile}
  Folder      ${demo.folder}, its configuration is ${demo.config}

Send it a file from a second terminal; what arrives is told here and stands in ${demo.inbox}:

  ${send}

Files that you put into ${demo.outbox} go out to the partner when it asks for them:

  ${receive}

Ctrl-C stops the server.
`);
}

/** How this program was called, for a second terminal in the same folder. */
function ownCommand(): string {
  const script = process.argv[1] ?? 'oftp';
  if (basename(script) !== 'oftp') return `node ${quoted(relative('', script))}`;
  return process.env['npm_command'] === 'exec' ? 'npx oftp' : 'oftp';
}

/** A word for the shell. */
function quoted(word: string): string {
  return /^[\w./@:+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}

async function createOnce(path: string, text: string): Promise<void> {
  await writeFile(path, text, { flag: 'wx', mode: 0o600 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

function randomPassword(): string {
  const character = () => PASSWORD_CHARACTERS[randomInt(PASSWORD_CHARACTERS.length)];
  return Array.from({ length: PASSWORD_LENGTH }, character).join('');
}

const CONFIG = `\
# Configuration of "oftp serve", made by its first start without one. Change it as you like; after that,
# "kill -HUP" makes the server read it again.

identity:
  ssid: ${DEMO_SERVER}    # who this server is to its partners
  sfid: ${DEMO_SERVER}    # the destination under which it takes files

listen:
  host: 127.0.0.1          # this machine only; 0.0.0.0 for all networks
  port: 3305

statePath: state

partners:
  - code: ${DEMO_PARTNER}
    description: the second terminal
    passwordFile: demo.password
    inbox: inbox            # what the partner has sent
    outbox: outbox          # what the partner gets when it hands over the turn
    sent: sent
`;

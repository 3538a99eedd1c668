/** Runs the built command as a user would. */
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Child, type ChildResult } from '../support/child.js';
import { onCleanUp } from '../support/cleanup.js';
import { folderWith } from '../support/folder.js';
import { HUB, PARTNER } from '../support/parties.js';
import { RawPeer } from '../support/peer.js';
import { PROJECT_ROOT } from '../support/project.js';
import type { Received } from '../support/received.js';
import { cd, efpa, type SsidFields, sfpa, ssid } from '../support/wire.js';

const MAIN = join(PROJECT_ROOT, 'dist', 'src', 'cli', 'main.js');

/** How long a command may take, in milliseconds. Only a failing test ever waits that long. */
const LIMIT_MS = 30_000;

interface RunOptions {
  readonly cwd?: string;
  /** Added to the environment, which has no OFTP_PASSWORD of its own. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts `oftp` with these arguments; it is gone after the test. */
export function startOftp(args: readonly string[], { cwd, env = {} }: RunOptions = {}): Child {
  const { OFTP_PASSWORD: _, npm_command: __, ...own } = process.env;
  const options = { limitMs: LIMIT_MS, env: { ...own, ...env }, ...(cwd === undefined ? {} : { cwd }) };
  const child = new Child(process.execPath, [MAIN, ...args], options);
  onCleanUp(async () => {
    await child.stop();
  });
  return child;
}

/** Runs `oftp` to its end. */
export function oftp(args: readonly string[], options: RunOptions = {}): Promise<ChildResult> {
  return startOftp(args, options).finished;
}

/** What it printed to standard error. */
export function stderrOf({ stdout, output }: ChildResult): string {
  const printed = stdout.split('\n').slice(0, -1);
  const others = output.split('\n').filter((line) => line !== printed[0] || printed.shift() === undefined);
  return others.join('\n');
}

const LISTENING = /listening on (\S+):(\d+) /;

/** A running `oftp serve`. */
export class Serving {
  readonly child: Child;
  readonly port: number;

  private constructor(child: Child, port: number) {
    this.child = child;
    this.port = port;
  }

  /** Starts it on a free port and waits until it listens. */
  static async start(args: readonly string[], options: RunOptions = {}): Promise<Serving> {
    const child = startOftp(['serve', '--port', '0', ...args], options);
    const [, , port] = await child.waitForOutput(LISTENING);
    return new Serving(child, Number(port));
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** The lines of its log so far, as the objects they are. */
  get log(): LogLine[] {
    return this.child.output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as LogLine);
  }

  /** A line of the log whose message matches; waits for it. */
  async logged(message: RegExp): Promise<LogLine> {
    await this.child.waitForOutput(new RegExp(`"msg":"[^\\n]*${message.source}`));
    const line = this.log.find(({ msg }) => message.test(msg));
    if (line === undefined) throw new Error(`no line of the log matches ${message}:\n${this.child.output}`);
    return line;
  }

  /** A scripted session as the partner, up to the SSID of the server. */
  async session(fields: SsidFields = {}): Promise<{ peer: RawPeer; answer: Received }> {
    const peer = await RawPeer.connect(this.port);
    await peer.expect('SSRM');
    peer.send(ssid({ rest: 'N', ...fields }));
    return { peer, answer: await peer.expect('SSID') };
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<ChildResult> {
    this.child.signal(signal);
    return this.child.finished;
  }
}

export interface LogLine {
  readonly level: string;
  readonly time: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** Options of a client that is the partner. */
export const AS_PARTNER = ['--ssid', PARTNER.code, '--password-env', 'PARTNER_PASSWORD'];
export const PARTNER_ENV = { PARTNER_PASSWORD: PARTNER.password };

/** A configuration of HUB with PARTNER; `partner` are further lines of that partner. */
export function configText(partner = '', more = ''): string {
  return `
identity:
  ssid: ${HUB.code}
  password: ${HUB.password}
statePath: null
partners:
  - code: ${PARTNER.code}
    password: ${PARTNER.password}
    inbox: inbox
    outbox: outbox
${partner.replace(/^(?=.)/gm, '    ')}
${more}
`;
}

/** A folder with a configuration, and a server that runs by it. */
export class Hub {
  readonly folder: string;
  readonly serving: Serving;

  private constructor(folder: string, serving: Serving) {
    this.folder = folder;
    this.serving = serving;
  }

  /** @param files files in outboxes and elsewhere; they look as if they had been there for a while, in this order */
  static async start(
    text = configText(),
    files: Readonly<Record<string, string>> = {},
    args: readonly string[] = [],
  ): Promise<Hub> {
    const folder = folderWith({ 'oftp.yaml': text });
    const hub = (path: string) => join(folder, path);
    const entries = Object.entries(files);
    for (const [index, [path, content]] of entries.entries()) {
      mkdirSync(join(hub(path), '..'), { recursive: true });
      writeSettled(hub(path), content, entries.length - index);
    }
    return new Hub(folder, await Serving.start(['--config', hub('oftp.yaml'), ...args]));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** The names in one of its folders. */
  names(folder: string): string[] {
    return readdirSync(this.path(folder)).sort();
  }
}

/** Writes a file that nobody has changed for the last minute and `age` seconds. */
export function writeSettled(path: string, content: string, age = 1): void {
  writeFileSync(path, content);
  const seconds = Date.now() / 1000 - 60 - age;
  utimesSync(path, seconds, seconds);
}

/** Hands over the turn and takes whatever is offered; the names in their order. */
export async function takeAll(peer: RawPeer): Promise<string[]> {
  const names: string[] = [];
  peer.send(cd());
  for (;;) {
    const offer = await peer.expectOneOf('SFID', 'CD', 'ESID');
    if (offer.name !== 'SFID') return names;
    names.push(String(offer.fields['dsn']).trimEnd());
    peer.send(sfpa(5));
    for (let next = await peer.expectOneOf('DATA', 'EFID'); next.name === 'DATA'; ) {
      next = await peer.expectOneOf('DATA', 'EFID');
    }
    peer.send(efpa());
  }
}

/** `oftp check` */
import { subscribe } from 'node:diagnostics_channel';
import { Command } from 'commander';
import type { OFTPConnection } from '../server/connection.js';
import { type Address, formatAddress, parseAddress, type WrittenAddress } from './address.js';
import { argument } from './arguments.js';
import {
  addressFor,
  addSessionOptions,
  type ClientSession,
  SESSION_HELP,
  type SessionOptions,
  withClient,
} from './client-session.js';
import { say } from './terminal.js';

const HELP = `
Connects, identifies itself and ends the session: no file moves, and end responses stay where they are. Prints what both
sides agreed on and how long each step took.

Example:
  oftp check hub.example:3305 --ssid O0013SUPPLIER --password-file hub.password
${SESSION_HELP}`;

/** The octet of SSRM, the first command of a server. */
const READY_MESSAGE = 'I'.charCodeAt(0);

/** The steps of a session without files, in their order. */
const STEPS = {
  connected: 'connected',
  ready: 'ready message',
  identified: 'identified',
  ended: 'ended',
} as const;

export function checkCommand(): Command {
  const command = new Command('check')
    .description('see whether a server lets this station in')
    .argument('<host:port>', 'address of the server; port 3305, with TLS 6619, if left out', argument(parseAddress));
  return addSessionOptions(command)
    .addHelpText('after', HELP)
    .action(async (address: WrittenAddress, options: SessionOptions) => {
      const target = addressFor(address, options);
      // A sender takes no files: what the server has stays there.
      await withClient(address, options, { connectionType: 'sender' }, (session) => check(session, target));
    });
}

async function check({ client, connect }: ClientSession, address: Address): Promise<boolean> {
  const watch = new StepWatch();
  // Preparations of the client before the connection are not the server's time.
  subscribe('net.client.socket', () => watch.restart());
  client.on('connected', ({ statusCode }) => {
    if (statusCode === 0) watch.done(STEPS.connected);
  });
  client.on('piTrail', ({ commandId, direction }) => {
    if (commandId === READY_MESSAGE && direction === 'received') watch.done(STEPS.ready);
  });
  // Not confirmed, so that the server keeps it for the session that waits for it.
  client.on('endResponse', ({ virtualFileName }) => {
    throw new Error(`the end response for ${virtualFileName} stays with the server`);
  });
  try {
    await connect();
  } catch (error) {
    if (watch.last !== STEPS.connected) throw error;
    const where = formatAddress(address);
    const what = `${where} does not answer as an ODETTE-FTP server (a port for TLS looks the same: see --tls)`;
    throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
  }
  watch.done(STEPS.identified);
  describe(client.connection);
  await client.logoff();
  watch.done(STEPS.ended);
  return true;
}

function describe(connection: OFTPConnection | null): void {
  if (connection?.negotiated == null) return;
  const { bufferSize, credit, bufferCompression, restart } = connection.negotiated;
  const yesNo = (value: boolean) => (value ? 'yes' : 'no');
  say(`  server         ${connection.ssidCode}`);
  say(`  version        ${connection.version}`);
  const { tls } = connection;
  if (tls !== null) say(`  TLS            ${tls.version}, ${tls.cipherSuite}, of ${tls.peerCertificate?.subject}`);
  say(`  buffer         ${bufferSize} octets, credit ${credit}`);
  say(`  compression    ${yesNo(bufferCompression)}`);
  say(`  restart        ${yesNo(restart)}`);
}

/** Prints each step with the time since the one before. */
class StepWatch {
  last: string | undefined;
  #since = performance.now();

  restart(): void {
    this.#since = performance.now();
  }

  done(step: string): void {
    const now = performance.now();
    say(`${step.padEnd(16)} ${(now - this.#since).toFixed(1)} ms`);
    this.#since = now;
    this.last = step;
  }
}

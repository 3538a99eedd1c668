/**
 * A cluster for the tests of this folder: a primary that shares a state, and workers with one server each. It prints
 * what happens as lines: `port N max N state PATH`, `joined PID`, `session PID PORT`, `ended PID DIRECTION NAME`,
 * `kept NAME WHY`, `exit PID SIGNAL`, `failed WHY`, `closed`.
 *
 *     node station.js WORKERS OPTIONS     (StationOptions as JSON)
 *
 * Files whose names begin with HOLD are not finished: their handler of `endTransfer` does not return, the first time.
 * A worker that is killed is replaced. With SIGUSR2 the primary closes the state. What is in `outbox` is sent in every
 * turn.
 */
import cluster from 'node:cluster';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  Certificate,
  OFTPServer,
  type OFTPServerOptions,
  type SharedStateOptions,
  shareState,
} from '../../src/index.js';
import { HUB, PARTNER } from '../support/parties.js';

interface StationOptions {
  readonly shared: SharedStateOptions;
  readonly server?: OFTPServerOptions;
  readonly inbox: string;
  readonly outbox?: string;
  /** Certificates in PEM, the first with its key: only clients with that of the partner are let in, and over TLS. */
  readonly tls?: { readonly own: string; readonly trusted: string; readonly partner: string };
}

const [workers = '2', text = '{}'] = process.argv.slice(2);
const { shared, server: more, inbox, outbox, tls } = JSON.parse(text) as StationOptions;
const say = (line: string): boolean => process.stdout.write(`${line}\n`);

async function own(): Promise<void> {
  const state = await shareState(shared);
  process.on('SIGUSR2', () => state.close().then(() => say('closed')));
  cluster.on('exit', ({ process: { pid } }, _code, signal) => {
    say(`exit ${pid} ${signal}`);
    if (signal !== null) cluster.fork();
  });
  for (let count = Number(workers); count > 0; count -= 1) cluster.fork();
}

const certificate = (store: string): Certificate => Certificate.loadSync({ store });

async function work(): Promise<void> {
  const server = new OFTPServer({
    localHost: '127.0.0.1',
    localPort: 0,
    serverSsidCode: HUB.code,
    serverSfidCode: HUB.code,
    serverPassword: HUB.password,
    sharedState: true,
    ...(tls && {
      useSsl: true,
      sslCertificate: certificate(tls.own),
      sslAuthenticateClients: true,
      sslBindClientCertificate: true,
      trustedCertificates: [certificate(tls.trusted)],
    }),
    ...more,
  });
  server.on('acceptConnection', (event) => {
    event.accept = event.clientSsidCode === PARTNER.code && event.passwordMatches(PARTNER.password);
    event.connection.downloadDirectory = inbox;
    if (tls !== undefined) event.connection.recipientCertificates.tls = certificate(tls.partner);
    say(`session ${process.pid} ${event.connection.remotePort}`);
  });
  server.on('endTransfer', async ({ virtualFileName, direction, replayed }) => {
    say(`ended ${process.pid} ${direction} ${virtualFileName}`);
    if (virtualFileName.startsWith('HOLD') && !replayed) await new Promise(() => {});
  });
  server.on('readyToSend', async ({ connection }) => {
    if (outbox === undefined) return;
    for (const name of readdirSync(outbox)) {
      await connection
        .sendFile({ path: join(outbox, name) })
        .catch((error: Error) => say(`kept ${name} ${error.message}`));
    }
  });
  server.on('error', ({ description }) => say(`error ${description}`));
  process.on('SIGTERM', () => server.shutdown().then(() => process.exit(0)));
  await server.startListening();
  say(`port ${server.localPort} max ${server.maxConnections} state ${server.statePath}`);
  say(`joined ${process.pid}`);
}

await (cluster.isPrimary ? own() : work()).catch((error: Error) => {
  say(`failed ${error.message}`);
  process.exit(1);
});

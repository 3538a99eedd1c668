/**
 * A server is shut down while many partners send and receive, and started again: nothing is lost, nothing half, nothing
 * delivered twice, and every file is answered in the end.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OFTPClient, type OFTPConnection } from '../../src/index.js';
import { cleanUp, onCleanUp } from '../support/cleanup.js';
import { folderWith, temporaryFolder } from '../support/folder.js';
import { type Gate, gate } from '../support/gate.js';
import { outcomeOf, within } from '../support/outcome.js';
import { TestServer } from '../support/server.js';

test.after.each(cleanUp);

const PARTNERS = 12;
const FILES_EACH_WAY = 6;
const PASSWORD = 'PASSWORD';

/** Sessions that each partner may need to settle everything afterwards. */
const SESSIONS_MAX = 4;

const codeOf = (number: number): string => `O0013PARTNER${number}`;

/** What a file contains: its name, over and over. */
function contentOf(name: string): string {
  const length = 1 + Number(name.slice(-1)) * 120_000;
  return name.repeat(Math.ceil(length / name.length)).slice(0, length);
}

/** Files that wait to be sent, by their names, and what was answered to those that are. */
class Outbox {
  readonly folder: string;
  readonly waiting: string[];
  readonly answered = new Map<string, number>();

  constructor(prefix: string) {
    this.waiting = Array.from({ length: FILES_EACH_WAY }, (_, at) => `${prefix}.${at}`);
    this.folder = folderWith(Object.fromEntries(this.waiting.map((name) => [name, contentOf(name)])));
  }

  get unanswered(): number {
    return FILES_EACH_WAY - this.answered.size;
  }

  /** Sends what waits, one after the other, until something goes wrong. */
  async send(session: Pick<OFTPConnection, 'sendFile'>): Promise<void> {
    for (const virtualFileName of [...this.waiting]) {
      const path = join(this.folder, virtualFileName);
      const { error } = await outcomeOf(session.sendFile({ path, virtualFileName }));
      if (error !== undefined) return;
      this.waiting.splice(this.waiting.indexOf(virtualFileName), 1);
    }
  }

  response(name: string, reasonCode: number): void {
    assert.is(reasonCode, 0, name);
    this.answered.set(name, (this.answered.get(name) ?? 0) + 1);
  }
}

/** A partner with a client that remembers, files for the hub, and a folder for files of the hub. */
class Partner {
  readonly code: string;
  readonly outbox: Outbox;
  readonly inbox: string;
  readonly client: OFTPClient;

  constructor(number: number, port: number, transfers: { count(): void }) {
    this.code = codeOf(number);
    this.outbox = new Outbox(`UP${number}`);
    this.inbox = temporaryFolder();
    const settings = { statePath: temporaryFolder(), downloadDirectory: this.inbox };
    this.client = new OFTPClient({
      host: '127.0.0.1',
      port,
      clientSsidCode: this.code,
      clientPassword: PASSWORD,
      ...settings,
    });
    onCleanUp(() => within(this.client.shutdown()));
    this.client.on('endResponse', ({ direction, virtualFileName, reasonCode }) => {
      if (direction === 'received') this.outbox.response(virtualFileName, reasonCode);
    });
    this.client.on('endTransfer', () => transfers.count());
    this.client.on('error', () => {});
  }

  /** One session, up to its end in whatever way. */
  async session(): Promise<void> {
    const going = async () => {
      await this.client.connect();
      await this.outbox.send(this.client);
      await this.client.receiveFiles();
      await this.client.logoff();
    };
    await outcomeOf(going());
  }
}

/** Opens when so many transfers have ended. */
function afterTransfers(count: number): Gate & { count(): void } {
  const reached = gate();
  let left = count;
  return {
    ...reached,
    count: () => {
      left -= 1;
      if (left <= 0) reached.open();
    },
  };
}

/** The hub of all partners; the same one every time it is started. */
class Hub {
  readonly inbox = temporaryFolder();
  readonly outboxes = new Map<string, Outbox>();
  readonly #statePath = join(temporaryFolder(), 'state');
  #port = 0;
  #host: TestServer | undefined;

  async start(): Promise<TestServer> {
    const host = await TestServer.start({
      settings: { statePath: this.#statePath, localPort: this.#port },
      partners: Array.from({ length: PARTNERS }, (_, at) => ({ code: codeOf(at), password: PASSWORD })),
      on: {
        acceptConnection: ({ connection }) => {
          connection.downloadDirectory = this.inbox;
        },
        readyToSend: ({ connection }) => this.outboxes.get(connection.ssidCode)?.send(connection),
        endResponse: ({ direction, originator, virtualFileName, reasonCode }) => {
          if (direction === 'received') this.outboxes.get(originator)?.response(virtualFileName, reasonCode);
        },
      },
    });
    this.#port = host.server.localPort;
    this.#host = host;
    return host;
  }

  get port(): number {
    return this.#port;
  }

  get host(): TestServer {
    return this.#host as TestServer;
  }
}

/** Whatever stands in a folder under a name of its own is whole. */
function assertWhole(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => !name.startsWith('.'));
  for (const name of names) assert.ok(readFileSync(join(folder, name), 'latin1') === contentOf(name), name);
  return names.sort();
}

const namesOf = (prefix: string): string[] => Array.from({ length: FILES_EACH_WAY }, (_, at) => `${prefix}.${at}`);

for (const [what, ended] of [
  ['the server', ({ hub }: Load) => hub.host.server.shutdown()],
  ['every client', ({ partners }: Load) => Promise.all(partners.map(({ client }) => client.shutdown()))],
] as const) {
  test(`${PARTNERS} sessions send and receive while ${what} is shut down; the next start goes on with all of it`, async () => {
    const load = await underLoad();
    const { hub, partners, running } = load;
    await within(Promise.resolve(ended(load)), 20_000);
    await within(running, 20_000);
    assert.is(hub.host.server.connections.size, 0);
    assertWhole(hub.inbox);
    for (const { inbox } of partners) assertWhole(inbox);
    const left = partners.reduce((sum, { outbox }) => sum + outbox.unanswered, 0);
    assert.ok(left > 0, 'everything was done before the shutdown');
    await hub.host.server.shutdown();
    await hub.start();
    await Promise.all(partners.map((partner) => settle(partner, hub)));
    assert.equal(assertWhole(hub.inbox), partners.flatMap((_, at) => namesOf(`UP${at}`)).sort());
    for (const [at, { inbox }] of partners.entries()) assert.equal(assertWhole(inbox), namesOf(`DOWN${at}`));
  });
}

interface Load {
  readonly hub: Hub;
  readonly partners: readonly Partner[];
  /** Settles when no session is left. */
  readonly running: Promise<unknown>;
}

/** All partners are in the middle of their sessions. */
async function underLoad(): Promise<Load> {
  const hub = new Hub();
  await hub.start();
  const transfers = afterTransfers((PARTNERS * FILES_EACH_WAY * 2) / 3);
  const partners = Array.from({ length: PARTNERS }, (_, at) => new Partner(at, hub.port, transfers));
  for (const [at, { code }] of partners.entries()) hub.outboxes.set(code, new Outbox(`DOWN${at}`));
  const running = Promise.all(partners.map((partner) => partner.session()));
  await within(transfers.opened, 20_000);
  return { hub, partners, running };
}

/** As many sessions as it takes, but not too many. */
async function settle(partner: Partner, hub: Hub): Promise<void> {
  const down = hub.outboxes.get(partner.code) as Outbox;
  for (let sessions = 0; partner.outbox.unanswered + down.unanswered > 0; sessions += 1) {
    const where = `${partner.code}: ${partner.outbox.unanswered} and ${down.unanswered} files are not answered`;
    assert.ok(sessions < SESSIONS_MAX, where);
    await partner.session();
  }
}

test.run();

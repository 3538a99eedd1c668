/** An OFTPServer on a free port with folders of its own, and the scripted sessions that the tests start from. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Certificate, type OFTPConnection, OFTPServer } from '../../src/index.js';
import { onCleanUp } from './cleanup.js';
import { temporaryFolder } from './folder.js';
import { within } from './outcome.js';
import { HUB, PARTNER, type Party } from './parties.js';
import { RawPeer } from './peer.js';
import type { Received } from './received.js';
import { type SsidFields, ssid } from './wire.js';

type ServerOptions = NonNullable<ConstructorParameters<typeof OFTPServer>[0]>;

/** The fields of event objects that these tests use (api.md of the reference, in camelCase). */
export interface TestEvent {
  connectionId: number;
  connection: OFTPConnection;
  accept: boolean;
  errorCode: number;
  errorDescription: string;
  clientSsidCode: string;
  clientVersion: string;
  serverVersion: string;
  virtualFileName: string;
  virtualFileDate: string;
  destination: string;
  originator: string;
  creator: string;
  direction: 'received' | 'sent';
  filename: string;
  overwrite: boolean;
  stream: NodeJS.WritableStream;
  localFile: string;
  fileSize: number;
  reasonCode: number;
  reasonText: string;
  sendEndResponse: boolean;
  certificateFileName: string;
  certificateExchangeType: 'request' | 'replace' | 'deliver';
  certificate: Certificate;
  replayed: boolean;
  follows(known: Certificate): boolean;
  statusCode: number;
  description: string;
  message: string;
  status: string;
  certEncoded: Buffer;
  certSubject: string;
  certIssuer: string;
  clientCertificate: { readonly subject: string } | null;
  passwordMatches(expected: string): boolean;
}

const EVENTS = [
  'connectionRequest',
  'sslStatus',
  'sslClientAuthentication',
  'connected',
  'acceptConnection',
  'acceptFile',
  'startTransfer',
  'endTransfer',
  'endResponse',
  'readyToSend',
  'certificateReceived',
  'disconnected',
  'error',
] as const;
export type EventName = (typeof EVENTS)[number];
export type Handler = (event: TestEvent) => void | Promise<void>;
export type Handlers = { readonly [Name in EventName]?: Handler };

/** What `on` looks like to these tests; OFTPServer and OFTPClient both have it. */
interface Emitter {
  on(name: EventName, handler: Handler): unknown;
}

export interface RecordedEvent {
  readonly name: EventName;
  readonly event: TestEvent;
}

/** Collects events in their order; a test waits for the next one of a name. */
export class EventLog {
  readonly all: RecordedEvent[] = [];
  readonly #taken = new Set<RecordedEvent>();
  readonly #waiting = new Set<() => void>();

  /** Subscribes once to each of these events; the handler of the test, if any, answers after the recording. */
  attach(emitter: unknown, handlers: Handlers, names: readonly EventName[] = EVENTS): void {
    for (const name of names) {
      (emitter as Emitter).on(name, async (event) => {
        this.all.push({ name, event });
        for (const settle of this.#waiting) settle();
        await handlers[name]?.(event);
      });
    }
  }

  named(name: EventName): TestEvent[] {
    return this.all.filter((recorded) => recorded.name === name).map(({ event }) => event);
  }

  /** The first event of this name that no earlier call has returned; several calls may wait at a time. */
  async next(name: EventName, patience = 5000): Promise<TestEvent> {
    const deadline = Date.now() + patience;
    for (;;) {
      const found = this.all.find((recorded) => recorded.name === name && !this.#taken.has(recorded));
      if (found !== undefined) {
        this.#taken.add(found);
        return found.event;
      }
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`no ${name} within ${patience} ms; so far: ${this.all.map((e) => e.name)}`);
      await this.#change(left);
    }
  }

  /** Settles with the next event, or after so many milliseconds. */
  #change(patience: number): Promise<void> {
    return new Promise((resolve) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(settle);
        resolve();
      };
      const timer = setTimeout(settle, patience);
      this.#waiting.add(settle);
    });
  }
}

export interface TestServerOptions {
  /** Constructor options beyond the identities and the port. */
  readonly settings?: Partial<ServerOptions>;
  /** Settings under the reference's names, such as `ConnectionType=1`. */
  readonly config?: readonly string[];
  readonly partners?: readonly Party[];
  readonly on?: Handlers;
}

export class TestServer {
  readonly server: OFTPServer;
  readonly events = new EventLog();
  /** Where received files appear. */
  readonly inbox: string;
  readonly #outbox: string;

  private constructor(options: TestServerOptions) {
    const root = temporaryFolder();
    this.inbox = join(root, 'inbox');
    this.#outbox = join(root, 'outbox');
    mkdirSync(this.inbox);
    mkdirSync(this.#outbox);
    this.server = new OFTPServer({
      localHost: '127.0.0.1',
      localPort: 0,
      serverSsidCode: HUB.code,
      serverSfidCode: HUB.code,
      serverPassword: HUB.password,
      statePath: null,
      ...options.settings,
    });
    for (const setting of options.config ?? []) this.server.config(setting);
    const admit = (event: TestEvent) => this.#admit(options, event);
    this.events.attach(this.server, { ...options.on, acceptConnection: admit });
  }

  static async start(options: TestServerOptions = {}): Promise<TestServer> {
    const started = new TestServer(options);
    onCleanUp(() => within(started.server.shutdown()));
    await started.server.startListening();
    return started;
  }

  /** Lets known partners with the right password in; then the handler of the test has its say. */
  async #admit({ partners = [PARTNER], on = {} }: TestServerOptions, event: TestEvent): Promise<void> {
    const partner = partners.find(({ code }) => code === event.clientSsidCode);
    if (partner === undefined) {
      event.accept = false;
      event.errorCode = 3;
    } else if (!event.passwordMatches(partner.password)) {
      event.accept = false;
      event.errorCode = 4;
    } else {
      event.connection.downloadDirectory = this.inbox;
    }
    await on.acceptConnection?.(event);
  }

  /** A connection on which nothing was said yet. */
  connect(): Promise<RawPeer> {
    return RawPeer.connect(this.server.localPort);
  }

  /** A connection whose ready message has been read. */
  async ready(): Promise<RawPeer> {
    const peer = await this.connect();
    await peer.expect('SSRM');
    return peer;
  }

  /** A session in which the server is idle Listener, with the SSID it answered. */
  async session(fields: SsidFields = {}): Promise<{ peer: RawPeer; answer: Received }> {
    const peer = await this.ready();
    peer.send(ssid(fields));
    return { peer, answer: await peer.expect('SSID') };
  }

  /** Writes a file to be sent; returns its path. */
  outgoing(name: string, octets: Uint8Array | string): string {
    const path = join(this.#outbox, name);
    writeFileSync(path, octets);
    return path;
  }

  /** The names of the files that have been delivered; hidden ones are still under way. */
  delivered(): string[] {
    return readdirSync(this.inbox)
      .filter((name) => !name.startsWith('.'))
      .sort();
  }

  content(name: string): Buffer {
    return readFileSync(join(this.inbox, name));
  }
}

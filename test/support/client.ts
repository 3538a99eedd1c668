/** An OFTPClient in front of a scripted responder. */
import { OFTPClient } from '../../src/index.js';
import { onCleanUp } from './cleanup.js';
import { type Outcome, outcomeOf, within } from './outcome.js';
import { HUB, PARTNER } from './parties.js';
import { type RawPeer, RawResponder } from './peer.js';
import type { Received } from './received.js';
import { EventLog, type EventName, type Handlers } from './server.js';
import { type SsidFields, ssid, ssrm } from './wire.js';

type ClientOptions = ConstructorParameters<typeof OFTPClient>[0];

/** Listeners that change nothing about what the client accepts. */
const EVENTS: readonly EventName[] = [
  'startTransfer',
  'endTransfer',
  'endResponse',
  'certificateReceived',
  'disconnected',
  'error',
];

export interface TestClientOptions {
  readonly settings?: Partial<ClientOptions>;
  readonly config?: readonly string[];
  readonly on?: Handlers;
}

export class TestClient {
  readonly client: OFTPClient;
  readonly events = new EventLog();
  readonly #responder: RawResponder;

  private constructor(responder: RawResponder, options: TestClientOptions) {
    this.#responder = responder;
    this.client = new OFTPClient({
      host: '127.0.0.1',
      port: responder.port,
      clientSsidCode: PARTNER.code,
      clientSfidCode: PARTNER.code,
      clientPassword: PARTNER.password,
      statePath: null,
      ...options.settings,
    });
    for (const setting of options.config ?? []) this.client.config(setting);
    const handlers = options.on ?? {};
    this.events.attach(this.client, handlers, [...EVENTS, ...(handlers.acceptFile ? (['acceptFile'] as const) : [])]);
  }

  static async create(options: TestClientOptions = {}): Promise<TestClient> {
    const created = new TestClient(await RawResponder.listen(), options);
    onCleanUp(() => within(created.client.shutdown()));
    return created;
  }

  /** Starts `connect` and accepts the connection; nothing has been said yet. */
  async connect(): Promise<{ peer: RawPeer; connecting: Promise<Outcome<unknown>> }> {
    const connecting = outcomeOf(this.client.connect());
    return { peer: await this.#responder.accept(), connecting };
  }

  /** Up to the SSID of the client. */
  async greeted(): Promise<{ peer: RawPeer; offer: Received; connecting: Promise<Outcome<unknown>> }> {
    const { peer, connecting } = await this.connect();
    peer.send(ssrm());
    return { peer, offer: await peer.expect('SSID'), connecting };
  }

  /** A session in which the client is idle Speaker. The answer agrees with what the client offers, but for `fields`. */
  async session(fields: SsidFields = {}): Promise<RawPeer> {
    const { peer, offer, connecting } = await this.greeted();
    const { sdeb = '', cred = '', rest = 'N', lev = '5' } = offer.fields;
    peer.send(ssid({ code: HUB.code, password: HUB.password, level: lev, sdeb, cred, rest, ...fields }));
    if (fields.level !== undefined) peer.level = Number(fields.level) as RawPeer['level'];
    const { error } = await connecting;
    if (error !== undefined) throw error;
    return peer;
  }
}

import {
  type ConnectionSettings,
  defineSettings,
  type ServerOptions,
  type ServerSettings,
  type SettingName,
  type SettingStore,
  serverSettings,
} from '../../src/settings/settings.js';

/** A server with its settings as typed properties, as the layers above make it. */
export class Server extends (Object as unknown as new () => ServerSettings) {
  readonly #store: SettingStore;
  listening = false;
  boundPort: number | undefined;

  static {
    defineSettings(Server.prototype, 'server', (server) => server.#store);
  }

  constructor(options?: ServerOptions) {
    super();
    this.#store = serverSettings(options, { frozen: () => this.listening, live: { localPort: () => this.boundPort } });
  }

  get store(): SettingStore {
    return this.#store;
  }
}

/** A connection of such a server. */
export class Connection extends (Object as unknown as new () => ConnectionSettings) {
  readonly #store: SettingStore;
  ssidSent = false;
  credit: number | undefined;
  readonly changes: SettingName[] = [];

  static {
    defineSettings(Connection.prototype, 'connection', (connection) => connection.#store);
  }

  constructor(server: Server, id: number) {
    super();
    this.#store = server.store.forConnection(id, {
      frozen: () => this.ssidSent,
      live: { creditCount: () => this.credit, receivedFileName: () => '/in/ORDERS' },
      changed: (name) => this.changes.push(name),
    });
  }

  get store(): SettingStore {
    return this.#store;
  }
}

/** An assignment that the types forbid, as JavaScript may make it. */
export function assign(target: object, property: string, value: unknown): void {
  Object.assign(target, { [property]: value });
}

/** The values of the settings: those of a server, and those of its connections, which fall back to the server's. */
import { inspect } from 'node:util';
import { OFTPError } from './errors.js';
import {
  CONNECTION_PROPERTIES,
  DEFAULTS,
  SERVER_PROPERTIES,
  SETTING_NAMES,
  SETTINGS,
  type ServerOptions,
  type SettingName,
  type SettingValue,
  type SettingValues,
} from './table.js';
import { unknownName } from './unknown-name.js';
import { checkedValue, type ExtraCheck } from './validation.js';

export type { ConnectionSettings, ServerOptions, ServerSettings, SettingName, SettingValues } from './table.js';

/** What the owner of a store knows and the store does not. All are optional, and called as methods of their object. */
export interface StoreHooks {
  /**
   * A server: whether it listens. A connection: whether its own SSID has been sent. Settings that depend on it freeze.
   */
  readonly frozen?: () => boolean;
  /**
   * Values that a reader gets instead of the stored ones: the bound port, the credit that was agreed, the name of the
   * file
   * received. `undefined` means that the stored value holds.
   */
  readonly live?: { readonly [Name in SettingName]?: () => SettingValue<Name> | undefined };
  /**
   * Further checks, of values that the table allows: what is wrong and what would be right, in sentences, or
   * `undefined`.
   * Connections use those of their server.
   */
  readonly checks?: { readonly [Name in SettingName]?: (value: SettingValue<Name>) => string | undefined };
  /** Called after a value has been written, for example to start a timer again. */
  readonly changed?: (name: SettingName) => void;
}

/** Settings of which a connection keeps the value that the server has when it is made. */
const TAKEN_ON_CONNECT = SETTING_NAMES.filter((name) => SETTINGS[name].changes === 'newConnections');

/**
 * The settings of a server, or of one connection. Whoever only reads, and often, reads `values`: plain properties,
 * where a
 * connection's object has the server's as its prototype.
 */
export class SettingStore {
  /** What has been set. Use `get` where live values count too. */
  readonly values: SettingValues;
  /** The connection whose values these are; `undefined` for a server. */
  readonly connectionId: number | undefined;
  readonly #hooks: StoreHooks;
  readonly #checks: StoreHooks['checks'];
  readonly #parent: SettingStore | undefined;

  /** Use `serverSettings()`, and `forConnection()` of its result. */
  constructor(hooks: StoreHooks, parent?: SettingStore, connectionId?: number) {
    this.values = parent === undefined ? { ...DEFAULTS } : Object.create(parent.values);
    this.connectionId = connectionId;
    this.#hooks = hooks;
    this.#checks = parent === undefined ? hooks.checks : parent.#checks;
    this.#parent = parent;
    if (parent !== undefined) for (const name of TAKEN_ON_CONNECT) this.reset(name);
  }

  /** The settings of a new connection, which start as those of this server. */
  forConnection(connectionId: number, hooks: Omit<StoreHooks, 'checks'> = {}): SettingStore {
    return new SettingStore(hooks, this, connectionId);
  }

  /** What a user sees: the live value where there is one, else the one that was set. */
  get<Name extends SettingName>(name: Name): SettingValue<Name> {
    return this.#hooks.live?.[name]?.() ?? this.values[name];
  }

  /**
   * Checks and stores a value.
   * @param spoken how the caller named the setting, for messages
   * @throws {OFTPError} 10022 for a value that the setting does not take and for one that can only be read;
   * 104, 106, 107 or 108 for one that is fixed while the server listens; 10056 for one that is fixed once the SSID has
   * been sent
   */
  set(name: SettingName, value: unknown, spoken: string = this.#spoken(name)): void {
    this.#refuseIfFixed(name, spoken);
    // Sound, because an extra check is asked only about values that have passed the table.
    const extra = this.#checks?.[name] as ExtraCheck | undefined;
    this.#store(name, checkedValue(SETTINGS[name], value, spoken, extra));
    this.#hooks.changed?.(name);
    const { implies } = SETTINGS[name];
    // The table names only settings that exist; a test holds it to that.
    if (implies && (implies.when ?? value) === value) this.set(implies.setting as SettingName, implies.value);
  }

  /** Puts a setting back: of a server to its default, of a connection to what the server has now. Checks nothing. */
  reset(name: SettingName): void {
    this.#store(name, this.#parent === undefined ? DEFAULTS[name] : this.#parent.values[name]);
  }

  /** Takes over what the owner of a shared state has decided, also while the server listens. Checks nothing. */
  adopt<Name extends SettingName>(name: Name, value: SettingValue<Name>): void {
    this.#store(name, value);
  }

  /** What is shown where a server or a client is printed: no secrets. */
  [inspect.custom](): Record<string, unknown> {
    return this.toJSON();
  }

  toJSON(): Record<string, unknown> {
    const shown = (name: SettingName): unknown => {
      const setting = SETTINGS[name];
      return setting.type === 'string' && setting.secret && this.values[name] !== '' ? '(secret)' : this.values[name];
    };
    return Object.fromEntries(SETTING_NAMES.map((name) => [name, shown(name)]));
  }

  #store(name: SettingName, value: unknown): void {
    // The only place that writes: to everybody else the values are read-only.
    (this.values as Record<SettingName, unknown>)[name] = value;
  }

  #refuseIfFixed(name: SettingName, spoken: string): void {
    const setting = SETTINGS[name];
    if (setting.changes === 'never') throw new OFTPError(10022, `${spoken} can only be read.`);
    if (!this.#hooks.frozen?.()) return;
    if (setting.changes === 'notListening') {
      throw new OFTPError(
        setting.frozenCode,
        `${spoken} cannot change while the server listens: stop listening first.`,
      );
    }
    if (setting.changes === 'beforeSession' && this.connectionId !== undefined) {
      throw new OFTPError(
        10056,
        `${spoken} cannot change any more, the SSID has been sent: set it in acceptConnection, or for the server.`,
        { connectionId: this.connectionId },
      );
    }
  }

  #spoken(name: SettingName): string {
    return this.connectionId === undefined
      ? (SETTINGS[name].onServer?.property ?? name)
      : `${name} of connection ${this.connectionId}`;
  }
}

/**
 * The settings of a new server.
 * @throws {OFTPError} 10022 for an unknown name, or a value that the setting does not take
 */
export function serverSettings(options: ServerOptions = {}, hooks: StoreHooks = {}): SettingStore {
  const store = new SettingStore(hooks);
  for (const [property, value] of Object.entries(options)) {
    const name = SERVER_PROPERTIES.get(property);
    if (name === undefined) throw unknownName('option', property, SERVER_PROPERTIES.keys());
    // In JavaScript an option that is present but undefined means: the default.
    if (value !== undefined) store.set(name, value);
  }
  return store;
}

/**
 * Gives a class the typed properties of the table, as accessors of its prototype: reading gives what `get` gives,
 * assigning
 * checks as `set` does. They are not enumerable, so that a password does not slip into a copy or a dump of the object.
 */
export function defineSettings<Instance extends object>(
  prototype: Instance,
  of: 'server' | 'connection',
  storeOf: (instance: Instance) => SettingStore,
): void {
  for (const [property, name] of of === 'server' ? SERVER_PROPERTIES : CONNECTION_PROPERTIES) {
    Object.defineProperty(prototype, property, {
      configurable: true,
      get(this: Instance) {
        return storeOf(this).get(name);
      },
      set(this: Instance, value: unknown) {
        storeOf(this).set(name, value);
      },
    });
  }
}

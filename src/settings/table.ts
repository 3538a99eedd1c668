/**
 * The table of settings. Constructor options, typed properties, `config()`, the checks, their messages and the
 * documentation all derive from it: a setting that is not here does not exist.
 */
import { CERTIFICATE_ROWS } from './certificate-rows.js';
import { FILE_ROWS } from './file-rows.js';
import { IDENTITY_ROWS } from './identity-rows.js';
import { NETWORK_ROWS } from './network-rows.js';
import { OPERATION_ROWS } from './operation-rows.js';
import type { Setting } from './row.js';
import { SECURITY_ROWS } from './security-rows.js';
import { SESSION_ROWS } from './session-rows.js';
import { TLS_ROWS } from './tls-rows.js';
import { TRUST_ROWS } from './trust-rows.js';

/** The rows by theme, in the order of the documentation. */
export const THEMES = [
  { title: 'Identity', rows: IDENTITY_ROWS },
  { title: 'Network', rows: NETWORK_ROWS },
  { title: 'Session', rows: SESSION_ROWS },
  { title: 'Files', rows: FILE_ROWS },
  { title: 'Security', rows: SECURITY_ROWS },
  { title: 'TLS', rows: TLS_ROWS },
  { title: 'Certificates', rows: CERTIFICATE_ROWS },
  { title: 'Trust', rows: TRUST_ROWS },
  { title: 'Operation', rows: OPERATION_ROWS },
] as const;

const TABLE = {
  ...IDENTITY_ROWS,
  ...NETWORK_ROWS,
  ...SESSION_ROWS,
  ...FILE_ROWS,
  ...SECURITY_ROWS,
  ...TLS_ROWS,
  ...CERTIFICATE_ROWS,
  ...TRUST_ROWS,
  ...OPERATION_ROWS,
} as const;

type Table = typeof TABLE;

/** Key of a setting: the name of its value, and of the property on a connection. */
export type SettingName = keyof Table;

type ValueOf<Row> = Row extends { type: 'boolean' }
  ? boolean
  : Row extends { type: 'integer' }
    ? number
    : Row extends { type: 'choice'; choices: infer Choices }
      ? keyof Choices
      : Row extends { type: 'strings' }
        ? readonly string[]
        : Row extends { nullable: true }
          ? string | null
          : string;

/** Type of a setting's value: boolean, number, string, one of a few words, or a list of strings. */
export type SettingValue<Name extends SettingName> = ValueOf<Table[Name]>;

/** All values under their keys, for code that reads them often. Writing goes through the store. */
export type SettingValues = { readonly [Name in SettingName]: SettingValue<Name> };

type PropertyOnServer<Name extends SettingName> = Table[Name] extends {
  onServer: { property: infer Property extends string };
}
  ? Property
  : Name;

type ReadOnlyName = { [Name in SettingName]: Table[Name] extends { changes: 'never' } ? Name : never }[SettingName];
type ConnectionName = {
  [Name in SettingName]: Table[Name] extends { scope: 'connection' } ? Name : never;
}[SettingName];
type WritableName = Exclude<SettingName, ReadOnlyName>;

/** What the constructor of a server takes: each setting that can be written; what is left out keeps its default. */
export type ServerOptions = { -readonly [Name in WritableName as PropertyOnServer<Name>]?: SettingValue<Name> };

/**
 * The typed properties of a server. Values that only a connection has (ReceivedFileName and others) are not among them.
 */
export type ServerSettings = Required<ServerOptions> & {
  readonly [Name in Exclude<ReadOnlyName, ConnectionName>]: SettingValue<Name>;
};

/** The typed properties of a connection: own values of a connection, and overrides of those of the server. */
export type ConnectionSettings = { -readonly [Name in ConnectionName & WritableName]: SettingValue<Name> } & {
  readonly [Name in ConnectionName & ReadOnlyName]: SettingValue<Name>;
};

/** Every setting by its key. */
export const SETTINGS: Readonly<Record<SettingName, Setting>> = TABLE;

export const SETTING_NAMES = Object.keys(TABLE) as readonly SettingName[];

/** The values that hold while nothing has been set; the lists among them are frozen. */
export const DEFAULTS = Object.fromEntries(
  SETTING_NAMES.map((name) => [name, Object.freeze(SETTINGS[name].default)]),
) as unknown as SettingValues;

/** Properties of a server, and the settings behind them. */
export const SERVER_PROPERTIES: ReadonlyMap<string, SettingName> = new Map(
  SETTING_NAMES.filter((name) => SETTINGS[name].scope === 'server' || SETTINGS[name].changes !== 'never').map(
    (name) => [SETTINGS[name].onServer?.property ?? name, name],
  ),
);

/** Properties of a connection, and the settings behind them. */
export const CONNECTION_PROPERTIES: ReadonlyMap<string, SettingName> = new Map(
  SETTING_NAMES.filter((name) => SETTINGS[name].scope === 'connection').map((name) => [name, name]),
);

/** Names in `config()`, in the reference's spelling, and the settings behind them. */
export const CONFIG_NAMES: ReadonlyMap<string, SettingName> = new Map(
  SETTING_NAMES.flatMap((name) => {
    const { config, onServer } = SETTINGS[name];
    return onServer === undefined
      ? [[config, name] as const]
      : [[onServer.config, name] as const, [config, name] as const];
  }),
);

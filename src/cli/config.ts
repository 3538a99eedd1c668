/** The configuration of `oftp serve`: a YAML file, and flags that win over it. */
import { open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { templateProblem } from '../files/template.js';
import type { Certificate } from '../server/certificate.js';
import { config } from '../settings/config.js';
import { OFTPError } from '../settings/errors.js';
import { type SettingStore, serverSettings } from '../settings/settings.js';
import { TLS_CHECKS } from '../transport/tls/checks.js';
import { PORT, TLS_PORT } from './address.js';
import { ConfigReader, type Section } from './config-reader.js';
import { readPartnerSecurity, readSecurity } from './config-security.js';
import { readPartnerTls, readTls, type TlsConfig } from './config-tls.js';
import {
  anyText,
  code,
  FULL_STAMP,
  listenAddress,
  pathFrom,
  RECEIVED_NAME_FORMAT,
  trueOrFalse,
  version,
  wholeNumber,
} from './config-values.js';
import { UsageError } from './exit.js';
import type { Partner } from './partners.js';
import { checkedPassword, passwordFromEnvironment, passwordFromFile } from './secret.js';

/** Flags of the command line that win over the file. */
export interface Overrides {
  readonly host?: string;
  readonly port?: number;
  readonly ssid?: string;
  readonly sfid?: string;
  readonly processes?: number;
}

export interface Config {
  /** The file, for messages. */
  readonly path: string;
  /** Settings of the server under the reference's names, as texts for `server.config()`. */
  readonly settings: ReadonlyMap<string, string>;
  readonly partners: readonly Partner[];
  /** Undefined for a server without TLS. */
  readonly tls: TlsConfig | undefined;
  /** By which files are signed and decrypted. */
  readonly certificate: Certificate | undefined;
  /** How many serve the port. */
  readonly processes: number;
  /** What the operator should know although it is no error. */
  readonly warnings: readonly string[];
}

/** More than any machine that runs this has cores to spare. */
export const PROCESSES_MAX = 64;

/** A file of partners is longer than a human writes, but far from this; beyond it the wrong file was named. */
const FILE_LENGTH_MAX = 16 * 1024 * 1024;

/** Settings that have a key of their own in the file. */
const OWN_KEYS: ReadonlyMap<string, string> = new Map([
  ['serverssidcode', 'identity.ssid'],
  ['serversfidcode', 'identity.sfid'],
  ['serversfidcodes', 'identity.sfids'],
  ['serverpassword', 'identity.password'],
  ['localhost', 'listen.host'],
  ['localport', 'listen.port'],
  ['statepath', 'statePath'],
  ['downloaddirectory', 'partners[].inbox'],
  ['usessl', 'tls'],
  ['sslauthenticateclients', 'tls.authenticateClients'],
]);

/**
 * Names that do not collide, and stamps in full: the log tells two files of one second apart. And room for partners
 * that connect at the same moment: where there is none, Linux answers with a SYN cookie and then drops the ACK, so that
 * the partner believes to be connected and waits for the SSRM until its time is up.
 */
const PRESETS: ReadonlyMap<string, string> = new Map([
  ['ConnectionBacklog', '511'],
  ['ReceivedFileNameFormat', RECEIVED_NAME_FORMAT],
  ['VirtualFileDateFormat', FULL_STAMP],
]);

/** What YAML writes for "nothing". */
const NOTHING = new Set(['', '~', 'null']);

/**
 * Reads and checks a configuration file. Relative paths in it start at its folder.
 * @throws UsageError with one line for each problem: file, line, key, value and how to put it right
 */
export async function loadConfig(path: string, overrides: Overrides = {}): Promise<Config> {
  const { text, othersMayRead } = await readText(path);
  const folder = dirname(resolve(path));
  const reader = new ConfigReader(path, text);
  // A file that YAML cannot read would only give more problems that are none.
  reader.finish();
  const { root } = reader;
  const identity = root.section('identity');
  const settings = new Map(PRESETS);
  const tls = await readTls(root, folder);
  const certificate = await readSecurity(root, folder);
  for (const [name, value] of ownSettings(root, identity, folder, overrides, tls)) settings.set(name, value);
  const processes = root.value('processes', wholeNumber(1, PROCESSES_MAX));
  const password = await secret(identity, folder);
  if (password !== undefined) settings.set('ServerPassword', password);
  identity.end();
  const store = serverSettings({}, { checks: { receivedFileNameFormat: templateProblem, ...TLS_CHECKS } });
  const others = settingTexts(root.section('settings'), store, OWN_KEYS);
  for (const [name, value] of others) settings.set(name, value);
  const partners: Partner[] = [];
  const sections = root.sections('partners');
  for (const section of sections) partners.push(await readPartner(section, folder, store, root.has('security')));
  reportConflicts(sections, partners);
  root.end();
  reader.finish();
  const exposed = othersMayRead && [identity, ...sections].some((section) => section.has('password'));
  const warnings = exposed ? [`${path} contains passwords and other users may read it: chmod 600 ${path}`] : [];
  return { path, settings, partners, tls, certificate, processes: overrides.processes ?? processes ?? 1, warnings };
}

async function readText(path: string): Promise<{ text: string; othersMayRead: boolean }> {
  try {
    const file = await open(path);
    try {
      const { size, mode } = await file.stat();
      if (size > FILE_LENGTH_MAX) throw new Error(`it has ${size} octets, at most ${FILE_LENGTH_MAX} are read`);
      return { text: await file.readFile('utf8'), othersMayRead: (mode & 0o044) !== 0 };
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new UsageError(`the configuration ${path} cannot be read: ${(error as Error).message}`);
  }
}

/** Identity, address and state, from the keys that the file has for them. */
function ownSettings(
  root: Section,
  identity: Section,
  folder: string,
  overrides: Overrides,
  tls: TlsConfig | undefined,
): [string, string][] {
  const fileSsid = identity.value('ssid', code);
  const ssid = overrides.ssid ?? fileSsid;
  const sfid = identity.value('sfid', code);
  if (ssid === undefined && !identity.has('ssid')) {
    identity.report('ssid', "missing: give the server's own identification code, as agreed with the partners");
  }
  const listen = root.section('listen');
  const host = listen.value('host', listenAddress);
  const port = listen.value('port', wholeNumber(0, 65_535));
  listen.end();
  const state = root.value('statePath', (text) => (NOTHING.has(text) ? '' : pathFrom(folder)(text)));
  return [
    ['ServerSSIDCode', ssid ?? ''],
    ['ServerSFIDCode', overrides.sfid ?? sfid ?? ssid ?? ''],
    ['ServerSFIDCodes', identity.values('sfids', code).join(',')],
    ['LocalHost', overrides.host ?? host ?? '127.0.0.1'],
    ['LocalPort', String(overrides.port ?? port ?? (tls === undefined ? PORT : TLS_PORT))],
    ['StatePath', state ?? resolve(folder, '.oftp')],
    ...(tls === undefined ? [] : tlsSettings(tls)),
  ];
}

function tlsSettings({ authenticateClients }: TlsConfig): [string, string][] {
  return [
    ['UseSSL', 'True'],
    ['SSLAuthenticateClients', String(authenticateClients)],
  ];
}

/** The password of a section, from whichever of its three keys is there; wrong ones are reported. */
async function secret(section: Section, folder: string): Promise<string | undefined> {
  const sources = {
    password: section.value('password', (text) => checkedPassword(text, 'the value')),
    passwordFile: section.value('passwordFile', pathFrom(folder)),
    passwordEnv: section.value('passwordEnv', anyText),
  };
  const [key, second] = Object.keys(sources).filter((name) => section.has(name));
  if (second !== undefined) section.report(second, `leave it out, or ${key}: there can be one password only`);
  try {
    if (sources.passwordFile !== undefined) return await passwordFromFile(sources.passwordFile);
    if (sources.passwordEnv !== undefined) return passwordFromEnvironment(sources.passwordEnv);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    section.report(key as string, error.message);
  }
  return sources.password;
}

/** Settings of the reference, each tried on `store`; the texts of those that it takes. */
function settingTexts(section: Section, store: SettingStore, ownKeys: ReadonlyMap<string, string>): [string, string][] {
  const accepted: [string, string][] = [];
  for (const { key, texts } of section.entries()) {
    const ownKey = ownKeys.get(key.toLowerCase());
    try {
      if (ownKey !== undefined) throw new UsageError(`this setting is ${ownKey} here`);
      const text = texts.join(',');
      config(`${key}=${text}`, store);
      accepted.push([key, text]);
    } catch (error) {
      if (!(error instanceof OFTPError || error instanceof UsageError)) throw error;
      section.report(key, error.message);
    }
  }
  return accepted;
}

async function readPartner(section: Section, folder: string, store: SettingStore, signs: boolean): Promise<Partner> {
  const path = pathFrom(folder);
  const partnerCode = section.value('code', code) ?? '';
  const inbox = section.value('inbox', path);
  const outbox = section.value('outbox', path);
  const password = await secret(section, folder);
  if (!section.has('code')) section.report('code', 'missing: give the SSID code of the partner');
  if (!['password', 'passwordFile', 'passwordEnv'].some((key) => section.has(key))) {
    section.report('password', 'missing: give password, passwordFile or passwordEnv');
  }
  if (!section.has('inbox')) section.report('inbox', 'missing: give the folder for files from this partner');
  if (inbox !== undefined && inbox === outbox)
    section.report('outbox', 'the inbox is the same folder: use another one');
  const partner: Partner = {
    code: partnerCode,
    password: password ?? '',
    inbox: inbox ?? '',
    outbox,
    sent: section.value('sent', path),
    failed: section.value('failed', path) ?? (outbox && resolve(outbox, 'failed')),
    minimumVersion: section.value('minimumVersion', version) ?? '1.2',
    enabled: section.value('enabled', trueOrFalse) ?? true,
    description: section.value('description', anyText) ?? '',
    tlsCertificates: await readPartnerTls(section, folder),
    ...(await readPartnerSecurity(section, folder, signs)),
    settings: settingTexts(section.section('settings'), store.forConnection(1), PARTNER_KEYS),
  };
  if (outbox === undefined) {
    for (const key of ['sent', 'failed']) if (section.has(key)) section.report(key, 'useless without outbox');
  }
  section.end();
  return partner;
}

/** Only the password of the server may differ from partner to partner, so that setting is free here. */
const PARTNER_KEYS: ReadonlyMap<string, string> = new Map([['downloaddirectory', 'inbox']]);

/** Two partners of one code, or with one outbox, out of which each would take the files of the other. */
function reportConflicts(sections: readonly Section[], partners: readonly Partner[]): void {
  const codes = new Set<string>();
  const outboxes = new Set<string>();
  for (const [index, { code: partnerCode, outbox }] of partners.entries()) {
    const section = sections[index] as Section;
    if (partnerCode !== '' && codes.has(partnerCode)) section.report('code', `'${partnerCode}' is there already`);
    if (outbox !== undefined && outboxes.has(outbox)) section.report('outbox', 'another partner has this folder');
    codes.add(partnerCode);
    if (outbox !== undefined) outboxes.add(outbox);
  }
}

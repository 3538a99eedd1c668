/** A server that runs as its configuration says: partners, folders, log, reload, stop. */
import { joinState } from '../cluster/join-state.js';
import { ALONE } from '../locks/locks.js';
import { OFTPServer } from '../server/server.js';
import { OFTPError } from '../settings/errors.js';
import { formatAddress } from './address.js';
import type { Config } from './config.js';
import { makeFolder } from './folders.js';
import { Journal } from './journal.js';
import type { Log, LogLevel } from './log.js';
import { Outboxes } from './outbox.js';
import { Partners } from './partners.js';
import { counted } from './terminal.js';

/** What LogLevel has to be for the library to tell what a level of this log wants to hear. */
const LIBRARY_LOG: Readonly<Partial<Record<LogLevel, string>>> = { debug: 'info', trace: 'verbose' };

/** Errors of settings that cannot change while the server listens. */
const FIXED_WHILE_LISTENING: ReadonlySet<number> = new Set([104, 106, 107, 108]);

export class Station {
  readonly #server: OFTPServer;
  readonly #log: Log;
  readonly #partners = new Partners();
  readonly #sharesState: boolean;
  #outboxes = new Outboxes(ALONE);
  readonly #journal: Journal;
  #config: Config;

  /** @param sharesState this is a worker of a cluster */
  constructor(config: Config, log: Log, sharesState = false) {
    this.#server = new OFTPServer({ sharedState: sharesState });
    this.#sharesState = sharesState;
    this.#config = config;
    this.#log = log;
    this.#journal = new Journal(this.#server, this.#partners, log);
  }

  /** Where clients connect; the bound address, once the server listens. */
  get address(): string {
    return formatAddress({ host: this.#server.localHost || '0.0.0.0', port: this.#server.localPort });
  }

  get ssid(): string {
    return this.#server.serverSsidCode;
  }

  get sfid(): string {
    return this.#server.serverSfidCode;
  }

  /**
   * Creates the folders and listens.
   * @throws OFTPError of `startListening`, Error of the file system
   */
  async start(): Promise<void> {
    await makeFolders(this.#config);
    for (const [name, text] of this.#config.settings) this.#server.config(`${name}=${text}`);
    this.#useCertificates(this.#config);
    this.#partners.replace(this.#config.partners);
    this.#handle();
    this.#journal.attach();
    for (const warning of this.#config.warnings) this.#log.warn(warning);
    if (this.#sharesState) this.#outboxes = new Outboxes((await joinState()).locks);
    await this.#server.startListening();
    const { partners } = this.#config;
    const enabled = partners.filter((partner) => partner.enabled).length;
    this.#log.info(
      { address: this.address, ssid: this.ssid, sfid: this.sfid, partners: enabled },
      `listening on ${this.address} as SSID ${this.ssid}, SFID ${this.sfid}, for ${counted(enabled, 'partner')}`,
    );
    if (enabled === 0) this.#log.warn('nobody is let in: the configuration has no enabled partner');
  }

  /**
   * Takes over partners and settings without touching a session. With a file that is wrong everything stays, and the
   * log says what is wrong; it never rejects.
   */
  async reload(load: () => Promise<Config>): Promise<void> {
    const { path } = this.#config;
    try {
      const config = await load();
      await makeFolders(config);
      this.#changeSettings(this.#config.settings, config.settings);
      this.#useCertificates(config);
      this.#partners.replace(config.partners);
      this.#config = config;
    } catch (error) {
      this.#log.error({ path }, `not reloaded, the configuration stays what it was: ${(error as Error).message}`);
      return;
    }
    const { partners, warnings } = this.#config;
    for (const warning of warnings) this.#log.warn(warning);
    this.#log.info({ path, partners: partners.length }, `reloaded ${path}: ${counted(partners.length, 'partner')}`);
  }

  /** Stops listening, ends all sessions and settles when they are gone. */
  async stop(): Promise<void> {
    const sessions = this.#server.connections.size;
    this.#log.info({ sessions }, `stopping, ${counted(sessions, 'connection')} open`);
    await this.#server.shutdown();
    this.#journal.detach();
    this.#log.info('stopped');
  }

  #handle(): void {
    const server = this.#server;
    server.on('acceptConnection', (event) => {
      const answer = this.#partners.admit(event);
      if ('reason' in answer) this.#journal.refused(event, answer);
    });
    server.on('readyToSend', async ({ connection }) => {
      const partner = this.#partners.of(connection);
      if (partner?.outbox === undefined) return;
      await this.#outboxes.at(partner.outbox).deliver({ connection, partner, log: this.#log });
    });
    const trail = LIBRARY_LOG[this.#log.level as LogLevel];
    if (trail === undefined) return;
    server.config(`LogLevel=${trail}`);
    server.on('log', ({ connection, message }) => {
      const partner = this.#partners.of(connection)?.code;
      const about = { ...(partner === undefined ? {} : { partner }), connection: connection?.id };
      this.#log.debug(about, connection === null ? message : `#${connection.id} ${message}`);
    });
  }

  /** New connections get the certificates as the files have them now. */
  #useCertificates({ tls, certificate }: Config): void {
    this.#server.certificate = certificate ?? null;
    if (tls === undefined) return;
    this.#server.sslCertificate = tls.certificates;
    this.#server.trustedCertificates = tls.trusted;
  }

  /** Settings that went go back to their defaults, those that came or changed are set. */
  #changeSettings(before: Config['settings'], after: Config['settings']): void {
    const defaults = new OFTPServer();
    for (const name of before.keys()) if (!after.has(name)) this.#change(name, defaults.config(name));
    for (const [name, text] of after) if (before.get(name) !== text) this.#change(name, text);
  }

  #change(name: string, text: string): void {
    try {
      this.#server.config(`${name}=${text}`);
      this.#log.info({ setting: name }, `${name} has changed`);
    } catch (error) {
      if (!(error instanceof OFTPError && FIXED_WHILE_LISTENING.has(error.code))) throw error;
      this.#log.warn({ setting: name }, `${name} has changed in the file: restart the server for it`);
    }
  }
}

async function makeFolders({ partners }: Config): Promise<void> {
  for (const { inbox, outbox, sent, failed } of partners) {
    for (const folder of [inbox, outbox, sent, failed]) {
      if (folder === undefined) continue;
      await makeFolder(folder);
    }
  }
}

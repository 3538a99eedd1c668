import type { TLSSocket } from 'node:tls';
import { systemError } from '../settings/errors.js';
import type { SettingName, SettingStore } from '../settings/settings.js';
import { trustAnchors } from '../transport/tls/anchors.js';
import { createContext, type TlsContext } from '../transport/tls/context.js';
import { appendKeyLog } from '../transport/tls/key-log.js';
import { describeNegotiated, negotiatedOf } from '../transport/tls/negotiated.js';
import type { TlsListeners } from '../transport/tls/server-handshake.js';
import {
  type CertificateProblem,
  certificateProblems,
  type PeerEvidence,
  withoutOverlooked,
} from '../transport/tls/verdict.js';
import { Certificate } from './certificate.js';
import type { CertificateSlot } from './certificates.js';
import type { OFTPConnection } from './connection.js';
import type { ConnectionTls } from './connection-tls.js';
import type { EventHub } from './event-hub.js';
import { checkedTrust, tlsIdentities, trustedX509 } from './tls-certificates.js';
import { AlternativeContexts, TlsContexts } from './tls-contexts.js';
import { KnownIssuers } from './tls-issuers.js';

/** Settings of TLS that a context is not made of. */
const NOT_IN_CONTEXT: ReadonlySet<SettingName> = new Set([
  'sslBindClientCertificate',
  'sslCheckCrl',
  'sslCheckOcsp',
  'sslIncludeCertChain',
  'sslKeyLogFile',
  'sslSecurityFlags',
]);

/** A connection, or something that it is made of, concerns TLS. */
const isOfTls = (name: SettingName): boolean => /^(?:ssl|tls1|openSsl|reuseSsl)/.test(name);

/** What a server or client has and does for TLS in either role. */
export class TlsSide {
  readonly #endpoint: EventHub;
  readonly #peers: PeerEvidence['role'];
  readonly #contexts: TlsContexts;
  readonly #alternatives = new AlternativeContexts();
  readonly #issuers = new KnownIssuers();
  #certificate: CertificateSlot = null;
  #trusted = checkedTrust([]);

  /** @param peers who the other sides are */
  constructor(endpoint: EventHub, peers: PeerEvidence['role']) {
    this.#endpoint = endpoint;
    this.#peers = peers;
    this.#contexts = new TlsContexts(
      () => this.#makeContext(),
      (error) => endpoint.raise(error, null),
    );
  }

  get certificate(): CertificateSlot {
    return this.#certificate;
  }

  set certificate(value: CertificateSlot) {
    tlsIdentities(value, 'sslCertificate');
    this.#certificate = Array.isArray(value) ? Object.freeze([...value]) : value;
    this.#contexts.invalidate();
  }

  get trusted(): readonly Certificate[] {
    return this.#trusted;
  }

  set trusted(value: readonly Certificate[]) {
    this.#trusted = checkedTrust(value);
    this.#contexts.invalidate();
  }

  /** A setting has been written. */
  settingChanged(name: SettingName): void {
    if (isOfTls(name) && !NOT_IN_CONTEXT.has(name)) this.#contexts.invalidate();
  }

  /** Makes sure that there is a context of the settings as they are now. @throws OFTPError when there cannot be one */
  async prepare(): Promise<void> {
    const { remarks } = await this.#contexts.renew();
    for (const remark of remarks) this.#endpoint.log(1, remark, 'Info', null);
  }

  context(): Promise<TlsContext> {
    return this.#contexts.get();
  }

  /**
   * The context with another certificate than `sslCertificate`.
   *
   * @throws OFTPError 690 for a certificate that cannot be presented
   */
  async contextWith(certificate: Certificate): Promise<TlsContext> {
    const identities = tlsIdentities(certificate, 'certificate');
    const base = await this.context();
    return this.#alternatives.get(base, certificate.fingerprint256, () =>
      createContext(this.#settings.values, identities, base.anchors),
    );
  }

  /** Milliseconds that a handshake may take. */
  limits(): { readonly deadline: number; readonly silence: number } {
    const { timeout, defaultConnectionTimeout } = this.#settings.values;
    return { deadline: timeout * 1000, silence: defaultConnectionTimeout * 1000 };
  }

  tellStatus(connection: OFTPConnection, message: string): void {
    this.#endpoint.tell('sslStatus', { connectionId: connection.id, connection, message });
  }

  /** What is to be heard of the handshake and the records of a connection. */
  listeners(connection: OFTPConnection): TlsListeners {
    const { logSslPackets, sslKeyLogFile } = this.#settings.values;
    return {
      onRecord: logSslPackets ? (message) => this.tellStatus(connection, message) : undefined,
      onKeyLog: sslKeyLogFile === '' ? undefined : (line) => this.#logKey(sslKeyLogFile, line, connection),
    };
  }

  /** What is wrong with the certificate of a peer and is not overlooked. */
  async problems(evidence: PeerEvidence): Promise<readonly CertificateProblem[]> {
    const { values } = this.#settings;
    const flags = values.sslSecurityFlags;
    const found = certificateProblems(evidence, flags, Date.now());
    return withoutOverlooked([...found, ...(await this.#endpoint.trust.judge(evidence, values))], flags);
  }

  /** What a client has shown, with the issuers that it has sent along when its session was agreed on. */
  completed(evidence: PeerEvidence | undefined, context: TlsContext): PeerEvidence | undefined {
    return evidence && this.#issuers.complete(evidence, context);
  }

  /** Notes and tells what the handshake of a connection has come to. */
  established(
    connection: OFTPConnection,
    stream: TLSSocket,
    evidence: PeerEvidence | undefined,
    status: string,
  ): ConnectionTls {
    const peerCertificate = evidence === undefined ? null : certificateOf(evidence);
    const tls = Object.freeze({ ...negotiatedOf(stream), peerCertificate, peerCertificateStatus: status });
    connection.facts.tls = tls;
    this.tellStatus(connection, describeNegotiated(tls));
    if (status !== '') {
      this.tellStatus(connection, `${this.#peers} certificate "${peerCertificate?.subject ?? ''}": ${status}`);
    }
    return tls;
  }

  get #settings(): SettingStore {
    return this.#endpoint.settings;
  }

  async #makeContext(): Promise<TlsContext> {
    const { values } = this.#settings;
    const identities = tlsIdentities(this.#certificate, 'sslCertificate');
    const judges = this.#peers === 'server' || values.sslAuthenticateClients;
    const anchors = judges ? await trustAnchors(values, this.#peers, this.#trusted.map(trustedX509)) : [];
    return createContext(values, identities, anchors);
  }

  #logKey(path: string, line: Buffer, connection: OFTPConnection): void {
    try {
      appendKeyLog(path, line);
    } catch (error) {
      this.#endpoint.raise(systemError(error as NodeJS.ErrnoException, `writing SSLKeyLogFile ${path}`), connection);
    }
  }
}

/** The certificate of a peer as the program sees certificates. */
function certificateOf({ certificate }: PeerEvidence): Certificate {
  return Certificate.loadSync({ storeType: 'publicKeyBlob', store: certificate.raw });
}

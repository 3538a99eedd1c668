/** Whom a server or client trusts, and what it makes of a certificate by that. */
import type { X509Certificate } from 'node:crypto';
import { WorkerPool } from '../pool/worker-pool.js';
import { type ChainVerdict, checkChain } from '../security/trust/chain.js';
import { askCrl, type CrlQuestion } from '../security/trust/crl.js';
import type { Problem } from '../security/trust/problem.js';
import type { Purpose } from '../security/trust/purpose.js';
import { RevocationChecker, withoutIssuer } from '../security/trust/revocation.js';
import type { RevocationAnswer } from '../security/trust/revocation-answer.js';
import { OFTPError } from '../settings/errors.js';
import type { SettingStore } from '../settings/settings.js';
import { fetchOctets } from '../transport/fetch.js';
import type { CertificateJudge, CertificateProblem as TlsProblem } from '../transport/tls/verdict.js';
import { Certificate } from './certificate.js';
import { trustedX509 } from './tls-certificates.js';
import { TrustImporter } from './trust-import.js';

/** What a certificate lacks to be trusted. */
export type CertificateProblem = Problem;

/** What the trust of a server or client needs of it. */
export interface TrustHost {
  settings(): SettingStore;
  trusted(): readonly Certificate[];
  setTrusted(certificates: readonly Certificate[]): void;
  log(message: string): void;
  /** The pool of the sessions, if there are any. */
  pool(): Promise<WorkerPool | undefined>;
}

const MEBIBYTE = 1_048_576;
/** Lists above so many octets are searched in another thread. */
const INLINE_OCTETS_MAX = 262_144;
const OCSP_OCTETS_MAX = 65_536;

/** Raises an `error` event, for the connection concerned if there is one. */
export type Report = (error: OFTPError) => void;

export class Trust {
  readonly #host: TrustHost;
  readonly #importer: TrustImporter;
  readonly #revocation: RevocationChecker;
  /** Fingerprints of roots that must not issue to partners themselves. */
  #notIssuing: ReadonlySet<string> = new Set();
  /** Fingerprints of what the last import has brought. */
  #imported: ReadonlySet<string> = new Set();
  #decoded: { readonly of: readonly Certificate[]; readonly anchors: readonly X509Certificate[] } = {
    of: [],
    anchors: [],
  };

  constructor(host: TrustHost) {
    this.#host = host;
    this.#importer = new TrustImporter(
      (work) => this.#withPool(work),
      (message) => host.log(message),
    );
    this.#revocation = new RevocationChecker({
      fetchCrl: (url) => this.#fetch(url, 'application/pkix-crl, */*'),
      askResponder: (url, request) => this.#fetch(url, 'application/ocsp-response', request),
      askCrl: (question) => this.#askCrl(question),
      now: Date.now,
    });
  }

  /** Replaces what an earlier import has brought; what the program has added stays. */
  async import(): Promise<void> {
    const { certificates, notIssuing } = await this.#importer.import(this.#host.settings().values);
    const fresh = certificates.map((der) => Certificate.loadSync({ storeType: 'publicKeyBlob', store: der }));
    const brought = new Set(fresh.map(({ fingerprint256 }) => fingerprint256));
    const added = this.#host
      .trusted()
      .filter(({ fingerprint256 }) => !this.#imported.has(fingerprint256) && !brought.has(fingerprint256));
    this.#imported = brought;
    this.#notIssuing = new Set(notIssuing);
    this.#host.setTrusted([...added, ...fresh]);
  }

  /**
   * Looks at a certificate that is being assigned: chain, dates and usage. Whether it is revoked is found out when it
   * is used.
   *
   * @param name of the property, for the message
   * @throws OFTPError 690 when it is not trusted, unless FailOnUntrustedCert is off
   */
  admit(certificate: Certificate, name: string, purpose: Purpose | undefined, report: Report): void {
    if (this.#host.trusted().length === 0) return;
    const { problems } = this.#chainOf(certificate.encoded, purpose, certificate.issuers);
    if (problems.length === 0) return;
    const error = new OFTPError(690, `${name} is not trusted: ${wordsFor(problems)}`);
    if (this.#host.settings().values.failOnUntrustedCert) throw error;
    report(error);
  }

  /** Everything that is wrong with a certificate, revocation included; empty when it is good. */
  async problems(certificate: Certificate, purpose: Purpose | undefined): Promise<readonly CertificateProblem[]> {
    const { problems, chain } = this.#chainOf(certificate.encoded, purpose, certificate.issuers);
    // Whom nobody vouches for, nobody can revoke; nor is anything fetched for a stranger.
    return problems.length > 0 ? problems : this.#revocation.problemsWherePossible(chain);
  }

  /**
   * Of certificates (DER) about to be used, those that may be: without trusted certificates all of them, otherwise
   * those that are not revoked. That it cannot be found out is an `error`, and no reason to stop.
   *
   * @throws OFTPError 690 when none is left
   */
  async usable(certificates: readonly Uint8Array[], report: Report): Promise<readonly Uint8Array[]> {
    if (this.#host.trusted().length === 0 || certificates.length === 0) return certificates;
    const good: Uint8Array[] = [];
    let refusal: OFTPError | undefined;
    for (const certificate of certificates) {
      const { problems, chain } = this.#chainOf(certificate, undefined);
      // What was not trusted when it was assigned, and assigned all the same, was reported then.
      const found = problems.length > 0 ? [] : await this.#revocation.problemsWherePossible(chain);
      const error = new OFTPError(690, `recipientCertificate cannot be relied on: ${wordsFor(found)}`);
      const refused = found.some(({ kind }) => kind === 'revoked') && this.#host.settings().values.failOnUntrustedCert;
      if (refused) refusal = error;
      else good.push(certificate);
      if (found.length > 0 && !(refused && good.length === 0)) report(error);
    }
    if (good.length === 0 && refusal !== undefined) throw refusal;
    return good;
  }

  #chainOf(
    certificate: Uint8Array,
    purpose: Purpose | undefined,
    issuers: readonly X509Certificate[] = [],
  ): ChainVerdict {
    return checkChain({
      certificate,
      intermediates: issuers.map(({ raw }) => raw),
      anchors: this.#anchors(),
      notIssuing: this.#notIssuing,
      at: new Date(),
      purpose,
      selfSigned: 'accepted',
    });
  }

  /**
   * What OpenSSL does not look at in the certificate of a TLS peer: revocation, as SSLCheckCRL and SSLCheckOCSP say,
   * and roots of the trust list that must not issue to partners.
   */
  readonly judge: CertificateJudge = async (evidence, { sslCheckCrl, sslCheckOcsp }) => {
    const { problems, chain } = checkChain({
      certificate: evidence.certificate.raw,
      intermediates: evidence.issuers.map(({ raw }) => raw),
      anchors: evidence.anchors,
      notIssuing: this.#notIssuing,
      at: new Date(),
      selfSigned: 'anchorsOnly',
    });
    const found = problems.filter(({ kind }) => kind === 'notIssuing').map(({ message }) => issuerProblem(message));
    const rules = { crl: sslCheckCrl, ocsp: sslCheckOcsp };
    // Nothing is fetched for strangers: whoever nobody vouches for cannot be revoked by anybody either.
    const vouched = !problems.some(({ kind }) => NOT_VOUCHED_FOR.has(kind));
    // OpenSSL has found an issuer that this search has not: what cannot be looked up must not pass for looked up.
    const revoked =
      vouched || evidence.verification !== undefined
        ? await this.#revocation.problems(vouched ? chain : chain.slice(0, 1), rules)
        : withoutIssuer(chain, rules);
    return [...found, ...revoked.map(tlsProblem)];
  };

  /** Decoded once for each list of trusted certificates: there may be hundreds. */
  #anchors(): readonly X509Certificate[] {
    const trusted = this.#host.trusted();
    if (this.#decoded.of !== trusted) {
      this.#decoded = { of: trusted, anchors: trusted.map(trustedX509) };
    }
    return this.#decoded.anchors;
  }

  async #fetch(url: string, accept: string, request?: Uint8Array): Promise<Uint8Array> {
    const { fetchTimeout, fetchMaxSize, fetchPrivateAddresses } = this.#host.settings().values;
    const { octets } = await fetchOctets({
      url,
      accept,
      body: request,
      contentType: 'application/ocsp-request',
      lengthMax: request === undefined ? fetchMaxSize * MEBIBYTE : OCSP_OCTETS_MAX,
      deadline: fetchTimeout * 1000,
      redirects: 'always',
      privateAddresses: fetchPrivateAddresses ? 'allowed' : 'refused',
    });
    return octets;
  }

  async #askCrl(question: CrlQuestion): Promise<RevocationAnswer> {
    if (question.crl.length <= INLINE_OCTETS_MAX) return askCrl(question);
    return this.#withPool((pool) => pool.run('askCrl', question));
  }

  /** The threads of the sessions, or one of its own where there are none yet. */
  async #withPool<T>(work: (pool: WorkerPool) => Promise<T>): Promise<T> {
    const shared = await this.#host.pool();
    if (shared !== undefined) return work(shared);
    const pool = new WorkerPool({ threads: 1 });
    try {
      return await work(pool);
    } finally {
      await pool.close();
    }
  }
}

const NOT_VOUCHED_FOR: ReadonlySet<Problem['kind']> = new Set(['malformed', 'selfSigned', 'unknownIssuer']);

const issuerProblem = (text: string): TlsProblem => ({ kind: 'issuer', text });

const tlsProblem = ({ kind, message: text }: Problem): TlsProblem => ({
  kind: kind === 'revoked' ? 'revoked' : 'revocationUnknown',
  text,
});

const wordsFor = (problems: readonly Problem[]): string => problems.map(({ message }) => message).join('; ');

// Whether certificates of a chain have been revoked: asks lists and responders, and remembers what they said.
import { randomBytes } from 'node:crypto';
import type { CrlQuestion } from './crl.js';
import { ExpiringCache } from './expiring-cache.js';
import type { CertificateFacts } from './facts.js';
import { ocspRequest, readOcspResponse } from './ocsp.js';
import type { Problem } from './problem.js';
import type { RevocationAnswer } from './revocation-answer.js';

/** `whenSupported`: where the certificate names a list or a responder. `required`: it must name one. */
export type RevocationCheck = 'off' | 'whenSupported' | 'required';

export interface RevocationRules {
  readonly crl: RevocationCheck;
  readonly ocsp: RevocationCheck;
}

/** What comes from outside. */
export interface RevocationSources {
  /** The list at a URL. Rejects with a message that names the URL. */
  readonly fetchCrl: (url: string) => Promise<Uint8Array>;
  /** A responder's answer (DER). Rejects likewise. */
  readonly askResponder: (url: string, request: Uint8Array) => Promise<Uint8Array>;
  /** `askCrl`, here or in another thread. */
  readonly askCrl: (question: CrlQuestion) => Promise<RevocationAnswer>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Lists kept, in octets. */
const LISTS_OCTETS_MAX = 64 * 1_048_576;
const ANSWERS_MAX = 10_000;
/** An authority that revokes in an emergency must be heard, however long its last word was meant to hold. */
const KEPT_MAX_MS = 24 * 3_600_000;
/** How long an authority that cannot be reached is left alone. */
const RETRY_MS = 60_000;
/** Places that are tried for one certificate. */
const URLS_MAX = 4;
/** Questions on their way to the network. */
const FETCHES_MAX = 32;

type Kind = 'crl' | 'ocsp';

/** One for all connections of a server or client. */
export class RevocationChecker {
  readonly #sources: RevocationSources;
  readonly #lists = new ExpiringCache<Uint8Array>(LISTS_OCTETS_MAX);
  readonly #answers = new ExpiringCache<RevocationAnswer>(ANSWERS_MAX);
  readonly #underWay = new Map<string, Promise<RevocationAnswer>>();

  constructor(sources: RevocationSources) {
    this.#sources = sources;
  }

  /**
   * What is wrong with a chain that has been checked in all other respects. The rules are about its first certificate;
   * authorities below the anchor are looked up where they name a list or a responder.
   */
  async problems(chain: readonly CertificateFacts[], rules: RevocationRules): Promise<readonly Problem[]> {
    const problems: Problem[] = [];
    const [pinned] = chain;
    if (chain.length === 1 && pinned && (rules.crl === 'required' || rules.ocsp === 'required')) {
      const message = `nobody is known who could tell whether "${pinned.subject}" is revoked`;
      return [{ kind: 'revocationUnknown', message }];
    }
    for (const [at, facts] of chain.slice(0, -1).entries()) {
      for (const kind of ['crl', 'ocsp'] as const) {
        if (rules[kind] === 'off') continue;
        const rule = at === 0 ? rules[kind] : 'whenSupported';
        problems.push(...(await this.#problem(kind, facts, chain[at + 1] as CertificateFacts, rule)));
      }
    }
    return problems;
  }

  /**
   * As `problems`, for certificates of files and sessions: where one names a list or a responder it is asked, the
   * responder only if there is no list to believe.
   */
  async problemsWherePossible(chain: readonly CertificateFacts[]): Promise<readonly Problem[]> {
    const problems: Problem[] = [];
    for (const [at, facts] of chain.slice(0, -1).entries()) {
      const issuer = chain[at + 1] as CertificateFacts;
      const byList = await this.#problem('crl', facts, issuer, 'whenSupported');
      const open = facts.crlUrls.length === 0 || byList.some(({ kind }) => kind === 'revocationUnknown');
      const byResponder = open ? await this.#problem('ocsp', facts, issuer, 'whenSupported') : byList;
      // The responder has the last word where it has one.
      problems.push(...(facts.ocspUrls.length === 0 ? byList : byResponder));
    }
    return problems;
  }

  async #problem(
    kind: Kind,
    facts: CertificateFacts,
    issuer: CertificateFacts,
    rule: RevocationCheck,
  ): Promise<Problem[]> {
    const urls = kind === 'crl' ? facts.crlUrls : facts.ocspUrls;
    const { subject } = facts;
    if (urls.length === 0) {
      const source = kind === 'crl' ? 'revocation list (CRL distribution point)' : 'OCSP responder';
      return rule === 'required'
        ? [{ kind: 'revocationUnknown', message: `"${subject}" names no ${source}, but one is required` }]
        : [];
    }
    const answer = await this.#answer(kind, facts, issuer, urls.slice(0, URLS_MAX));
    if (answer.status === 'good') return [];
    if (answer.status === 'unknown') {
      return [
        {
          kind: 'revocationUnknown',
          message: `whether "${subject}" is revoked could not be found out: ${answer.message}`,
        },
      ];
    }
    const since = answer.since === undefined ? '' : ` since ${answer.since.toISOString()}`;
    return [{ kind: 'revoked', message: `"${subject}" is revoked${since} (${answer.reason})` }];
  }

  /** Asked once at a time, and kept for as long as it holds. */
  async #answer(
    kind: Kind,
    facts: CertificateFacts,
    issuer: CertificateFacts,
    urls: readonly string[],
  ): Promise<RevocationAnswer> {
    const key = `${kind} ${facts.x509.fingerprint256} ${issuer.x509.fingerprint256}`;
    const known = this.#answers.get(key, this.#sources.now()) ?? this.#underWay.get(key);
    if (known !== undefined) return known;
    if (this.#underWay.size >= FETCHES_MAX)
      return { status: 'unknown', message: `${FETCHES_MAX} other questions are under way` };
    const asking = this.#ask(kind, facts, issuer, urls).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, asking);
    const answer = await asking;
    const now = this.#sources.now();
    const until = answer.status === 'unknown' ? now + RETRY_MS : Math.min(answer.until.getTime(), now + KEPT_MAX_MS);
    this.#answers.set(key, answer, until);
    return answer;
  }

  /** The first place that gives an answer to believe decides. */
  async #ask(
    kind: Kind,
    facts: CertificateFacts,
    issuer: CertificateFacts,
    urls: readonly string[],
  ): Promise<RevocationAnswer> {
    const failures: string[] = [];
    for (const url of urls) {
      try {
        const answer = await (kind === 'crl'
          ? this.#askList(url, facts, issuer)
          : this.#askResponder(url, facts, issuer));
        if (answer.status !== 'unknown') return answer;
        failures.push(`${kind === 'crl' ? 'the list' : 'the responder'} ${url} ${answer.message}`);
      } catch (error) {
        failures.push((error as Error).message);
      }
    }
    return { status: 'unknown', message: failures.join('; ') };
  }

  async #askList(url: string, facts: CertificateFacts, issuer: CertificateFacts): Promise<RevocationAnswer> {
    const { fetchCrl, askCrl, now } = this.#sources;
    const kept = this.#lists.get(url, now());
    const crl = kept ?? (await fetchCrl(url));
    const at = new Date(now());
    const answer = await askCrl({ crl, certificate: facts.x509.raw, issuer: issuer.x509.raw, at });
    // Only what is signed and in date is kept: anybody may put anything at a URL.
    if (kept === undefined && answer.status !== 'unknown') {
      this.#lists.set(url, crl, Math.min(answer.until.getTime(), at.getTime() + KEPT_MAX_MS), crl.length);
    }
    return answer;
  }

  async #askResponder(url: string, facts: CertificateFacts, issuer: CertificateFacts): Promise<RevocationAnswer> {
    const subject = { certificate: facts.x509.raw, issuer: issuer.x509.raw, nonce: randomBytes(16) };
    const response = await this.#sources.askResponder(url, ocspRequest(subject));
    return readOcspResponse(response, subject, new Date(this.#sources.now()));
  }
}

/** What the rules have to say about a certificate whose issuer, the only one who could revoke it, is not at hand. */
export function withoutIssuer([facts]: readonly CertificateFacts[], { crl, ocsp }: RevocationRules): Problem[] {
  const asks = (rule: RevocationCheck, urls: readonly string[] = []): boolean =>
    rule === 'required' || (rule === 'whenSupported' && urls.length > 0);
  if (!asks(crl, facts?.crlUrls) && !asks(ocsp, facts?.ocspUrls)) return [];
  const message = `whether "${facts?.subject}" is revoked could not be found out: its issuer was not sent along`;
  return [{ kind: 'revocationUnknown', message }];
}

// From a certificate to an anchor: the path of issuers, and what is wrong along it (RFC 5280 §6.1).
import type { X509Certificate } from 'node:crypto';
import { type CertificateFacts, factsOf, isSame, isSelfSigned, isSignedBy, KEY_USAGE } from './facts.js';
import { forbiddenName } from './name-constraints.js';
import type { Problem } from './problem.js';
import type { Purpose } from './purpose.js';
import { weakHashOf, weakKeyOf } from './strength.js';
import { usageProblems } from './usage.js';

export interface ChainOptions {
  /** DER. */
  readonly certificate: Uint8Array;
  /** Certificates (DER) that may lead to an anchor; nothing is trusted for being among them. */
  readonly intermediates: readonly Uint8Array[];
  /** What is trusted: roots, authorities below a root, and single certificates of partners. */
  readonly anchors: readonly X509Certificate[];
  /** Fingerprints of anchors that vouch for other anchors only, and must not have issued the certificate itself. */
  readonly notIssuing?: ReadonlySet<string> | undefined;
  readonly at: Date;
  /** Left out: any. */
  readonly purpose?: Purpose | undefined;
  /** Whether a self-signed certificate needs no issuer: where the operator assigned it, which pins it. */
  readonly selfSigned: 'accepted' | 'anchorsOnly';
}

export interface ChainVerdict {
  /** Empty: the certificate is good. */
  readonly problems: readonly Problem[];
  /** The certificate, its issuers, and the anchor last if one was reached. */
  readonly chain: readonly CertificateFacts[];
}

/** The certificate and its issuers; longer ones exist in attacks only. */
const CHAIN_LENGTH_MAX = 8;
/** Signatures verified for one verdict: cross-certificates must not make the search explode. */
const SIGNATURES_MAX = 64;
const INTERMEDIATES_MAX = 32;

/** Whether a certificate is good at a time, and why not. Never throws for what a peer sent. */
export function checkChain(options: ChainOptions): ChainVerdict {
  let leaf: CertificateFacts;
  try {
    leaf = factsOf(options.certificate);
  } catch (error) {
    return {
      problems: [{ kind: 'malformed', message: `the certificate cannot be read: ${(error as Error).message}` }],
      chain: [],
    };
  }
  const search = new PathSearch(options);
  const path = search.from(leaf);
  const own = [...ownProblems(leaf, options.at), ...(options.purpose ? usageProblems(leaf, options.purpose) : [])];
  return { problems: [...own, ...path.problems], chain: path.chain };
}

interface Path {
  readonly chain: readonly CertificateFacts[];
  readonly problems: readonly Problem[];
}

/** Depth first; the first path without problems wins, otherwise the one that came nearest. */
class PathSearch {
  readonly #options: ChainOptions;
  readonly #anchors: readonly X509Certificate[];
  readonly #intermediates: readonly CertificateFacts[];
  #signaturesLeft = SIGNATURES_MAX;

  constructor(options: ChainOptions) {
    this.#options = options;
    this.#anchors = options.anchors;
    this.#intermediates = options.intermediates.slice(0, INTERMEDIATES_MAX).flatMap(factsOrNothing);
  }

  from(leaf: CertificateFacts): Path {
    // Whoever is trusted by name needs no issuer, and no strong signature of one.
    if (this.#isAnchor(leaf)) return { chain: [leaf], problems: [] };
    if (isSelfSigned(leaf)) return this.#selfSigned(leaf);
    return this.#upwards([leaf]);
  }

  #selfSigned(leaf: CertificateFacts): Path {
    if (this.#options.selfSigned === 'accepted') return { chain: [leaf], problems: [] };
    const message = `"${leaf.subject}" is self-signed and not one of the trusted certificates`;
    return { chain: [leaf], problems: [{ kind: 'selfSigned', message }] };
  }

  #upwards(chain: readonly CertificateFacts[]): Path {
    const last = chain.at(-1) as CertificateFacts;
    let nearest: Path | undefined;
    if (chain.length < CHAIN_LENGTH_MAX) {
      for (const issuer of this.#issuersOf(last, chain)) {
        const next = [...chain, issuer];
        const path = this.#isAnchor(issuer) ? { chain: next, problems: this.#pathProblems(next) } : this.#upwards(next);
        if (path.problems.length === 0) return path;
        nearest = nearer(nearest, path);
      }
    }
    const message = `the issuer of "${last.subject}" is unknown: "${last.issuer}" is not among the trusted ones`;
    return nearest ?? { chain, problems: [{ kind: 'unknownIssuer', message }] };
  }

  *#issuersOf(facts: CertificateFacts, chain: readonly CertificateFacts[]): Generator<CertificateFacts> {
    const fromAnchors = this.#anchors
      .filter((anchor) => mayHaveIssued(anchor, facts))
      .flatMap(({ raw }) => factsOrNothing(raw));
    for (const candidate of [...fromAnchors, ...this.#intermediates]) {
      if (chain.some(({ x509 }) => isSame(x509, candidate.x509))) continue;
      if (!candidate.parsed.subject.isEqual(facts.parsed.issuer)) continue;
      if (this.#signaturesLeft === 0) return;
      this.#signaturesLeft -= 1;
      if (isSignedBy(facts.x509, candidate.x509)) yield candidate;
    }
  }

  #isAnchor({ x509 }: CertificateFacts): boolean {
    return this.#anchors.some((anchor) => isSame(anchor, x509));
  }

  #pathProblems(chain: readonly CertificateFacts[]): Problem[] {
    const [leaf, ...issuers] = chain as [CertificateFacts, ...CertificateFacts[]];
    const problems = issuers.flatMap((issuer, above) => [
      ...ownProblems(issuer, this.#options.at),
      ...authorityProblems(issuer, issuers.slice(0, above)),
      ...constraintProblems(issuer, [leaf, ...issuers.slice(0, above)]),
    ]);
    for (const facts of chain.slice(0, -1)) problems.push(...strengthProblems(facts));
    const [issuer] = issuers;
    if (issuer !== undefined && this.#options.notIssuing?.has(issuer.x509.fingerprint256)) {
      const message = `"${leaf.subject}" was issued directly by "${issuer.subject}", a root of the trust list`;
      problems.push({ kind: 'notIssuing', message });
    }
    return problems;
  }
}

function factsOrNothing(der: Uint8Array): CertificateFacts[] {
  try {
    return [factsOf(der)];
  } catch {
    return []; // cannot lead anywhere
  }
}

/** A quick look before an anchor is decoded: there may be hundreds. */
const mayHaveIssued = (anchor: X509Certificate, { x509 }: CertificateFacts): boolean =>
  x509.checkIssued(anchor) || anchor.subject === x509.issuer;

/** A path that reached an anchor beats one that did not; then fewer problems win. */
function nearer(a: Path | undefined, b: Path): Path {
  if (a === undefined) return b;
  const lost = ({ problems }: Path): number => Number(problems.some(({ kind }) => kind === 'unknownIssuer'));
  const order = lost(b) - lost(a) || b.problems.length - a.problems.length;
  return order < 0 ? b : a;
}

function ownProblems(facts: CertificateFacts, at: Date): Problem[] {
  const { subject, validFrom, validTo, unknownCritical } = facts;
  const problems: Problem[] = [];
  if (at < validFrom)
    problems.push({ kind: 'notYetValid', message: `"${subject}" is valid only from ${validFrom.toISOString()}` });
  if (at > validTo) problems.push({ kind: 'expired', message: `"${subject}" expired on ${validTo.toISOString()}` });
  if (unknownCritical.length > 0) {
    const message = `"${subject}" has a critical extension that is not understood: ${unknownCritical.join(', ')}`;
    problems.push({ kind: 'criticalExtension', message });
  }
  return problems;
}

/** `below`: the issuers between it and the certificate. */
function authorityProblems(issuer: CertificateFacts, below: readonly CertificateFacts[]): Problem[] {
  const { subject, isAuthority, keyUsage, pathLength } = issuer;
  if (!isAuthority)
    return [
      { kind: 'notAnAuthority', message: `"${subject}" is no certification authority and must not issue certificates` },
    ];
  const problems: Problem[] = [];
  if (keyUsage !== undefined && !keyUsage.has(KEY_USAGE.keyCertSign)) {
    problems.push({
      kind: 'keyUsage',
      message: `the key usage of "${subject}" does not allow it to issue certificates`,
    });
  }
  // Renewed certificates of an authority, which it issued to itself, do not count.
  const counted = below.filter(({ parsed }) => !parsed.issuer.isEqual(parsed.subject)).length;
  if (pathLength !== undefined && counted > pathLength) {
    const message = `"${subject}" allows ${pathLength} authorities below it, there are ${counted}`;
    problems.push({ kind: 'pathLength', message });
  }
  return problems;
}

function constraintProblems(issuer: CertificateFacts, below: readonly CertificateFacts[]): Problem[] {
  const { nameConstraints, subject } = issuer;
  if (nameConstraints === undefined) return [];
  return below.flatMap((facts) => {
    const name = forbiddenName(facts, nameConstraints);
    const message = `"${subject}" may not issue "${facts.subject}": ${name} is outside its name constraints`;
    return name === undefined ? [] : [{ kind: 'nameConstraints' as const, message }];
  });
}

function strengthProblems(facts: CertificateFacts): Problem[] {
  const problems: Problem[] = [];
  const hash = weakHashOf(facts);
  if (hash !== undefined)
    problems.push({ kind: 'weakAlgorithm', message: `"${facts.subject}" is signed with ${hash}, which is broken` });
  const key = weakKeyOf(facts);
  if (key !== undefined) problems.push({ kind: 'weakKey', message: `"${facts.subject}" has ${key}` });
  return problems;
}

/** What is to be thought of the certificate of a peer. */
import type { X509Certificate } from 'node:crypto';
import { isIssuedBy, issuersOf } from '../../security/certificates/issuers.js';
import type { TlsSettings } from './settings.js';

/** One thing that is wrong with a certificate. */
export interface CertificateProblem {
  readonly kind: 'absent' | 'issuer' | 'name' | 'other' | 'revocationUnknown' | 'revoked' | 'time' | 'usage';
  /** Completes "the certificate …" or stands alone. */
  readonly text: string;
}

/** What is known about the certificate that a peer has presented. */
export interface PeerEvidence {
  /** What the peer is. */
  readonly role: 'client' | 'server';
  readonly certificate: X509Certificate;
  /** What the peer sent along, the nearest issuer first. Nothing when a session was resumed. */
  readonly issuers: readonly X509Certificate[];
  /** Whom this side trusts. */
  readonly anchors: readonly X509Certificate[];
  /** The last thing that OpenSSL objected to, as Node.js spells it; undefined when it found nothing wrong. */
  readonly verification: string | undefined;
}

/**
 * Looks further than OpenSSL does, above all for revocation: SSLCheckCRL and SSLCheckOCSP say how far.
 * @returns what it has found wrong in addition
 */
export type CertificateJudge = (
  evidence: PeerEvidence,
  settings: Pick<TlsSettings, 'sslCheckCrl' | 'sslCheckOcsp'>,
) => Promise<readonly CertificateProblem[]>;

/** SSLSecurityFlags that mean something here, by the kind of problem that each overlooks. */
const FLAGS = { time: 0x1, issuer: 0x10, usage: 0x20, revocationUnknown: 0xd00, name: 0x8000_0000 } as const;
/** Those, and the ones about trust lists and test roots of Windows, which say nothing here. */
const KNOWN_FLAGS = 0x8000_cf37;

/** What is wrong with a value of SSLSecurityFlags; undefined for a good one. */
export function securityFlagsProblem(flags: number): string | undefined {
  const strange = (flags & ~KNOWN_FLAGS) >>> 0;
  return strange === 0 ? undefined : `0x${strange.toString(16)} is no flag, or none that is known.`;
}

/** Leaves out the problems that SSLSecurityFlags overlooks. */
export function withoutOverlooked(problems: readonly CertificateProblem[], flags: number): CertificateProblem[] {
  return problems.filter(({ kind }) => !overlooks(flags, kind));
}

/**
 * What OpenSSL and the clock have to say about a certificate. OpenSSL names one problem only: where that one is
 * overlooked, others that it may hide are looked for here.
 */
export function certificateProblems(evidence: PeerEvidence, flags: number, now: number): CertificateProblem[] {
  const { certificate, issuers, verification } = evidence;
  // A session that is resumed may outlive the certificate that it began with.
  const problems = timeProblems(certificate, true, now);
  // OpenSSL has found a chain that is in date. Peers send others along: old cross-certificates of the root, for one.
  if (verification === undefined) return problems;
  problems.push(...issuersOf(certificate, issuers).flatMap((one) => timeProblems(one, false, now)));
  const named = verificationProblem(verification, certificate);
  if (named.kind !== 'time' || problems.length === 0) problems.push(named);
  if (overlooks(flags, named.kind)) problems.push(...issuerProblems(evidence), ...usageProblems(evidence));
  return problems;
}

/** `OK`, or what is wrong, in words. */
export function statusOf(problems: readonly CertificateProblem[]): string {
  return problems.length === 0 ? 'OK' : [...new Set(problems.map(({ text }) => text))].join('; ');
}

function overlooks(flags: number, kind: CertificateProblem['kind']): boolean {
  return kind in FLAGS && (flags & FLAGS[kind as keyof typeof FLAGS]) !== 0;
}

function timeProblems(certificate: X509Certificate, isOwn: boolean, now: number): CertificateProblem[] {
  const { validFrom, validTo } = certificate;
  const whose = isOwn ? 'it' : `the certificate of its issuer ${oneLine(certificate.subject)}`;
  if (now > Date.parse(validTo)) return [{ kind: 'time', text: `${whose} expired on ${validTo}` }];
  if (now < Date.parse(validFrom)) return [{ kind: 'time', text: `${whose} is valid from ${validFrom} only` }];
  return [];
}

function issuerProblems({ certificate, issuers, anchors }: PeerEvidence): CertificateProblem[] {
  const chain = [certificate, ...issuersOf(certificate, issuers)];
  const trusted = new Set(anchors.map(({ fingerprint256 }) => fingerprint256));
  const reaches = (one: X509Certificate): boolean =>
    trusted.has(one.fingerprint256) || anchors.some((anchor) => isIssuedBy(one, anchor));
  if (chain.some(reaches)) return [];
  return [{ kind: 'issuer', text: `its issuer ${oneLine(certificate.issuer)} is not trusted` }];
}

/** Extended key usages (RFC 5280 §4.2.1.12). */
const ANY_USAGE = '2.5.29.37.0';
const USAGES = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' } as const;

function usageProblems({ certificate, role }: PeerEvidence): CertificateProblem[] {
  // In the types an array of strings always; without the extension Node.js gives undefined.
  const usages = certificate.keyUsage as readonly string[] | undefined;
  if (usages === undefined || usages.includes(USAGES[role]) || usages.includes(ANY_USAGE)) return [];
  return [{ kind: 'usage', text: wrongUsage(role) }];
}

const wrongUsage = (role: string): string => `it is not meant for a TLS ${role} (extended key usage)`;

function verificationProblem(code: string, { subject, issuer }: X509Certificate): CertificateProblem {
  const [kind, text] = VERIFICATIONS[code] ?? (['other', `OpenSSL does not accept it (${code})`] as const);
  return { kind, text: text.replace('SUBJECT', oneLine(subject)).replace('ISSUER', oneLine(issuer)) };
}

const UNKNOWN_ISSUER = ['issuer', 'its issuer ISSUER is not known, or its certificate was not sent along'] as const;

/** The verdicts of OpenSSL (X509_STORE_CTX_get_error) by their names in Node.js. */
const VERIFICATIONS: Readonly<Record<string, readonly [CertificateProblem['kind'], string]>> = {
  CERT_HAS_EXPIRED: ['time', 'it, or a certificate above it, has expired'],
  CERT_NOT_YET_VALID: ['time', 'it, or a certificate above it, is not valid yet'],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['issuer', 'it is signed by itself and not among the trusted ones (SUBJECT)'],
  SELF_SIGNED_CERT_IN_CHAIN: ['issuer', 'the root above it is not trusted (issuer ISSUER)'],
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_ISSUER,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_ISSUER,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_ISSUER,
  CERT_UNTRUSTED: ['issuer', 'the root above it is not trusted (issuer ISSUER)'],
  INVALID_PURPOSE: ['usage', 'it is not meant for this end of a TLS connection (extended key usage)'],
  CERT_REVOKED: ['revoked', 'it is revoked'],
  UNABLE_TO_GET_CRL: ['revocationUnknown', 'whether it is revoked could not be found out'],
  CERT_SIGNATURE_FAILURE: ['other', 'the signature of its issuer does not verify'],
  CERT_CHAIN_TOO_LONG: ['other', 'too many certificates stand between it and a root'],
  INVALID_CA: ['other', 'a certificate above it is not that of a CA'],
  PATH_LENGTH_EXCEEDED: ['other', 'more certificates stand above it than a CA allows'],
  CERT_REJECTED: ['other', 'its root is not meant for this'],
};

/** Node.js prints each part of a name on a line of its own. */
const oneLine = (name: string): string => name.replaceAll('\n', ', ');

/** A certification authority for tests: certificates, revocation lists and OCSP answers, good and bad. */

import { createHash, generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto';
import * as asn1js from 'asn1js';
import {
  algorithm,
  encode,
  encoded,
  explicit,
  integer,
  octetString,
  oid,
  sequence,
} from '../../src/security/cms/der.js';

/** A certificate with its private key. */
export interface Issued {
  readonly der: Buffer;
  readonly x509: X509Certificate;
  readonly key: KeyObject;
  readonly name: string;
  readonly serial: number;
}

export const USAGE = {
  digitalSignature: 0,
  nonRepudiation: 1,
  keyEncipherment: 2,
  keyCertSign: 5,
  crlSign: 6,
} as const;

export const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
export const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
export const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9';

export interface CertificateOptions {
  /** The common name. */
  readonly name: string;
  /** Without one it is self-signed. */
  readonly issuer?: Issued;
  readonly serial?: number;
  readonly from?: Date;
  readonly to?: Date;
  readonly ca?: boolean;
  readonly pathLength?: number;
  readonly usage?: readonly number[];
  readonly extendedUsage?: readonly string[];
  readonly crlUrl?: string;
  readonly ocspUrl?: string;
  readonly dnsName?: string;
  /** Whole extensions, for those that nobody else needs. */
  readonly extensions?: readonly asn1js.Sequence[];
  readonly hash?: 'sha1' | 'sha256';
  readonly key?: 'ec' | 'rsa' | 'rsa1024';
  /** Use this pair of another certificate. */
  readonly like?: Issued;
}

let lastSerial = 1000;

/** Valid from 2020 to 2120 unless told otherwise. */
export function issue(options: CertificateOptions): Issued {
  const { name, serial = ++lastSerial, hash = 'sha256', key = 'ec', like } = options;
  const pair = like ? { privateKey: like.key, publicKey: like.x509.publicKey } : makePair(key);
  const issuer = options.issuer ?? { key: pair.privateKey, name };
  const { from = new Date('2020-01-01T00:00:00Z'), to = new Date('2119-12-31T00:00:00Z') } = options;
  const list = extensionsOf(options);
  const body = sequence(
    explicit(integer(2)),
    integer(serial),
    signatureAlgorithm(issuer.key, hash),
    distinguishedName(issuer.name),
    sequence(time(from), time(to)),
    distinguishedName(name),
    encoded(pair.publicKey.export({ type: 'spki', format: 'der' })),
    ...(list.length > 0 ? [tagged(3, sequence(...list))] : []),
  );
  const der = signed(body, issuer.key, hash);
  return { der, x509: new X509Certificate(der), key: pair.privateKey, name, serial };
}

/** A self-signed authority. */
export const root = (name: string, options: Partial<CertificateOptions> = {}): Issued =>
  issue({ name, ca: true, usage: [USAGE.keyCertSign, USAGE.crlSign, USAGE.digitalSignature], ...options });

export const pem = ({ x509 }: Issued): string => x509.toString();
export const keyPem = ({ key }: Issued): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

function makePair(kind: 'ec' | 'rsa' | 'rsa1024'): { privateKey: KeyObject; publicKey: KeyObject } {
  if (kind === 'ec') return generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return generateKeyPairSync('rsa', { modulusLength: kind === 'rsa' ? 2048 : 1024 });
}

function extensionsOf(options: CertificateOptions): asn1js.Sequence[] {
  const { ca, pathLength, usage, extendedUsage, crlUrl, ocspUrl, dnsName, extensions = [] } = options;
  const list = [...extensions];
  if (ca !== undefined) {
    const depth = pathLength === undefined ? [] : [integer(pathLength)];
    list.push(extension('2.5.29.19', sequence(...(ca ? [new asn1js.Boolean({ value: true }), ...depth] : [])), true));
  }
  if (usage) list.push(extension('2.5.29.15', bits(usage), true));
  if (extendedUsage) list.push(extension('2.5.29.37', sequence(...extendedUsage.map(oid))));
  if (crlUrl) list.push(extension('2.5.29.31', sequence(sequence(tagged(0, tagged(0, uri(crlUrl)))))));
  if (ocspUrl) list.push(extension('1.3.6.1.5.5.7.1.1', sequence(sequence(oid('1.3.6.1.5.5.7.48.1'), uri(ocspUrl)))));
  if (dnsName) list.push(extension('2.5.29.17', sequence(primitive(2, Buffer.from(dnsName)))));
  return list;
}

export function extension(id: string, value: asn1js.BaseBlock, critical = false): asn1js.Sequence {
  return sequence(oid(id), ...(critical ? [new asn1js.Boolean({ value: true })] : []), octetString(encode(value)));
}

export const tagged = (tagNumber: number, ...value: asn1js.BaseBlock[]): asn1js.Constructed =>
  new asn1js.Constructed({ idBlock: { tagClass: 3, tagNumber }, value });

export const primitive = (tagNumber: number, valueHex: Uint8Array): asn1js.Primitive =>
  new asn1js.Primitive({ idBlock: { tagClass: 3, tagNumber }, valueHex });

export const uri = (url: string): asn1js.Primitive => primitive(6, Buffer.from(url));

function bits(numbers: readonly number[]): asn1js.BitString {
  const octet = numbers.reduce((value, bit) => value | (0x80 >> bit), 0);
  return new asn1js.BitString({ valueHex: Uint8Array.of(octet), unusedBits: 7 - Math.max(...numbers) });
}

const distinguishedName = (name: string): asn1js.Sequence =>
  sequence(new asn1js.Set({ value: [sequence(oid('2.5.4.3'), new asn1js.Utf8String({ value: name }))] }));

const time = (valueDate: Date): asn1js.BaseBlock =>
  valueDate.getUTCFullYear() < 2050 ? new asn1js.UTCTime({ valueDate }) : new asn1js.GeneralizedTime({ valueDate });

const SIGNATURE = {
  ec: { sha1: '1.2.840.10045.4.1', sha256: '1.2.840.10045.4.3.2' },
  rsa: { sha1: '1.2.840.113549.1.1.5', sha256: '1.2.840.113549.1.1.11' },
} as const;

function signatureAlgorithm(key: KeyObject, hash: 'sha1' | 'sha256'): asn1js.Sequence {
  return key.asymmetricKeyType === 'ec' ? algorithm(SIGNATURE.ec[hash], 'absent') : algorithm(SIGNATURE.rsa[hash]);
}

/** The body, its algorithm and its signature, as certificates and lists have them. */
function signed(body: asn1js.Sequence, key: KeyObject, hash: 'sha1' | 'sha256', ...more: asn1js.BaseBlock[]): Buffer {
  const signature = sign(hash, encode(body), key);
  const parts = [body, signatureAlgorithm(key, hash), new asn1js.BitString({ valueHex: signature }), ...more];
  return Buffer.from(encode(sequence(...parts)));
}

export interface CrlOptions {
  readonly issuer: Issued;
  readonly revoked?: readonly { readonly serial: number; readonly reason?: number }[];
  readonly thisUpdate?: Date;
  /** null leaves it out. */
  readonly nextUpdate?: Date | null;
  readonly extensions?: readonly asn1js.Sequence[];
  readonly hash?: 'sha1' | 'sha256';
  /** Sign with another key than the issuer's. */
  readonly key?: KeyObject;
}

/** A revocation list, from an hour ago to 2119 unless told otherwise. */
export function crl(options: CrlOptions): Buffer {
  const { issuer, revoked = [], hash = 'sha256', key = issuer.key, extensions = [] } = options;
  const { thisUpdate = new Date(Date.now() - 3_600_000), nextUpdate = new Date('2119-01-01T00:00:00Z') } = options;
  const entries = revoked.map(({ serial, reason }) =>
    sequence(
      integer(serial),
      time(new Date('2024-05-06T07:08:09Z')),
      ...(reason === undefined ? [] : [sequence(extension('2.5.29.21', new asn1js.Enumerated({ value: reason })))]),
    ),
  );
  const body = sequence(
    integer(1),
    signatureAlgorithm(key, hash),
    distinguishedName(issuer.name),
    time(thisUpdate),
    ...(nextUpdate === null ? [] : [time(nextUpdate)]),
    ...(entries.length > 0 ? [sequence(...entries)] : []),
    ...(extensions.length > 0 ? [tagged(0, sequence(...extensions))] : []),
  );
  return signed(body, key, hash);
}

export interface OcspOptions {
  /** The issuer of the certificate in question. */
  readonly issuer: Issued;
  readonly serial: number;
  readonly status: 'good' | 'revoked' | 'unknown';
  /** Who signs; default the issuer. Another one's certificate goes into the answer. */
  readonly responder?: Issued;
  /** Sign with another key than the responder's. */
  readonly key?: KeyObject;
  readonly thisUpdate?: Date;
  readonly nextUpdate?: Date | null;
  readonly nonce?: Uint8Array;
}

/** An OCSPResponse, for an hour from now unless told otherwise. */
export function ocspAnswer(options: OcspOptions): Buffer {
  const { issuer, serial, status, responder = issuer, key = responder.key, nonce } = options;
  const { thisUpdate = new Date(), nextUpdate = new Date(Date.now() + 3_600_000) } = options;
  const sha1 = (octets: Uint8Array): Buffer => createHash('sha1').update(octets).digest();
  const generalized = (valueDate: Date): asn1js.GeneralizedTime => new asn1js.GeneralizedTime({ valueDate });
  const id = sequence(
    algorithm('1.3.14.3.2.26'),
    octetString(sha1(encode(distinguishedName(issuer.name)))),
    octetString(sha1(publicKeyBits(issuer))),
    integer(serial),
  );
  const word = {
    good: primitive(0, new Uint8Array()),
    revoked: tagged(1, generalized(new Date('2024-05-06T07:08:09Z')), tagged(0, new asn1js.Enumerated({ value: 1 }))),
    unknown: primitive(2, new Uint8Array()),
  }[status];
  const single = sequence(
    id,
    word,
    generalized(thisUpdate),
    ...(nextUpdate ? [tagged(0, generalized(nextUpdate))] : []),
  );
  const extensions = nonce ? [tagged(1, sequence(extension('1.3.6.1.5.5.7.48.1.2', octetString(nonce))))] : [];
  const body = sequence(
    tagged(1, distinguishedName(responder.name)),
    generalized(thisUpdate),
    sequence(single),
    ...extensions,
  );
  const more = responder === issuer ? [] : [explicit(sequence(encoded(responder.der)))];
  const basic = signed(body, key, 'sha256', ...more);
  const bytes = sequence(oid('1.3.6.1.5.5.7.48.1.1'), octetString(basic));
  return Buffer.from(encode(sequence(new asn1js.Enumerated({ value: 0 }), explicit(bytes))));
}

/** An answer that refuses the question. */
export const ocspRefusal = (status: number): Buffer =>
  Buffer.from(encode(sequence(new asn1js.Enumerated({ value: status }))));

function publicKeyBits({ x509 }: Issued): Uint8Array {
  const spki = encoded(x509.publicKey.export({ type: 'spki', format: 'der' })) as asn1js.Sequence;
  return (spki.valueBlock.value[1] as asn1js.BitString).valueBlock.valueHexView;
}

/** What the certificate of a station may be used for. */
export const STATION_USES = [USAGE.digitalSignature, USAGE.keyEncipherment] as const;

/** subjectAltName: 127.0.0.1. */
export const LOOPBACK = extension('2.5.29.17', sequence(primitive(7, Uint8Array.of(127, 0, 0, 1))));

// Algorithm identifiers that CMS structures carry, mapped to what node:crypto calls them. A file, challenge or
// response that names anything else is refused; nothing here is negotiable by a peer beyond these rows.

export const OID = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  envelopedData: '1.2.840.113549.1.7.3',
  compressedData: '1.2.840.113549.1.9.16.1.9',
  zlib: '1.2.840.113549.1.9.16.3.8',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  rsaEncryption: '1.2.840.113549.1.1.1',
  rsaOaep: '1.2.840.113549.1.1.7',
  mgf1: '1.2.840.113549.1.1.8',
  pSpecified: '1.2.840.113549.1.1.9',
  rsaPss: '1.2.840.113549.1.1.10',
  subjectKeyIdentifier: '2.5.29.14',
} as const;

/** What each content type is called in messages. */
export const CONTENT_TYPE_NAMES: ReadonlyMap<string, string> = new Map([
  [OID.data, 'Data'],
  [OID.signedData, 'SignedData'],
  [OID.envelopedData, 'EnvelopedData'],
  [OID.compressedData, 'CompressedData'],
]);

/**
 * Hash functions accepted in a received CMS, by object identifier. Hashes that OFTP never used (MD5) are not among
 * them.
 */
export const HASHES: ReadonlyMap<string, string> = new Map([
  ['1.3.14.3.2.26', 'sha1'],
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
  ['2.16.840.1.101.3.4.2.8', 'sha3-256'],
  ['2.16.840.1.101.3.4.2.9', 'sha3-384'],
  ['2.16.840.1.101.3.4.2.10', 'sha3-512'],
]);

/** How a SignerInfo was signed. `hash` is absent where the identifier leaves it to digestAlgorithm. */
export interface SignatureAlgorithm {
  readonly scheme: 'pkcs1' | 'pss' | 'ecdsa';
  readonly hash?: string;
}

export const SIGNATURES: ReadonlyMap<string, SignatureAlgorithm> = new Map<string, SignatureAlgorithm>([
  [OID.rsaEncryption, { scheme: 'pkcs1' }],
  ['1.2.840.113549.1.1.5', { scheme: 'pkcs1', hash: 'sha1' }],
  ['1.2.840.113549.1.1.11', { scheme: 'pkcs1', hash: 'sha256' }],
  ['1.2.840.113549.1.1.12', { scheme: 'pkcs1', hash: 'sha384' }],
  ['1.2.840.113549.1.1.13', { scheme: 'pkcs1', hash: 'sha512' }],
  ['2.16.840.1.101.3.4.3.14', { scheme: 'pkcs1', hash: 'sha3-256' }],
  ['2.16.840.1.101.3.4.3.15', { scheme: 'pkcs1', hash: 'sha3-384' }],
  ['2.16.840.1.101.3.4.3.16', { scheme: 'pkcs1', hash: 'sha3-512' }],
  [OID.rsaPss, { scheme: 'pss' }],
  ['1.2.840.10045.4.1', { scheme: 'ecdsa', hash: 'sha1' }],
  ['1.2.840.10045.4.3.2', { scheme: 'ecdsa', hash: 'sha256' }],
  ['1.2.840.10045.4.3.3', { scheme: 'ecdsa', hash: 'sha384' }],
  ['1.2.840.10045.4.3.4', { scheme: 'ecdsa', hash: 'sha512' }],
]);

/** A content-encryption algorithm; lengths in octets. */
export interface ContentCipher {
  readonly oid: string;
  /** The name node:crypto knows it by. */
  readonly name: string;
  readonly keyLength: number;
  readonly ivLength: number;
}

/**
 * The ciphers accepted in a received EnvelopedData. Suites use 3DES and AES-256 only; peers also send AES-128 and
 * AES-192.
 */
export const CONTENT_CIPHERS: ReadonlyMap<string, ContentCipher> = new Map(
  [
    { oid: '1.2.840.113549.3.7', name: 'des-ede3-cbc', keyLength: 24, ivLength: 8 },
    { oid: '2.16.840.1.101.3.4.1.2', name: 'aes-128-cbc', keyLength: 16, ivLength: 16 },
    { oid: '2.16.840.1.101.3.4.1.22', name: 'aes-192-cbc', keyLength: 24, ivLength: 16 },
    { oid: '2.16.840.1.101.3.4.1.42', name: 'aes-256-cbc', keyLength: 32, ivLength: 16 },
  ].map((cipher) => [cipher.oid, cipher]),
);

// Cipher suites: the coded values of SFIDCIPH (RFC 5024 §10.2 for 01 and 02, Odette's list for the rest).

export type EncryptionName = '3des' | 'aes256';
export type HashName = 'sha1' | 'sha256' | 'sha512' | 'sha3-512';

/** One cipher suite. */
export interface CipherSuite {
  /** SFIDCIPH. */
  readonly code: number;
  readonly encryption: EncryptionName;
  readonly hash: HashName;
  /** RSA padding: `pkcs1` means v1.5 for keys and signatures, `oaep-pss` means OAEP for keys and PSS for signatures. */
  readonly padding: 'pkcs1' | 'oaep-pss';
}

/** Suites 08 to 10 are understood when received and never sent: one implementer's word is their only source. */
export const CIPHER_SUITES: ReadonlyMap<number, CipherSuite> = new Map(
  (
    [
      { code: 1, encryption: '3des', hash: 'sha1', padding: 'pkcs1' },
      { code: 2, encryption: 'aes256', hash: 'sha1', padding: 'pkcs1' },
      { code: 3, encryption: '3des', hash: 'sha256', padding: 'pkcs1' },
      { code: 4, encryption: 'aes256', hash: 'sha256', padding: 'pkcs1' },
      { code: 5, encryption: '3des', hash: 'sha512', padding: 'pkcs1' },
      { code: 6, encryption: 'aes256', hash: 'sha512', padding: 'pkcs1' },
      { code: 7, encryption: 'aes256', hash: 'sha3-512', padding: 'pkcs1' },
      { code: 8, encryption: 'aes256', hash: 'sha256', padding: 'oaep-pss' },
      { code: 9, encryption: 'aes256', hash: 'sha512', padding: 'oaep-pss' },
      { code: 10, encryption: 'aes256', hash: 'sha3-512', padding: 'oaep-pss' },
    ] as const
  ).map((suite) => [suite.code, suite]),
);

/**
 * The suite to announce in SFIDCIPH for an encryption and a hash.
 *
 * @returns 1 to 7
 * @throws RangeError for 3DES with SHA3-512, which no suite has
 */
export function cipherSuiteFor(encryption: EncryptionName, hash: HashName): number {
  for (const suite of CIPHER_SUITES.values()) {
    if (suite.padding === 'pkcs1' && suite.encryption === encryption && suite.hash === hash) return suite.code;
  }
  throw new RangeError(`No cipher suite combines ${encryption} with ${hash}; use aes256 with ${hash}`);
}

/** Object identifiers of what this end writes. */
export const ENCRYPTION_OIDS: Readonly<Record<EncryptionName, string>> = {
  '3des': '1.2.840.113549.3.7',
  aes256: '2.16.840.1.101.3.4.1.42',
};

export const HASH_OIDS: Readonly<Record<HashName, string>> = {
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha512: '2.16.840.1.101.3.4.2.3',
  'sha3-512': '2.16.840.1.101.3.4.2.10',
};

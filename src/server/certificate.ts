/** `Certificate`: an own or a partner's certificate, loaded from any kind of store. */
import type { KeyObject, X509Certificate } from 'node:crypto';
import { CertificateError } from '../security/certificates/entry.js';
import { type FoundCertificate, findCertificate, type StoreOptions } from '../security/certificates/stores.js';
import { isOnToken, type PrivateKey } from '../security/private-key.js';
import { OFTPError } from '../settings/errors.js';

/** Where the keys are; a token's is more than its user may see (its PIN), so it is no property. */
const privateKeys = new WeakMap<Certificate, PrivateKey>();

/** The private key of a certificate, in memory or on a token. */
export const privateKeyOf = (certificate: Certificate): PrivateKey | undefined => privateKeys.get(certificate);

/**
 * A certificate, with its private key if the store has it. Immutable. A store may hold a key alone (SSH, PuTTY, JWK):
 * then everything that only a certificate has is empty.
 */
export class Certificate {
  /** Distinguished name, for example `CN=Alice Motors, O="Acme, Inc", C=DE`. */
  readonly subject: string;
  readonly issuer: string;
  /** Hexadecimal, upper case. */
  readonly serialNumber: string;
  readonly validFrom: Date | undefined;
  readonly validTo: Date | undefined;
  /** DER. */
  readonly encoded: Buffer;
  readonly hasPrivateKey: boolean;
  /** SHA-256 of `encoded`, as pairs of hexadecimal digits with colons. */
  readonly fingerprint256: string;
  readonly #publicKey: KeyObject;
  readonly #x509: X509Certificate | undefined;
  readonly #issuers: readonly X509Certificate[];

  private constructor({ certificate, privateKey, publicKey, subject, issuer, issuers }: FoundCertificate) {
    this.subject = subject;
    this.issuer = issuer;
    this.serialNumber = certificate?.serialNumber ?? '';
    this.validFrom = certificate && new Date(certificate.validFrom);
    this.validTo = certificate && new Date(certificate.validTo);
    this.encoded = Buffer.from(certificate?.raw ?? []);
    this.hasPrivateKey = privateKey !== undefined;
    this.fingerprint256 = certificate?.fingerprint256 ?? '';
    this.#publicKey = publicKey;
    if (privateKey !== undefined) privateKeys.set(this, privateKey);
    this.#x509 = certificate;
    this.#issuers = issuers;
    Object.freeze(this);
  }

  /**
   * Takes a certificate out of a store. Reading a token (PKCS#11) takes the thread as long as the token does: at the
   * start rather than under load.
   *
   * @throws OFTPError 690: no match, with the subjects that the store does hold; a wrong password; a store that cannot
   *   be read or is not supported. The message never holds the password or key material.
   */
  static async load(options: StoreOptions): Promise<Certificate> {
    return Certificate.loadSync(options);
  }

  /** As `load`, for where a value is set and cannot wait: `config('CertificateSubject=…')`. */
  static loadSync(options: StoreOptions): Certificate {
    try {
      return new Certificate(findCertificate(options));
    } catch (error) {
      if (!(error instanceof CertificateError)) throw error;
      throw new OFTPError(690, error.message, { cause: error });
    }
  }

  get publicKey(): KeyObject {
    return this.#publicKey;
  }

  /** A handle; the key itself is never printed, logged or sent to a peer. A key on a token (PKCS#11) has none. */
  get privateKey(): KeyObject | undefined {
    const key = privateKeys.get(this);
    return key === undefined || isOnToken(key) ? undefined : key;
  }

  /** @internal As Node.js has it; undefined for a key alone. */
  get x509(): X509Certificate | undefined {
    return this.#x509;
  }

  /** @internal Certificates of its store that lead towards a root, the nearest first: TLS sends them along. */
  get issuers(): readonly X509Certificate[] {
    return this.#issuers;
  }
}

// Certificates on security keys (PKCS#11), and the names of the keys that belong to them.
import { X509Certificate } from 'node:crypto';
import { parseTokenAddress } from '../token/address.js';
import { CK, TokenError } from '../token/pkcs11.js';
import { attributeOf, close, findObjects, openSession, type TokenLogin, type TokenSession } from '../token/session.js';
import { privateKeysOf } from '../token/token-key.js';
import { CertificateError, certificateEntry, type StoreEntry } from './entry.js';

/** Sessions that stay open: while one is, the process is logged in, and the PIN is not sent to the token again. */
const loggedIn = new Map<string, TokenSession>();

/**
 * Reads the certificates of a token, each with its key if that is an RSA key on the same token.
 *
 * @param octets path of the PKCS#11 module, or a PKCS#11 URI (RFC 7512) that names module and token
 * @param pin of the token; without one only what is public is there, unless the token has a keypad of its own
 * @throws CertificateError
 */
export function readToken(octets: Buffer, pin: string): StoreEntry[] {
  try {
    const login: TokenLogin = { pin, refused: new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) };
    const address = parseTokenAddress(octets.toString('utf8'));
    const session = openSession(address, login);
    try {
      const entries = entriesOf(session, address.module, login);
      stayLoggedIn(address.module, session);
      return entries;
    } catch (error) {
      close(session);
      throw error;
    }
  } catch (error) {
    if (error instanceof TokenError) throw new CertificateError(error.message, { cause: error });
    throw error;
  }
}

function stayLoggedIn(module: string, session: TokenSession): void {
  const key = JSON.stringify([module, session.serialNumber, session.label]);
  const earlier = loggedIn.get(key);
  loggedIn.set(key, session);
  if (earlier !== undefined) close(earlier);
}

function entriesOf(session: TokenSession, module: string, login: TokenLogin): StoreEntry[] {
  const { label, serialNumber } = session;
  const moduli = privateKeysOf(session).map(({ modulus }) => modulus);
  const entries = findObjects(session, [{ type: CK.attributes.class, value: CK.classes.certificate }]).flatMap(
    (object) => {
      const certificate = certificateFrom(attributeOf(session, object, CK.attributes.value));
      if (certificate === undefined) return [];
      const modulus = moduli.find((candidate) => candidate.equals(modulusOf(certificate)));
      const privateKey = modulus && { token: { module, label, serialNumber }, login, modulus };
      return [certificateEntry(certificate, privateKey)];
    },
  );
  if (entries.length === 0) throw new CertificateError(`the token "${label}" holds no certificate`);
  return entries;
}

/** Tokens hold certificates of other kinds too, and some that nobody can read. */
function certificateFrom(octets: Buffer | undefined): X509Certificate | undefined {
  try {
    return octets && new X509Certificate(octets);
  } catch {
    return undefined;
  }
}

function modulusOf({ publicKey }: X509Certificate): Buffer {
  if (publicKey.asymmetricKeyType !== 'rsa') return Buffer.alloc(0);
  return Buffer.from(publicKey.export({ format: 'jwk' }).n ?? '', 'base64url');
}

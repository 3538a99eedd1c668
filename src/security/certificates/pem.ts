// PEM: certificates, private keys in all styles, public keys and PKCS#7, in any order and with text around them.
import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { CertificateError, pairUp, publicKeyEntry, type StoreEntry } from './entry.js';
import { certificatesOfPkcs7 } from './pkcs7.js';
import { readOpenSshPrivateKey } from './ssh.js';

/** A block does not reach over the start of another: text without its end line must not be searched again and again. */
const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----(?:(?!-----BEGIN )[\s\S])*?-----END \1-----/g;

/** @throws CertificateError for an encrypted key without the right password, or when there is nothing to take */
export function readPem(octets: Buffer, password: string): StoreEntry[] {
  const certificates: X509Certificate[] = [];
  const privateKeys: KeyObject[] = [];
  const publicKeys: KeyObject[] = [];
  for (const [block, label = ''] of octets.toString('latin1').matchAll(BLOCK)) {
    if (label.endsWith('CERTIFICATE')) certificates.push(new X509Certificate(block));
    else if (label === 'PKCS7' || label === 'CMS') certificates.push(...certificatesOfPkcs7(contentOf(block)));
    else if (label === 'OPENSSH PRIVATE KEY') privateKeys.push(readOpenSshPrivateKey(contentOf(block)));
    else if (label.endsWith('PRIVATE KEY')) privateKeys.push(readPrivateKey(block, password));
    else if (label.endsWith('PUBLIC KEY')) publicKeys.push(createPublicKey(block));
  }
  const entries = [...pairUp(certificates, privateKeys), ...publicKeys.map(publicKeyEntry)];
  if (entries.length === 0) throw new CertificateError('it has no certificate and no key in PEM');
  return entries;
}

/**
 * All certificates of a text in PEM, whatever else it holds.
 * @throws CertificateError for a block that is no certificate
 */
export function certificatesInPem(text: string): X509Certificate[] {
  return [...text.matchAll(BLOCK)]
    .filter(([, label = '']) => label.endsWith('CERTIFICATE'))
    .map(([block]) => readCertificateBlock(block));
}

function readCertificateBlock(block: string): X509Certificate {
  try {
    return new X509Certificate(block);
  } catch {
    throw new CertificateError('one of its certificates cannot be read');
  }
}

const contentOf = (block: string): Buffer => Buffer.from(block.replace(/-----[^-]*-----/g, ''), 'base64');

function readPrivateKey(block: string, password: string): KeyObject {
  const encrypted = block.includes('ENCRYPTED');
  if (encrypted && password === '') throw new CertificateError('its private key is encrypted: give storePassword');
  try {
    return createPrivateKey(encrypted ? { key: block, passphrase: password } : block);
  } catch {
    // OpenSSL's own words are of no use here, and differ from version to version.
    throw new CertificateError(encrypted ? 'wrong password for its private key' : 'its private key cannot be read');
  }
}

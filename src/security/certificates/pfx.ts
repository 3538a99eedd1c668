// PKCS#12, with the encryption of today (PBES2, AES) and of old systems (RC2-40, 3DES), which OpenSSL 3 no longer
// reads by itself.
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import forge from 'node-forge';
import { CertificateError, pairUp, type StoreEntry } from './entry.js';

const { certBag, keyBag, pkcs8ShroudedKeyBag } = forge.pki.oids as Record<string, string>;

/** @throws CertificateError for a wrong password or octets that are no PKCS#12 */
export function readPfx(octets: Buffer, password: string): StoreEntry[] {
  const bags = openPfx(octets, password).safeContents.flatMap(({ safeBags }) => safeBags);
  const certificates = bags.filter(({ type }) => type === certBag).map(certificateOf);
  const keys = bags.filter(({ type }) => type === keyBag || type === pkcs8ShroudedKeyBag).map(privateKeyOf);
  const entries = pairUp(certificates, keys);
  if (entries.length === 0) throw new CertificateError('it holds no certificate and no key');
  return entries;
}

function openPfx(octets: Buffer, password: string): forge.pkcs12.Pkcs12Pfx {
  let parsed: forge.asn1.Asn1;
  try {
    parsed = forge.asn1.fromDer(octets.toString('latin1'), { strict: true, parseAllBytes: false } as never);
  } catch {
    throw new CertificateError('it is no PKCS#12 file');
  }
  try {
    return forge.pkcs12.pkcs12FromAsn1(parsed, false, password);
  } catch (error) {
    const wrong = /MAC could not be verified|password/i.test(error instanceof Error ? error.message : '');
    throw new CertificateError(wrong ? 'wrong password' : 'it cannot be read as PKCS#12 with this password');
  }
}

/** The library decodes RSA only; what it cannot decode it leaves as ASN.1, which is all that is needed here. */
function certificateOf(bag: forge.pkcs12.Bag): X509Certificate {
  return new X509Certificate(derOf(bag.cert ? forge.pki.certificateToAsn1(bag.cert) : bag.asn1));
}

function privateKeyOf(bag: forge.pkcs12.Bag): KeyObject {
  const info = bag.key ? forge.pki.wrapRsaPrivateKey(forge.pki.privateKeyToAsn1(bag.key)) : bag.asn1;
  return createPrivateKey({ key: derOf(info), format: 'der', type: 'pkcs8' });
}

const derOf = (element: forge.asn1.Asn1): Buffer => Buffer.from(forge.asn1.toDer(element).getBytes(), 'latin1');

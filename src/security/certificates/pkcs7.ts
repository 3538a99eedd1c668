// PKCS#7: the certificates inside a SignedData, which is what .p7b files are.
import { X509Certificate } from 'node:crypto';
import { childrenOf, decodeElement } from '../cms/der.js';
import { CertificateError, certificateEntry, type StoreEntry } from './entry.js';

export const readPkcs7 = (octets: Buffer): StoreEntry[] =>
  certificatesOfPkcs7(octets).map((certificate) => certificateEntry(certificate));

/** @throws CertificateError when it is no SignedData, or one without certificates */
export function certificatesOfPkcs7(octets: Uint8Array): X509Certificate[] {
  let certificates: X509Certificate[];
  try {
    const [, content] = childrenOf(decodeElement(octets));
    const signedData = childrenOf(childrenOf(content)[0]);
    const set = signedData.find(({ idBlock }) => idBlock.tagClass === 3 && idBlock.tagNumber === 0);
    certificates = set ? childrenOf(set).map((element) => new X509Certificate(element.valueBeforeDecodeView)) : [];
  } catch {
    throw new CertificateError('it is no PKCS#7 (SignedData)');
  }
  if (certificates.length === 0) throw new CertificateError('it holds no certificate');
  return certificates;
}

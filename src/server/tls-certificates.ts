/** The certificates of a server or client for TLS: its own, and those that it trusts. */
import type { X509Certificate } from 'node:crypto';
import { OFTPError } from '../settings/errors.js';
import type { TlsIdentity } from '../transport/tls/context.js';
import { Certificate } from './certificate.js';
import type { CertificateSlot } from './certificates.js';

/** @throws OFTPError 690 for what cannot be presented in a handshake, and for two that differ in nothing but age */
export function tlsIdentities(slot: CertificateSlot, name: string): readonly TlsIdentity[] {
  const certificates = slot === null ? [] : [slot].flat();
  const identities = certificates.map((certificate) => identityOf(certificate, name));
  const kinds = identities.map(({ privateKey }) => privateKey.asymmetricKeyType);
  const twice = kinds.find((kind, index) => kinds.indexOf(kind) !== index);
  if (twice !== undefined) {
    throw new OFTPError(690, `${name} has two certificates with ${twice} keys: TLS presents one of each kind of key`);
  }
  return identities;
}

function identityOf(certificate: unknown, name: string): TlsIdentity {
  if (!(certificate instanceof Certificate)) {
    throw new OFTPError(690, `${name} takes what Certificate.load gives, an array of such, or null`);
  }
  const { x509, privateKey, issuers, subject, hasPrivateKey } = certificate;
  if (x509 === undefined) throw new OFTPError(690, `${name} cannot be a key alone: its store has no certificate`);
  if (privateKey === undefined && hasPrivateKey) {
    throw new OFTPError(690, `${name}: the key of "${subject}" is on a token, which TLS in Node.js cannot use`);
  }
  if (privateKey === undefined) {
    throw new OFTPError(690, `${name}: the store of "${subject}" has no private key for it: load one that has`);
  }
  return { certificate: x509, issuers, privateKey };
}

/** @throws OFTPError 690 for what is no certificate */
export function checkedTrust(certificates: readonly Certificate[]): readonly Certificate[] {
  if (!Array.isArray(certificates)) throw new OFTPError(690, 'trustedCertificates takes an array of certificates');
  for (const certificate of certificates) trustedX509(certificate);
  return Object.freeze([...certificates]);
}

/** @throws OFTPError 690 for what is no certificate */
export function trustedX509(certificate: Certificate): X509Certificate {
  if (!(certificate instanceof Certificate) || certificate.x509 === undefined) {
    throw new OFTPError(
      690,
      'trustedCertificates takes certificates as Certificate.load gives them, and no keys alone',
    );
  }
  return certificate.x509;
}

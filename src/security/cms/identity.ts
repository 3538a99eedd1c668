// Which certificate a CMS structure means: issuer and serial number, or subject key identifier.
import { type KeyObject, X509Certificate } from 'node:crypto';
import type * as asn1js from 'asn1js';
import * as pkijs from 'pkijs';
import { OID } from '../algorithms.js';
import { contentsOf, decodeElement } from './der.js';

/** A certificate (DER) and what CMS needs of it. */
export interface Identity {
  readonly certificate: Uint8Array;
  readonly issuer: pkijs.RelativeDistinguishedNames;
  readonly serialNumber: asn1js.Integer;
  readonly keyIdentifier: Uint8Array | undefined;
  readonly publicKey: KeyObject;
}

/** @throws Error when the octets are no X.509 certificate */
export function identityOf(certificate: Uint8Array): Identity {
  const parsed = new pkijs.Certificate({ schema: decodeElement(certificate) });
  const extension = parsed.extensions?.find((candidate) => candidate.extnID === OID.subjectKeyIdentifier);
  return {
    certificate,
    issuer: parsed.issuer,
    serialNumber: parsed.serialNumber,
    keyIdentifier: extension && contentsOf(decodeElement(extension.extnValue.valueBlock.valueHexView)),
    publicKey: new X509Certificate(certificate).publicKey,
  };
}

/** IssuerAndSerialNumber (RFC 5652 §10.2.4), the names exactly as the certificate has them. */
export function issuerAndSerialNumber(identity: Identity): asn1js.BaseBlock {
  const { issuer, serialNumber } = identity;
  return new pkijs.IssuerAndSerialNumber({ issuer, serialNumber }).toSchema();
}

/**
 * Whether a SignerIdentifier or RecipientIdentifier means this certificate. Names are compared as X.520 does, not by
 * their octets: implementations re-encode them with other string types.
 */
export function isMeant(identity: Identity, identifier: unknown): boolean {
  if (identifier instanceof pkijs.IssuerAndSerialNumber) {
    return (
      sameOctets(identifier.serialNumber.valueBlock.valueHexView, identity.serialNumber.valueBlock.valueHexView) &&
      identifier.issuer.isEqual(identity.issuer)
    );
  }
  if (identity.keyIdentifier === undefined) return false;
  return sameOctets(contentsOf(identifier as asn1js.BaseBlock), identity.keyIdentifier);
}

function sameOctets(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

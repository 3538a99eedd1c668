// RecipientInfos of an EnvelopedData (RFC 5652 §6.2): who can open the content key, and with which padding.
import * as asn1js from 'asn1js';
import * as pkijs from 'pkijs';
import { HASHES, OID } from '../algorithms.js';
import { REASON, SecurityFailure } from '../failure.js';
import type { PrivateKey } from '../private-key.js';
import { algorithm, childrenOf, decodeElement, encode, integer, octetString, sequence, setOf } from './der.js';
import { type Identity, identityOf, isMeant, issuerAndSerialNumber } from './identity.js';
import { type KeyPadding, unwrapContentKey, wrapContentKey } from './key-transport.js';
import type { DecryptionKey } from './keys.js';

const RECIPIENT_COUNT_MAX = 1_000;

/** The DER of `recipientInfos` for these certificates; every recipient gets the same content key. */
export function writeRecipients(certificates: readonly Uint8Array[], contentKey: Uint8Array): Uint8Array {
  const recipients = certificates.map((certificate) => {
    const identity = identityOf(certificate);
    return sequence(
      integer(0),
      issuerAndSerialNumber(identity),
      algorithm(OID.rsaEncryption),
      octetString(wrapContentKey(identity.publicKey, contentKey)),
    );
  });
  return encode(setOf(recipients));
}

/**
 * The content key for the first recipient that is one of ours.
 *
 * @param recipientInfos the encoded SET
 * @param length octets the content cipher needs
 * @throws SecurityFailure for what anybody can see: no recipient is ours, or an algorithm nobody here knows
 */
export function readContentKey(recipientInfos: Uint8Array, keys: readonly DecryptionKey[], length: number): Uint8Array {
  const ours = keys.map(({ certificate, key }) => ({ identity: identityOf(certificate), key }));
  const found = findRecipient(readRecipients(recipientInfos), ours);
  if (found === undefined) {
    throw new SecurityFailure(REASON.decryption, 'not-a-recipient', 'It is encrypted for none of the own certificates');
  }
  const { recipient, key } = found;
  const padding = readPadding(recipient.keyEncryptionAlgorithm);
  return unwrapContentKey(key, padding, recipient.encryptedKey.valueBlock.valueHexView, length);
}

function readRecipients(recipientInfos: Uint8Array): pkijs.KeyTransRecipientInfo[] {
  const elements = childrenOf(decodeElement(recipientInfos));
  if (elements.length > RECIPIENT_COUNT_MAX) throw new Error(`it has more than ${RECIPIENT_COUNT_MAX} recipients`);
  // The other kinds (key agreement, passwords) have a context tag; OFTP does not use them.
  return elements
    .filter((element) => element instanceof asn1js.Sequence)
    .map((schema) => new pkijs.KeyTransRecipientInfo({ schema }));
}

function findRecipient(
  recipients: readonly pkijs.KeyTransRecipientInfo[],
  ours: readonly { identity: Identity; key: PrivateKey }[],
): { recipient: pkijs.KeyTransRecipientInfo; key: PrivateKey } | undefined {
  for (const recipient of recipients) {
    const own = ours.find(({ identity }) => isMeant(identity, recipient.rid));
    if (own) return { recipient, key: own.key };
  }
  return undefined;
}

function readPadding(identifier: pkijs.AlgorithmIdentifier): KeyPadding {
  if (identifier.algorithmId === OID.rsaEncryption) return { scheme: 'pkcs1' };
  if (identifier.algorithmId !== OID.rsaOaep) throw unsupported(`key encryption ${identifier.algorithmId}`);
  const parameters = identifier.algorithmParams
    ? new pkijs.RSAESOAEPParams({ schema: identifier.algorithmParams })
    : new pkijs.RSAESOAEPParams();
  const hash = HASHES.get(parameters.hashAlgorithm.algorithmId);
  if (hash === undefined) throw unsupported(`OAEP hash ${parameters.hashAlgorithm.algorithmId}`);
  if (maskHashOf(parameters.maskGenAlgorithm) !== hash) throw unsupported('OAEP with another hash for its mask');
  return { scheme: 'oaep', hash };
}

/** The hash of MGF1, by its node:crypto name. */
export function maskHashOf(mask: pkijs.AlgorithmIdentifier): string | undefined {
  if (mask.algorithmId !== OID.mgf1) return undefined;
  if (!mask.algorithmParams) return 'sha1';
  return HASHES.get(new pkijs.AlgorithmIdentifier({ schema: mask.algorithmParams }).algorithmId);
}

function unsupported(what: string): SecurityFailure {
  return new SecurityFailure(REASON.decryption, 'unsupported-algorithm', `It uses ${what}, which is not supported`);
}

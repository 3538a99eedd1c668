// EnvelopedData (RFC 5652 §6), streamed: content goes through the cipher as it comes.
import { createCipheriv, createDecipheriv, type Decipher, randomBytes } from 'node:crypto';
import * as asn1js from 'asn1js';
import * as pkijs from 'pkijs';
import { CONTENT_CIPHERS, type ContentCipher, OID } from '../algorithms.js';
import { REASON, SecurityFailure } from '../failure.js';
import { ENCRYPTION_OIDS, type EncryptionName } from '../suites.js';
import { contextTag, type Octets, primitiveContextTag, TAG } from './ber-reader.js';
import { ends, indefinite, octetStringOf } from './ber-writer.js';
import {
  ALGORITHM_LENGTH_MAX,
  closeLayer,
  isNext,
  layerStart,
  openLayer,
  readElement,
  readOid,
  SET_LENGTH_MAX,
} from './content-info.js';
import {
  algorithm,
  contentInfo,
  contentsOf,
  decodeElement,
  encode,
  encoded,
  integer,
  octetString,
  oid,
  sequence,
} from './der.js';
import type { DecryptionKey } from './keys.js';
import { readContentKey, writeRecipients } from './recipient-info.js';

export interface EnvelopeOptions {
  readonly encryption: EncryptionName;
  /** Certificates (DER) of those who may decrypt. */
  readonly recipients: readonly Uint8Array[];
}

/** Encrypts content as EnvelopedData with a fresh key and IV. */
export async function* envelop(content: Octets, options: EnvelopeOptions): AsyncGenerator<Uint8Array> {
  const cipher = CONTENT_CIPHERS.get(ENCRYPTION_OIDS[options.encryption]) as ContentCipher;
  const key = randomBytes(cipher.keyLength);
  const iv = randomBytes(cipher.ivLength);
  yield Buffer.concat([
    layerStart(OID.envelopedData, 0),
    writeRecipients(options.recipients, key),
    indefinite(TAG.sequence),
    encode(oid(OID.data)),
    encode(algorithm(cipher.oid, octetString(iv))),
  ]);
  yield* octetStringOf(primitiveContextTag(0), encrypt(content, cipher, key, iv));
  yield ends(4);
}

/** Encrypts a few octets as EnvelopedData in DER, for challenges. */
export function envelopOctets(content: Uint8Array, options: EnvelopeOptions): Uint8Array {
  const cipher = CONTENT_CIPHERS.get(ENCRYPTION_OIDS[options.encryption]) as ContentCipher;
  const key = randomBytes(cipher.keyLength);
  const iv = randomBytes(cipher.ivLength);
  const encryption = createCipheriv(cipher.name, key, iv);
  const encrypted = Buffer.concat([encryption.update(content), encryption.final()]);
  const encryptedContentInfo = sequence(
    oid(OID.data),
    algorithm(cipher.oid, octetString(iv)),
    new asn1js.Primitive({ idBlock: { tagClass: 3, tagNumber: 0 }, valueHex: encrypted }),
  );
  const recipientInfos = encoded(writeRecipients(options.recipients, key));
  return encode(contentInfo(OID.envelopedData, sequence(integer(0), recipientInfos, encryptedContentInfo)));
}

async function* encrypt(
  content: Octets,
  { name }: ContentCipher,
  key: Uint8Array,
  iv: Uint8Array,
): AsyncGenerator<Uint8Array> {
  const cipher = createCipheriv(name, key, iv);
  for await (const chunk of content) yield cipher.update(chunk);
  yield cipher.final();
}

/** What an envelope told about itself. */
export interface EnvelopeReport {
  /** The content cipher, by its node:crypto name. */
  cipher?: string;
}

/** The content of an EnvelopedData. */
export async function* openEnvelope(
  source: Octets,
  keys: readonly DecryptionKey[],
  report: EnvelopeReport,
): AsyncGenerator<Uint8Array> {
  const layer = await openLayer(source, OID.envelopedData, false);
  const { reader } = layer;
  try {
    if (await isNext(reader, contextTag(0))) await reader.element('originatorInfo', SET_LENGTH_MAX);
    if (!(await isNext(reader, TAG.set))) throw reader.malformed('recipientInfos are missing');
    const recipientInfos = await reader.element('recipientInfos', SET_LENGTH_MAX);
    await reader.open(TAG.sequence, 'encryptedContentInfo');
    await readOid(reader, 'contentType');
    const { cipher, iv } = await readElement(reader, 'the encryption algorithm', ALGORITHM_LENGTH_MAX, readCipher);
    let key: Uint8Array;
    try {
      key = readContentKey(recipientInfos, keys, cipher.keyLength);
    } catch (error) {
      if (error instanceof SecurityFailure) throw error;
      throw reader.malformed(`recipientInfos cannot be read (${(error as Error).message})`);
    }
    report.cipher = cipher.name;
    const decipher = createDecipheriv(cipher.name, key, iv);
    for await (const chunk of reader.octetString(primitiveContextTag(0), 'the encrypted content')) {
      yield decipher.update(chunk);
    }
    await reader.close();
    if (await isNext(reader, contextTag(1))) await reader.element('unprotectedAttrs', SET_LENGTH_MAX);
    await closeLayer(layer);
    yield finish(decipher);
  } finally {
    await reader.release();
  }
}

/** One message for whatever is wrong with the last block. */
function finish(decipher: Decipher): Uint8Array {
  try {
    return decipher.final();
  } catch {
    throw new SecurityFailure(REASON.decryption, 'decryption-failed', 'Decryption failed');
  }
}

function readCipher(octets: Uint8Array): { cipher: ContentCipher; iv: Uint8Array } {
  const identifier = new pkijs.AlgorithmIdentifier({ schema: decodeElement(octets) });
  const cipher = CONTENT_CIPHERS.get(identifier.algorithmId);
  if (cipher === undefined) {
    const message = `It is encrypted with ${identifier.algorithmId}, which is not supported`;
    throw new SecurityFailure(REASON.decryption, 'unsupported-algorithm', message);
  }
  const iv = contentsOf(identifier.algorithmParams);
  if (iv.length !== cipher.ivLength) throw new Error(`an IV of ${iv.length} octets`);
  return { cipher, iv };
}

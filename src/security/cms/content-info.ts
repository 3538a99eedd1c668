// What every layer starts and ends with: ContentInfo (RFC 5652 §3), the content type and the version.
import type * as asn1js from 'asn1js';
import { CONTENT_TYPE_NAMES, OID } from '../algorithms.js';
import { REASON, SecurityFailure, type SecurityReason } from '../failure.js';
import { BerReader, contextTag, type Octets, TAG } from './ber-reader.js';
import { indefinite } from './ber-writer.js';
import { decodeElement, encode, integer, oid } from './der.js';

/** The three content types that carry another. */
export type LayerType = typeof OID.signedData | typeof OID.compressedData | typeof OID.envelopedData;

const REASONS: Readonly<Record<LayerType, SecurityReason>> = {
  [OID.signedData]: REASON.signature,
  [OID.compressedData]: REASON.decompression,
  [OID.envelopedData]: REASON.decryption,
};

/** Identifiers and versions are a few octets; anything longer is not one. */
const SMALL_LENGTH_MAX = 64;
/** Algorithm identifiers with their parameters. */
export const ALGORITHM_LENGTH_MAX = 4_096;
/** Certificates, CRLs, recipients or signers of one layer. */
export const SET_LENGTH_MAX = 4 * 1_048_576;

/** A layer that has been entered: what closes it needs to know how deep it stands. */
export interface Layer {
  readonly reader: BerReader;
  readonly type: LayerType;
  readonly scopes: number;
}

/**
 * Reads a layer up to its version. Both forms are taken: with ContentInfo around it, and bare, as an outer layer has
 * it whose content type is not id-data but this one.
 *
 * @param decrypted whether the octets come out of a decryption. Then octets that are no CMS at all count as failed
 *   decryption: a wrong key, bad padding and damaged content must look the same to the sender.
 */
export async function openLayer(source: Octets, type: LayerType, decrypted: boolean): Promise<Layer> {
  const name = CONTENT_TYPE_NAMES.get(type) as string;
  const reason = REASONS[type];
  const reader = new BerReader(source, (detail) =>
    decrypted
      ? new SecurityFailure(REASON.decryption, 'decryption-failed', `Decryption gives no ${name}`)
      : new SecurityFailure(reason, 'malformed', `It is no ${name}: ${detail}`),
  );
  try {
    const scopes = await readHead(reader, type);
    reader.malformed = (detail) => new SecurityFailure(reason, 'malformed', `The ${name} is damaged: ${detail}`);
    return { reader, type, scopes };
  } catch (error) {
    await reader.release();
    throw error;
  }
}

/** ContentInfo, if there is one, and the version; gives the number of scopes that are open after it. */
async function readHead(reader: BerReader, type: LayerType): Promise<number> {
  const name = CONTENT_TYPE_NAMES.get(type) as string;
  await reader.open(TAG.sequence, 'ContentInfo');
  const wrapped = await isNext(reader, TAG.oid);
  if (wrapped) {
    const found = await readOid(reader, 'contentType');
    if (found !== type) {
      const what = CONTENT_TYPE_NAMES.get(found) ?? found;
      throw new SecurityFailure(REASONS[type], 'malformed', `It should be ${name} and is ${what}`);
    }
    await reader.open(contextTag(0), 'content');
    await reader.open(TAG.sequence, name);
  }
  await readSmall(reader, TAG.integer, 'version');
  return wrapped ? 3 : 1;
}

/** Leaves a layer. Anything after its end is refused, and with it whatever the source finds wrong at its own end. */
export async function closeLayer(layer: Layer): Promise<void> {
  for (let i = 0; i < layer.scopes; i++) await layer.reader.close();
  await layer.reader.end();
}

/** Whether the element is there that `tag` begins. */
export async function isNext(reader: BerReader, tag: number): Promise<boolean> {
  return (await reader.peek()) === tag;
}

/** Reads an object identifier. */
export async function readOid(reader: BerReader, what: string): Promise<string> {
  const element = await readSmall(reader, TAG.oid, what);
  return (element as asn1js.ObjectIdentifier).valueBlock.toString();
}

async function readSmall(reader: BerReader, tag: number, what: string): Promise<asn1js.BaseBlock> {
  if (!(await isNext(reader, tag))) throw reader.malformed(`${what} is missing`);
  return readElement(reader, what, SMALL_LENGTH_MAX, (octets) => decodeElement(octets));
}

/** Takes one small element whole and decodes it; what the decoder objects to becomes this layer's failure. */
export async function readElement<T>(
  reader: BerReader,
  what: string,
  lengthMax: number,
  decode: (octets: Uint8Array) => T,
): Promise<T> {
  const octets = await reader.element(what, lengthMax);
  try {
    return decode(octets);
  } catch (error) {
    if (error instanceof SecurityFailure) throw error;
    throw reader.malformed(`${what} cannot be read (${error instanceof Error ? error.message : String(error)})`);
  }
}

/** Start of a layer with indefinite lengths, up to its version: three scopes are open after it. */
export function layerStart(type: LayerType, version: number): Uint8Array {
  return Buffer.concat([
    indefinite(TAG.sequence),
    encode(oid(type)),
    indefinite(contextTag(0)),
    indefinite(TAG.sequence),
    encode(integer(version)),
  ]);
}

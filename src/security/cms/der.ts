// Small DER structures, on asn1js: what surrounds the content of a CMS, and the limits under which received ones are
// decoded.
import * as asn1js from 'asn1js';

/** Nodes of one decoded structure; a recipient list of 1,000 entries has about 15,000. */
const NODE_COUNT_MAX = 50_000;
const DEPTH_MAX = 32;

/**
 * Decodes one element that was taken whole.
 *
 * @throws Error when it is not BER, or beyond the limits; the caller says what it was reading
 */
export function decodeElement(octets: Uint8Array): asn1js.BaseBlock {
  const decoded = asn1js.fromBER(octets, {
    maxDepth: DEPTH_MAX,
    maxNodes: NODE_COUNT_MAX,
    maxContentLength: octets.length,
  });
  if (decoded.offset !== octets.length) throw new Error(decoded.result.error || 'octets follow its end');
  return decoded.result as asn1js.BaseBlock;
}

/** The elements of a constructed value. */
export function childrenOf(element: asn1js.BaseBlock | undefined): asn1js.BaseBlock[] {
  const value: unknown = (element?.valueBlock as { value?: unknown } | undefined)?.value;
  if (!Array.isArray(value)) throw new Error('a structure was expected');
  return value as asn1js.BaseBlock[];
}

/**
 * Contents of an element whose value is octets: INTEGER, OCTET STRING, implicit primitives. Constructed strings are
 * joined.
 */
export function contentsOf(element: asn1js.BaseBlock): Uint8Array {
  if (element instanceof asn1js.OctetString) return new Uint8Array(element.getValue());
  const { valueHexView } = element.valueBlock as unknown as { valueHexView?: Uint8Array };
  if (valueHexView === undefined) throw new Error('octets were expected');
  return valueHexView;
}

export function encode(element: asn1js.BaseBlock): Uint8Array {
  return new Uint8Array(element.toBER());
}

/** An element that is already encoded, to be placed inside another. */
export function encoded(octets: Uint8Array): asn1js.BaseBlock {
  return decodeElement(octets);
}

export const sequence = (...value: asn1js.BaseBlock[]): asn1js.Sequence => new asn1js.Sequence({ value });
export const integer = (value: number): asn1js.Integer => new asn1js.Integer({ value });
export const oid = (value: string): asn1js.ObjectIdentifier => new asn1js.ObjectIdentifier({ value });
export const octetString = (valueHex: Uint8Array): asn1js.OctetString => new asn1js.OctetString({ valueHex });

/** An AlgorithmIdentifier; parameters are NULL unless given, `absent` leaves them out. */
export function algorithm(id: string, parameters: asn1js.BaseBlock | 'absent' = new asn1js.Null()): asn1js.Sequence {
  return parameters === 'absent' ? sequence(oid(id)) : sequence(oid(id), parameters);
}

/** SET OF in DER: elements in ascending order of their encodings (X.690 §11.6). */
export function setOf(elements: readonly asn1js.BaseBlock[]): asn1js.Set {
  const ordered = elements
    .map((element) => ({ element, encoding: encode(element) }))
    .sort((a, b) => Buffer.compare(a.encoding, b.encoding));
  return new asn1js.Set({ value: ordered.map(({ element }) => element) });
}

/** Constructed [0], as EXPLICIT tagging and ContentInfo have it. */
export function explicit(...value: asn1js.BaseBlock[]): asn1js.Constructed {
  return new asn1js.Constructed({ idBlock: { tagClass: 3, tagNumber: 0 }, value });
}

/** ContentInfo (RFC 5652 §3). */
export const contentInfo = (type: string, content: asn1js.BaseBlock): asn1js.Sequence =>
  sequence(oid(type), explicit(content));

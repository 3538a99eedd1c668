// XML from outside, read without what makes XML dangerous: no document types, no entities, bounded in size and depth.
import { DOMParser } from '@xmldom/xmldom';

/** The Odette list has less than 1 MiB; national ones have up to 10. */
const XML_LENGTH_MAX = 16 * 1_048_576;
const DEPTH_MAX = 64;
const NODE_COUNT_MAX = 500_000;

/** A document that cannot be used; the message says why. */
export class XmlError extends Error {
  override readonly name = 'XmlError';
}

/** @throws XmlError */
export function textOf(octets: Uint8Array): string {
  if (octets.length > XML_LENGTH_MAX) throw new XmlError(`it has ${octets.length} octets, more than ${XML_LENGTH_MAX}`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets);
  } catch {
    throw new XmlError('it is not in UTF-8');
  }
}

/**
 * Parses text strictly: what is not well-formed is refused, not repaired.
 *
 * @throws XmlError
 */
export function parseXml(text: string): { document: Document; root: Element } {
  // Looked for in the text, before any parser sees it; inside comments it is refused as well.
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) throw new XmlError('it has a document type (DTD), which is not allowed');
  const refuse = (message: string): never => {
    throw new XmlError(`it is not well-formed: ${message.split('\n', 1)[0]}`);
  };
  const document = new DOMParser({
    errorHandler: { warning: refuse, error: refuse, fatalError: refuse },
  }).parseFromString(text, 'text/xml');
  const root = document?.documentElement;
  if (!root) throw new XmlError('it has no element');
  measure(root);
  return { document, root };
}

/** Whoever works on the tree next does so by recursion. */
function measure(root: Element): void {
  let count = 0;
  let depth = 1;
  let node: Node | null = root;
  while (node !== null) {
    count += 1 + ((node as Element).attributes?.length ?? 0);
    if (count > NODE_COUNT_MAX) throw new XmlError(`it has more than ${NODE_COUNT_MAX} elements and attributes`);
    if (node.firstChild !== null) {
      depth += 1;
      if (depth > DEPTH_MAX) throw new XmlError(`its elements are nested more than ${DEPTH_MAX} deep`);
      node = node.firstChild;
      continue;
    }
    while (node !== root && node !== null && node.nextSibling === null) {
      node = node.parentNode;
      depth -= 1;
    }
    node = node === root || node === null ? null : node.nextSibling;
  }
}

/** The elements of this name straight under an element. */
export function childrenNamed(parent: Element, namespace: string, name: string): Element[] {
  return Array.from(parent.childNodes).filter(
    (node): node is Element => (node as Element).localName === name && (node as Element).namespaceURI === namespace,
  );
}

/** The elements at the end of a path of names, all in one namespace. */
export function elementsAt(root: Element, namespace: string, ...path: readonly string[]): Element[] {
  return path.reduce(
    (parents: Element[], name) => parents.flatMap((parent) => childrenNamed(parent, namespace, name)),
    [root],
  );
}

/** The text of the first element at the end of a path, or undefined. */
export function textAt(root: Element, namespace: string, ...path: readonly string[]): string | undefined {
  return elementsAt(root, namespace, ...path)[0]?.textContent?.trim();
}

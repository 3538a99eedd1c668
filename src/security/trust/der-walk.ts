// Elements of DER read in place: a revocation list may have a million entries, too many to make objects of.

export interface DerElement {
  readonly tag: number;
  /** Where its identifier begins, its contents begin, and it ends. */
  readonly start: number;
  readonly contents: number;
  readonly end: number;
}

/** @throws Error when no element of a definite length stands there */
export function elementAt(octets: Uint8Array, start: number, limit: number = octets.length): DerElement {
  const [tag, first] = [octets[start], octets[start + 1]];
  if (tag === undefined || first === undefined || start + 2 > limit) throw new Error('it ends too early');
  // Tags above 30 do not occur in what is read here; an indefinite length is not DER.
  if ((tag & 0x1f) === 0x1f || first === 0x80 || first > 0x84) throw new Error('it is not DER');
  let length = first;
  let contents = start + 2;
  if (first > 0x80) {
    length = 0;
    for (let left = first - 0x80; left > 0; left--)
      length = length * 256 + (octets[contents++] ?? Number.POSITIVE_INFINITY);
  }
  const end = contents + length;
  if (!(end <= limit)) throw new Error('it ends too early');
  return { tag, start, contents, end };
}

/** The elements inside a constructed one, as they are asked for. */
export function* elementsIn(octets: Uint8Array, { contents, end }: DerElement): Generator<DerElement> {
  for (let at = contents; at < end; ) {
    const element = elementAt(octets, at, end);
    yield element;
    at = element.end;
  }
}

export const octetsOf = (octets: Uint8Array, { start, end }: DerElement): Uint8Array => octets.subarray(start, end);
export const contentsIn = (octets: Uint8Array, { contents, end }: DerElement): Uint8Array =>
  octets.subarray(contents, end);

/** Characters and digits in octets, without allocation beyond the result. */

const DIGIT_ZERO = 0x30;
const SPACE = 0x20;
/** Long numbers are taken apart here: nine digits fit into 32 bits, with which an engine computes fastest. */
const PART_WIDTH = 9;
const PART = 10 ** PART_WIDTH;
const PART_BIGINT = BigInt(PART);

/** The octets as latin1 characters: each octet is one character of the same number. */
export function readLatin1(octets: Uint8Array, start: number, end: number): string {
  const codes: number[] = [];
  for (let at = start; at < end; at += 1) codes.push(octets[at] as number);
  return String.fromCharCode(...codes);
}

/** Writes characters below 256, and spaces up to `width`. */
export function writeLatin1(octets: Uint8Array, start: number, width: number, text: string): void {
  for (let at = 0; at < text.length; at += 1) octets[start + at] = text.charCodeAt(at);
  octets.fill(SPACE, start + text.length, start + width);
}

/** `start`, or the place behind the last octet that is no space. */
export function endOfText(octets: Uint8Array, start: number, end: number): number {
  let at = end;
  while (at > start && octets[at - 1] === SPACE) at -= 1;
  return at;
}

export function equalsLatin1(octets: Uint8Array, start: number, text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    if (octets[start + at] !== text.charCodeAt(at)) return false;
  }
  return true;
}

/** A number of at most 15 digits; -1 if one of the octets is no digit. */
export function readNumber(octets: Uint8Array, start: number, width: number): number {
  let number = 0;
  for (let at = start; at < start + width; at += 1) {
    const digit = (octets[at] as number) - DIGIT_ZERO;
    // An octet out of range reads as undefined and makes NaN, which fails this comparison as well.
    if (!(digit >= 0 && digit <= 9)) return -1;
    number = number * 10 + digit;
  }
  return number;
}

/** A number of at most 24 digits without loss; -1n if one of the octets is no digit. */
export function readCount(octets: Uint8Array, start: number, width: number): bigint {
  const highWidth = Math.max(0, width - PART_WIDTH);
  const high = readNumber(octets, start, highWidth);
  const low = readNumber(octets, start + highWidth, width - highWidth);
  if (high < 0 || low < 0) return -1n;
  return high === 0 ? BigInt(low) : BigInt(high) * PART_BIGINT + BigInt(low);
}

/** Writes a safe integer of at most `width` digits, right justified, padded with zeros. */
export function writeNumber(octets: Uint8Array, start: number, width: number, number: number): void {
  if (width <= PART_WIDTH) {
    writePart(octets, start, width, number);
    return;
  }
  const high = Math.floor(number / PART);
  writePart(octets, start, width - PART_WIDTH, high);
  writePart(octets, start + width - PART_WIDTH, PART_WIDTH, number - high * PART);
}

/** As `writeNumber`, for at most 18 digits. */
export function writeCount(octets: Uint8Array, start: number, width: number, count: bigint): void {
  const number = Number(count);
  if (Number.isSafeInteger(number)) {
    writeNumber(octets, start, width, number);
    return;
  }
  writePart(octets, start, width - PART_WIDTH, Number(count / PART_BIGINT));
  writePart(octets, start + width - PART_WIDTH, PART_WIDTH, Number(count % PART_BIGINT));
}

/** Writes at most nine digits. */
function writePart(octets: Uint8Array, start: number, width: number, number: number): void {
  let rest = number | 0;
  for (let at = start + width - 1; at >= start; at -= 1) {
    octets[at] = DIGIT_ZERO + (rest % 10);
    rest = (rest / 10) | 0;
  }
}

/** An unsigned number of two octets, network order. */
export function readUnsigned16(octets: Uint8Array, start: number): number {
  return ((octets[start] as number) << 8) | (octets[start + 1] as number);
}

export function writeUnsigned16(octets: Uint8Array, start: number, number: number): void {
  octets[start] = number >>> 8;
  octets[start + 1] = number & 0xff;
}

// Writes BER for content whose length is not known beforehand: indefinite lengths, octet strings in pieces.
import { CONSTRUCTED, type Octets, TAG } from './ber-reader.js';

/** Octets of content in a piece. Large enough for ciphers and zlib, small enough for any reader's memory. */
const PIECE_LENGTH = 65_536;
/** Identifier, length-of-length, three octets of length. */
const PIECE_HEADER_LENGTH = 5;

const FULL_PIECE_HEADER = Uint8Array.of(TAG.octetString, 0x83, 0x01, 0x00, 0x00);
const END_OF_CONTENTS = Uint8Array.of(0, 0);

/** Start of a constructed element with indefinite length. */
export const indefinite = (tag: number): Uint8Array => Uint8Array.of(tag | CONSTRUCTED, 0x80);

/** Ends as many indefinite-length elements. */
export const ends = (count: number): Uint8Array => Buffer.concat(Array<Uint8Array>(count).fill(END_OF_CONTENTS));

/**
 * A constructed octet string of indefinite length.
 *
 * @param tag identifier octet of the primitive form
 */
export async function* octetStringOf(tag: number, content: Octets): AsyncGenerator<Uint8Array> {
  yield indefinite(tag);
  const piece = new Uint8Array(PIECE_HEADER_LENGTH + PIECE_LENGTH);
  let used = 0;
  let written = false;
  for await (const chunk of content) {
    for (let taken = 0; taken < chunk.length; ) {
      if (used === 0 && chunk.length - taken >= PIECE_LENGTH) {
        // The usual case, by far: content comes in steps of the same length, and need not be copied.
        yield FULL_PIECE_HEADER;
        yield chunk.subarray(taken, taken + PIECE_LENGTH);
        taken += PIECE_LENGTH;
        written = true;
        continue;
      }
      const part = chunk.subarray(taken, taken + PIECE_LENGTH - used);
      piece.set(part, PIECE_HEADER_LENGTH + used);
      used += part.length;
      taken += part.length;
      if (used === PIECE_LENGTH) {
        yield finishPiece(piece, used);
        used = 0;
        written = true;
      }
    }
  }
  // Some readers take a constructed string without any piece for absent content.
  if (used > 0 || !written) yield finishPiece(piece, used);
  yield END_OF_CONTENTS;
}

/** Puts the header right before the content, in the shortest form. */
function finishPiece(piece: Uint8Array, length: number): Uint8Array {
  const header =
    length < 0x80
      ? [TAG.octetString, length]
      : length < 0x100
        ? [TAG.octetString, 0x81, length]
        : length < 0x10000
          ? [TAG.octetString, 0x82, length >> 8, length & 0xff]
          : [TAG.octetString, 0x83, length >> 16, (length >> 8) & 0xff, length & 0xff];
  const start = PIECE_HEADER_LENGTH - header.length;
  piece.set(header, start);
  return piece.subarray(start, PIECE_HEADER_LENGTH + length);
}

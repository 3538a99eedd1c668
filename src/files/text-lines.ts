/** What is checked of a file before it is sent as text, format T: how long its lines are (RFC 5024 §1.5.3). */

/** Longest line of a text file, in octets, without its end. */
export const TEXT_LINE_MAX = 2048;

const LF = 0x0a;
const CR = 0x0d;

/**
 * Counts the octets of lines that come in pieces. Lines end with CR LF; LF alone is taken for an end too, as otherwise
 * a short file with other line ends would pass and a long one not.
 */
export class TextLines {
  /** Number of the line that is being counted; the first is 1. */
  #line = 1;
  /** Octets of it so far, a CR at the end included. */
  #length = 0;
  #endsWithCR = false;

  /** The number of the first line that is too long, as soon as it is known. */
  tooLong: number | undefined;

  /** The next piece of the file. */
  push(bytes: Uint8Array): void {
    let start = 0;
    while (start < bytes.length && this.tooLong === undefined) {
      const lineFeed = bytes.indexOf(LF, start);
      const end = lineFeed === -1 ? bytes.length : lineFeed;
      this.#append(bytes, start, end);
      if (lineFeed === -1) return;
      this.#check();
      this.#line += 1;
      this.#length = 0;
      this.#endsWithCR = false;
      start = lineFeed + 1;
    }
  }

  /** The last line needs no end. A CR at the end of the file that no LF follows belongs to its line. */
  end(): void {
    this.#endsWithCR = false;
    this.#check();
  }

  #append(bytes: Uint8Array, start: number, end: number): void {
    if (start === end) return;
    this.#length += end - start;
    this.#endsWithCR = bytes[end - 1] === CR;
    this.#check();
  }

  #check(): void {
    if (this.#length - (this.#endsWithCR ? 1 : 0) > TEXT_LINE_MAX) this.tooLong ??= this.#line;
  }
}

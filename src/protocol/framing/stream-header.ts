/**
 * The Stream Transmission Header (STH) in front of every exchange buffer on TCP (RFC 5024 §8.2), in network order:
 *
 *    0         4         8                                              31
 *   | version | flags   | length of header and exchange buffer together   |
 */

/** Octets of the header. */
export const STH_LENGTH = 4;

/** Octets of the shortest Stream Transmission Buffer: the header and a command of one octet. */
export const STB_LENGTH_MIN = 5;

/** Octets of the longest one: the header and the longest exchange buffer that can be agreed, 99999 octets. */
export const STB_LENGTH_MAX = 100_003;

const VERSION = 1;

/** Why a Stream Transmission Buffer is refused, known from the beginning of it. */
export interface HeaderFailure {
  readonly field: 'version' | 'length';
  /** What the field holds. */
  readonly value: number;
  /** ESIDREAS for the peer (RFC 5024 §5.3.11): 01 not a command of this protocol, 07 length. */
  readonly reason: 1 | 7;
  /** A sentence for people. */
  readonly detail: string;
}

/**
 * Reads a header, given as its four octets in one 32-bit number: the length of the Stream Transmission Buffer, header
 * included (5 to 100003 octets), or why it is refused. The flags are reserved: not looked at, as §8.2 asks to be
 * liberal.
 */
export function readHeader(header: number): number | HeaderFailure {
  const version = header >>> 28;
  if (version !== VERSION) {
    const detail = `the stream header has version ${version}, must be ${VERSION}: the peer does not speak OFTP here`;
    return { field: 'version', value: version, reason: 1, detail };
  }
  const length = header & 0xff_ffff;
  if (length >= STB_LENGTH_MIN && length <= STB_LENGTH_MAX) return length;
  const detail = `the stream header has length ${length}, must be ${STB_LENGTH_MIN} to ${STB_LENGTH_MAX}`;
  return { field: 'length', value: length, reason: 7, detail };
}

/**
 * Writes the header of a Stream Transmission Buffer of `length` octets, header included, at `at`.
 *
 * @throws RangeError if the length is not 5 to 100003
 */
export function writeHeader(octets: Uint8Array, at: number, length: number): void {
  if (!(length >= STB_LENGTH_MIN && length <= STB_LENGTH_MAX)) {
    throw new RangeError(`a stream buffer of ${length} octets, must be ${STB_LENGTH_MIN} to ${STB_LENGTH_MAX}`);
  }
  octets[at] = VERSION << 4;
  octets[at + 1] = length >>> 16;
  octets[at + 2] = length >>> 8;
  octets[at + 3] = length;
}

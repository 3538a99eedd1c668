/**
 * What the signature of an end response covers (RFC 5024 §5.3.13, §5.3.14): the fields in their full width, padding
 * included, one behind the other. The reason of a NERP is not among them.
 */
import { type EERP, encodeCommand, type NERP } from './codec.js';

const HEADER_LENGTH = 4;

/** Positions in the exchange buffer: name, stamp, DEST and ORIG, for NERP also CREA; 94 and 119 octets. */
const RANGES = {
  EERP: [
    [1, 27],
    [30, 48],
    [56, 106],
  ],
  NERP: [
    [1, 27],
    [33, 126],
  ],
} as const;

const CREATOR_LENGTH = 25;

export function signedFields(response: EERP | NERP): Uint8Array {
  const octets = encodeCommand(5, { ...response, sig: new Uint8Array(0) }).subarray(HEADER_LENGTH);
  const parts = RANGES[response.name].map(([start, end]) => octets.subarray(start, end));
  return joined([...parts, response.hsh]);
}

/** A NERP as Accord signs it, which leaves out CREA. */
export function signedFieldsWithoutCreator(response: NERP): Uint8Array {
  const fields = signedFields(response);
  const creator = fields.length - response.hsh.length - CREATOR_LENGTH;
  return joined([fields.subarray(0, creator), response.hsh]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const octets = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    octets.set(part, at);
    at += part.length;
  }
  return octets;
}

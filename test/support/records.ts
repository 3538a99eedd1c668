/** Records on the wire and in local files, written and read independently of src/. */
import type { RawPeer } from './peer.js';
import { type Received, subrecordsOf } from './received.js';
import { open } from './scenario.js';
import { efid, rawData, type SfidFields } from './wire.js';

export type RecordList = readonly (string | Uint8Array)[];

export function octetsOf(record: string | Uint8Array): Buffer {
  return typeof record === 'string' ? Buffer.from(record, 'latin1') : Buffer.from(record);
}

/** Octets of all records, without delimiters. */
export function unitCount(records: RecordList): number {
  return records.reduce((sum, record) => sum + record.length, 0);
}

/** Each record followed by CR LF. */
export function lines(records: RecordList): Buffer {
  return Buffer.concat(records.flatMap((record) => [octetsOf(record), Buffer.from('\r\n')]));
}

/** Each record behind its length in two octets. */
export function prefixed(records: RecordList): Buffer {
  return Buffer.concat(
    records.flatMap((record) => [Buffer.from([record.length >> 8, record.length & 0xff]), octetsOf(record)]),
  );
}

/** The subrecords of one record, at most `longest` octets each; the flag on the last one only if the record ends. */
export function subrecordsFor(record: string | Uint8Array, { ends = true, longest = 63 } = {}): Buffer[] {
  const octets = octetsOf(record);
  const found: Buffer[] = [];
  for (let at = 0; at === 0 || at < octets.length; at += longest) {
    const piece = octets.subarray(at, at + longest);
    const last = at + longest >= octets.length;
    found.push(Buffer.concat([Buffer.from([(last && ends ? 0x80 : 0) | piece.length]), piece]));
  }
  return found;
}

/** DATA buffers of at most `size` octets (D included), filled with whole subrecords. */
export function dataOf(subrecords: readonly Buffer[], size = 2048): Buffer[] {
  const buffers: Buffer[] = [];
  let fill: Buffer[] = [];
  let length = 1;
  for (const subrecord of subrecords) {
    if (length + subrecord.length > size) {
      buffers.push(rawData(Buffer.concat(fill)));
      [fill, length] = [[], 1];
    }
    fill.push(subrecord);
    length += subrecord.length;
  }
  if (fill.length > 0) buffers.push(rawData(Buffer.concat(fill)));
  return buffers;
}

/** The DATA buffers of a whole file of records. */
export function recordBuffers(records: RecordList, size = 2048): Buffer[] {
  return dataOf(
    records.flatMap((record) => subrecordsFor(record)),
    size,
  );
}

/** Sends DATA within the credit window. */
export async function sendBuffers(peer: RawPeer, buffers: readonly Buffer[], window = 99): Promise<void> {
  for (let at = 0; at < buffers.length; at += window) {
    const group = buffers.slice(at, at + window);
    peer.send(...group);
    if (group.length === window) await peer.expect('CDT');
  }
}

/** Offers and sends a file of records; returns the answer to its EFID. */
export async function transferRecords(
  peer: RawPeer,
  records: RecordList,
  { rcnt = records.length, ...fields }: SfidFields & { rcnt?: number },
): Promise<Received> {
  await open(peer, fields);
  await sendBuffers(peer, recordBuffers(records));
  peer.send(efid(peer.level, { rcnt, ucnt: unitCount(records) }));
  return peer.expectOneOf('EFPA', 'EFNA');
}

/** The records that these DATA buffers carry, the last of which must be complete. */
export function recordsIn(buffers: readonly Received[]): Buffer[] {
  const records: Buffer[] = [];
  let parts: Buffer[] = [];
  for (const { endOfRecord, compressed, count, octets } of buffers.flatMap(subrecordsOf)) {
    parts.push(compressed ? Buffer.alloc(count, octets) : octets);
    if (!endOfRecord) continue;
    records.push(Buffer.concat(parts));
    parts = [];
  }
  if (parts.length > 0) throw new Error(`the last record has no end of record flag: ${Buffer.concat(parts).length}`);
  return records;
}

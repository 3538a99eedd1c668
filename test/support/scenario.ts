/** Stretches of a session that many tests pass through, seen from the scripted peer. */
import type { RawPeer } from './peer.js';
import type { Received } from './received.js';
import { cdt, dataBuffers, efid, efpa, type SfidFields, sfid, sfpa } from './wire.js';

/** Offers a file that the other side takes. */
export async function open(peer: RawPeer, fields: SfidFields = {}): Promise<Received> {
  peer.send(sfid(peer.level, fields));
  return peer.expect('SFPA');
}

/** Sends a whole U or T file within the credit window; returns the answer to EFID, which must be positive. */
export async function transfer(
  peer: RawPeer,
  octets: Uint8Array,
  { window = 99, size = 2048, ...fields }: SfidFields & { window?: number; size?: number } = {},
): Promise<Received> {
  await open(peer, fields);
  let credit = window;
  for (const buffer of dataBuffers(octets, size)) {
    peer.send(buffer);
    credit -= 1;
    if (credit === 0) {
      await peer.expect('CDT');
      credit = window;
    }
  }
  peer.send(efid(peer.level, { ucnt: octets.length }));
  return peer.expect('EFPA');
}

export interface ReceivedFile {
  readonly sfid: Received;
  readonly data: readonly Received[];
  readonly efid: Received;
}

/** Takes the file that the other side offers next, up to its EFID. `position` is the restart position to answer. */
export async function receiveUpToEfid(peer: RawPeer, { window = 99, position = 0 } = {}): Promise<ReceivedFile> {
  const offer = await peer.expect('SFID');
  peer.send(sfpa(peer.level, position));
  const buffers: Received[] = [];
  for (;;) {
    const received = await peer.expectOneOf('DATA', 'EFID');
    if (received.name === 'EFID') return { sfid: offer, data: buffers, efid: received };
    buffers.push(received);
    if (buffers.length % window === 0) peer.send(cdt());
  }
}

/** Takes the file that the other side offers next and confirms it. */
export async function receive(
  peer: RawPeer,
  options: { window?: number; answer?: Buffer } = {},
): Promise<ReceivedFile> {
  const file = await receiveUpToEfid(peer, options);
  peer.send(options.answer ?? efpa());
  return file;
}

/** n octets in which every value occurs and no two neighbouring buffers are equal. */
export function sample(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, at) => (at * 7 + (at >> 8)) & 0xff));
}

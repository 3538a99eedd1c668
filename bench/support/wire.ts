/** The few octets that a load without a client of ours needs. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { encodeCommand } from '../../src/protocol/commands/codec.js';
import { DATA_OCTET } from '../../src/protocol/framing/data-buffers.js';
import { STH_LENGTH, writeHeader } from '../../src/protocol/framing/stream-header.js';

const BUFFER_LENGTH = 2048;
/** A subrecord: its octets, and the flag of the last one of a record (RFC 5024 §7.2). */
const SUBRECORD_MAX = 63;
const END_OF_RECORD = 0x80;
/** Where SFIDDSN begins in the Stream Transmission Buffer (RFC 5024 §5.3.3), and its length. */
const DSN_AT = STH_LENGTH + 1;
const DSN_LENGTH = 26;

/** Who takes files in benchmarks. */
const HUB = 'O0013BENCHHUB';

/** What an Initiator sends until its session is open, each buffer after an answer of the Responder. */
export function openingDialogue(code: string): readonly Buffer[] {
  const ssid = encodeCommand(5, {
    name: 'SSID',
    lev: 5,
    code,
    pswd: '',
    sdeb: BUFFER_LENGTH,
    sr: 'B',
    cmpr: false,
    rest: true,
    spec: false,
    cred: 99,
    auth: false,
    user: '',
  });
  return [Buffer.from(ssid)];
}

/** Waits for the greeting of the other side, and for its answer to each of the buffers. */
export async function converse(socket: Socket, buffers: readonly Buffer[]): Promise<Socket> {
  socket.on('error', () => {});
  await once(socket, 'data');
  for (const buffer of buffers) {
    socket.write(buffer);
    await once(socket, 'data');
  }
  return socket;
}

export const RTR = Buffer.from(encodeCommand(5, { name: 'RTR' }));
export const CD = Buffer.from(encodeCommand(5, { name: 'CD' }));
export const ESID = Buffer.from(encodeCommand(5, { name: 'ESID', reas: 0, reast: '' }));

/** SFID of a file of so many octets, by its name. */
export function offers(originator: string, octets: number): (name: string) => Buffer {
  const blocks = Math.ceil(octets / 1024);
  const sfid = encodeCommand(5, {
    name: 'SFID',
    dsn: '',
    date: '20260101',
    time: '1200000001',
    user: '',
    dest: HUB,
    orig: originator,
    fmt: 'U',
    lrecl: 0,
    fsiz: blocks,
    osiz: blocks,
    rest: 0n,
    sec: 0,
    ciph: 0,
    comp: 0,
    env: 0,
    sign: false,
    desc: '',
  });
  return (name) => {
    const offer = Buffer.from(sfid);
    offer.write(name.padEnd(DSN_LENGTH), DSN_AT, 'latin1');
    return offer;
  };
}

/** The content as DATA exchange buffers, and EFID behind them. It must not need more of them than there is credit. */
export function transferOf(content: Buffer): Buffer {
  const buffers: Buffer[] = [];
  for (let from = 0; from < content.length; ) {
    const buffer = Buffer.alloc(STH_LENGTH + BUFFER_LENGTH);
    let at = buffer.writeUInt8(DATA_OCTET, STH_LENGTH);
    while (from < content.length && at + 1 < buffer.length) {
      const length = Math.min(SUBRECORD_MAX, content.length - from, buffer.length - at - 1);
      at = buffer.writeUInt8(from + length === content.length ? END_OF_RECORD | length : length, at);
      at += content.copy(buffer, at, from, from + length);
      from += length;
    }
    writeHeader(buffer, 0, at);
    buffers.push(buffer.subarray(0, at));
  }
  const efid = encodeCommand(5, { name: 'EFID', rcnt: 0n, ucnt: BigInt(content.length) });
  return Buffer.concat([...buffers, efid]);
}

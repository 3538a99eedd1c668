/** The few octets that a load without a client of ours needs. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { encodeCommand } from '../../src/protocol/commands/codec.js';

/** What an Initiator sends until its session is open, each buffer after an answer of the Responder. */
export function openingDialogue(code: string): readonly Buffer[] {
  const ssid = encodeCommand(5, {
    name: 'SSID',
    lev: 5,
    code,
    pswd: '',
    sdeb: 2048,
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

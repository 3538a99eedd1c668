/** A file over TCP without a protocol: the limit that transfers are measured against. */
import { once } from 'node:events';
import { type FileHandle, open } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { type ConnectionOptions, connect as connectTls, createServer as createTls, type TlsOptions } from 'node:tls';

const BLOCK_OCTETS = 256 * 1024;
const WRITES_MAX = 4;

/**
 * Sends a file of some octets and waits for an answer after each window, and at the end until the file is synced. With
 * `tls` it goes over TLS.
 */
export async function rawSend(
  port: number,
  path: string,
  octets: number,
  window: number,
  tls?: ConnectionOptions,
): Promise<void> {
  const target = { port, host: '127.0.0.1', noDelay: true };
  const socket = tls === undefined ? connect(target) : connectTls({ ...target, ...tls });
  await once(socket, tls === undefined ? 'connect' : 'secureConnect');
  const file = await open(path);
  try {
    await sendContent(socket, file, octets, window);
  } finally {
    await file.close();
    socket.destroy();
  }
}

async function sendContent(socket: Socket, file: FileHandle, octets: number, window: number): Promise<void> {
  const head = Buffer.alloc(16);
  head.writeDoubleBE(octets, 0);
  head.writeDoubleBE(window, 8);
  socket.write(head);
  const blocks = [Buffer.allocUnsafe(BLOCK_OCTETS), Buffer.allocUnsafe(BLOCK_OCTETS)];
  let position = 0;
  for (let turn = 0; position < octets; turn += 1) {
    const left = window - (position % window);
    const block = blocks[turn % 2] as Buffer;
    const { bytesRead } = await file.read(block, 0, Math.min(block.length, left, octets - position), position);
    const taken = new Promise((resolve) => socket.write(block.subarray(0, bytesRead), resolve));
    position += bytesRead;
    if (position % window === 0 || position === octets) await once(socket, 'data');
    else await taken;
  }
}

/** Takes such files. */
export async function rawReceiver(folder: string, tls?: TlsOptions): Promise<Server> {
  let count = 0;
  const take = (socket: Socket) => {
    count += 1;
    void receive(socket, join(folder, `raw-${count}`));
  };
  const server = tls === undefined ? createServer({ noDelay: true }, take) : createTls({ ...tls, noDelay: true }, take);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function receive(socket: Socket, path: string): Promise<void> {
  socket.on('error', () => {});
  const file: FileHandle = await open(path, 'w');
  if (socket.destroyed) return await file.close();
  let octets = Number.NaN;
  let window = 0;
  let position = 0;
  let written = 0;
  let writing = 0;
  let cutOff = false;
  socket.on('close', () => {
    cutOff = written !== octets;
    if (cutOff) void file.close();
  });
  socket.on('data', (chunk: Buffer) => {
    let data = chunk;
    if (Number.isNaN(octets)) {
      octets = data.readDoubleBE(0);
      window = data.readDoubleBE(8);
      data = data.subarray(16);
      if (data.length === 0) return;
    }
    const at = position;
    position += data.length;
    writing += 1;
    if (writing >= WRITES_MAX) socket.pause();
    file.write(data, 0, data.length, at).then(async () => {
      writing -= 1;
      written += data.length;
      // Nobody counts what did not come whole.
      if (cutOff) return;
      if (writing < WRITES_MAX) socket.resume();
      if (written === octets) await file.sync();
      if (written === position && (written % window === 0 || written === octets)) socket.write('.');
      if (written === octets) await file.close();
    });
  });
}

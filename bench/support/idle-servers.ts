/**
 * The serving process of the connection benchmark: an OFTP server whose sessions stay idle, or a bare TCP server whose
 * sockets do. It tells its memory when it is asked.
 */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { OFTPServer } from '../../src/index.js';

const [kind = 'oftp', sessions = '1000'] = process.argv.slice(2);

async function oftpPort(): Promise<number> {
  const server = new OFTPServer({
    serverSsidCode: 'O0013BENCHHUB',
    serverSfidCode: 'O0013BENCHHUB',
    localHost: '127.0.0.1',
    localPort: 0,
    statePath: null,
    maxConnections: Number(sessions) + 100,
    connectionBacklog: 4096,
    defaultTimeout: 0,
  });
  server.on('acceptConnection', () => {});
  server.on('error', ({ description }) => console.error(description));
  await server.startListening();
  return server.localPort;
}

async function barePort(): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    // What a server must at least do: say something, and take what comes.
    socket.write('.');
    socket.on('data', () => {});
  });
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve));
  return (server.address() as AddressInfo).port;
}

const port = await (kind === 'oftp' ? oftpPort() : barePort());
process.on('message', () => {
  globalThis.gc?.();
  globalThis.gc?.();
  process.send?.({ rss: process.memoryUsage.rss() });
});
process.send?.({ port });

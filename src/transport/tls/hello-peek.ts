import type { Socket } from 'node:net';
import { type ClientHello, ClientHelloReader } from '../../security/tls/client-hello.js';
import { handshakeCut, handshakeError, handshakeTimedOut } from './failures.js';
import { type HandshakeLimits, watchLimits } from './handshake.js';

/**
 * Reads the hello of a client and puts its octets back, so that the handshake finds the connection untouched.
 *
 * @param socket paused and half-open
 * @param doing names the handshake in errors
 * @returns nothing where the client has sent something else: the handshake tells it so
 * @throws OFTPError 10054 when the client closed the connection, 10060 when a limit has passed, that of the system, or
 *   the reason of the signal; the socket is closed then
 */
export function peekHello(socket: Socket, doing: string, limits: HandshakeLimits): Promise<ClientHello | undefined> {
  const { signal } = limits;
  return new Promise((resolve, reject) => {
    const reader = new ClientHelloReader();
    const stop = () => {
      unwatch();
      signal?.removeEventListener('abort', aborted);
      socket.off('readable', take).off('error', failed).off('end', cut).off('close', cut);
    };
    const fail = (error: Error) => {
      stop();
      reject(error);
      socket.destroy();
    };
    const take = () => {
      const octets: Buffer | null = socket.read();
      if (octets === null) return;
      const hello = reader.push(octets);
      if (hello === 'more') return;
      stop();
      socket.unshift(reader.octets);
      resolve(hello === 'malformed' ? undefined : hello);
    };
    const failed = (error: Error) => fail(handshakeError(error, doing));
    const cut = () => fail(handshakeCut(doing));
    const aborted = () => fail(signal?.reason as Error);
    const unwatch = watchLimits(socket, limits, (why) => fail(handshakeTimedOut(doing, why)));
    socket.on('readable', take).on('error', failed).on('end', cut).on('close', cut);
    if (signal?.aborted) aborted();
    signal?.addEventListener('abort', aborted);
  });
}

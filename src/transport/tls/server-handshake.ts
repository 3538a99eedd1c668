import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { SOCKET_OPTIONS } from '../sockets.js';
import type { TlsContext } from './context.js';
import { handshakeCut } from './failures.js';
import { type HandshakeLimits, handshakeDone } from './handshake.js';
import { type RecordListener, RecordTap } from './record-tap.js';

/** What somebody wants to hear of a TLS connection; with nobody listening nothing of it is made. */
export interface TlsListeners {
  /** A line for SSLKeyLogFile. */
  readonly onKeyLog?: ((line: Buffer) => void) | undefined;
  /** A TLS record in either direction. */
  readonly onRecord?: RecordListener | undefined;
}

export interface ServerHandshake extends HandshakeLimits, TlsListeners {
  readonly context: TlsContext;
  /** Asks the client for a certificate. What it is worth is for the caller to find out. */
  readonly requestCertificate: boolean;
}

/**
 * Answers the handshake of a client.
 *
 * @param socket paused and half-open. Octets of the ClientHello that somebody has read are put back with `unshift`.
 * @param doing names the handshake in errors
 * @returns a paused stream for a channel
 * @throws as {@link handshakeDone}; the socket is closed then
 */
export async function acceptTls(socket: Socket, doing: string, options: ServerHandshake): Promise<TLSSocket> {
  if (socket.destroyed) throw handshakeCut(doing);
  const { context, requestCertificate, onKeyLog, onRecord } = options;
  const stream = new TLSSocket(onRecord === undefined ? socket : new RecordTap(socket, onRecord), {
    ...SOCKET_OPTIONS,
    isServer: true,
    secureContext: context.secureContext,
    requestCert: requestCertificate,
    // The verdict is the caller's, who can say more than that the handshake has failed.
    rejectUnauthorized: false,
  });
  if (onKeyLog !== undefined) stream.on('keylog', onKeyLog);
  await handshakeDone(stream, 'secure', socket, doing, options);
  return stream;
}

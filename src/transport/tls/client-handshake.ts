import { isIP, type Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { SOCKET_OPTIONS } from '../sockets.js';
import type { TlsContext } from './context.js';
import { type HandshakeLimits, handshakeDone } from './handshake.js';
import { RecordTap } from './record-tap.js';
import type { TlsListeners } from './server-handshake.js';

export interface ClientHandshake extends HandshakeLimits, TlsListeners {
  readonly context: TlsContext;
  /** The name that the server is asked for; an address is not sent. */
  readonly serverName: string;
  /** An earlier session with the same server to resume. */
  readonly session?: Buffer | undefined;
  /** A session that can be resumed; with TLS 1.3 some time after the handshake, and several times. */
  readonly onSession?: ((session: Buffer) => void) | undefined;
}

/**
 * Opens TLS on a connection with a server. Whether the server is who it should be is for the caller to find out before
 * anything is written.
 *
 * @param socket connected, paused, half-open and not yet read from
 * @param doing names the handshake in errors
 * @returns a paused stream for a channel
 * @throws as {@link handshakeDone}; the socket is closed then
 */
export async function connectTls(socket: Socket, doing: string, options: ClientHandshake): Promise<TLSSocket> {
  const { context, serverName, session, onSession, onKeyLog, onRecord } = options;
  const stream = connect({
    ...SOCKET_OPTIONS,
    socket: onRecord === undefined ? socket : new RecordTap(socket, onRecord),
    secureContext: context.secureContext,
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    ...(isIP(serverName) === 0 ? { servername: serverName } : {}),
    ...(session === undefined ? {} : { session }),
  });
  if (onKeyLog !== undefined) stream.on('keylog', onKeyLog);
  if (onSession !== undefined) stream.on('session', onSession);
  await handshakeDone(stream, 'secureConnect', socket, doing, options);
  return stream;
}

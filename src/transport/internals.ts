/**
 * Everything undocumented of Node.js that the transport touches, each behind a check of what is there.
 *
 * - `socket._handle`: taken from an accepted socket and given to a new one (`new Socket({ handle, pauseOnCreate })`),
 *   because `onread`, which lets the system read straight into a buffer of ours, is an option of the constructor only.
 * - The `onread` callback is called as a method of its socket, and `read(0)` goes on after `pause`, at once, where
 *   `resume` would wait for the next tick. Their documentation does not say so.
 * - A `TLSSocket` on the server's side that no `tls.Server` has made emits `secure` when its handshake is done, and
 *   only `handle.verifyError()` tells what OpenSSL has found about the client's certificate.
 * - `handle.bytesWritten` and `handle.writeQueueSize`: what the stream has handed to the event loop, and how much of
 *   that the kernel has not taken yet. `socket.bytesWritten` counts both.
 */

import { EventEmitter, once } from 'node:events';
import { type AddressInfo, connect, createServer, type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';

/** Milliseconds after which the self-test counts as failed. It takes a few. */
const SELF_TEST_LIMIT_MS = 2000;

interface Handle {
  readonly useUserBuffer?: unknown;
  readonly readStart?: unknown;
  readonly readStop?: unknown;
  readonly bytesWritten?: unknown;
  readonly writeQueueSize?: unknown;
  readonly verifyError?: unknown;
}

interface Internals {
  _handle?: Handle | null;
}

interface InternalOptions extends SocketConstructorOpts {
  readonly handle: Handle;
  readonly onread: OnReadOpts;
  readonly pauseOnCreate: boolean;
  readonly writableHighWaterMark: number;
}

/**
 * Moves an accepted connection to a new socket that reads into `onread.buffer`. The new socket is half-open and paused;
 * the old one is destroyed and emits `close`.
 *
 * @param accepted a socket of a server with `pauseOnConnect`, from which nothing has been read
 * @returns undefined, with nothing changed, when the handle is not what it is expected to be
 */
export function takeOver(accepted: Socket, onread: OnReadOpts): Socket | undefined {
  const internals = accepted as Internals;
  const handle = internals._handle;
  if (accepted.destroyed || !handle || !readsIntoBuffers(handle)) return undefined;
  const options: InternalOptions = {
    handle,
    onread,
    pauseOnCreate: true,
    allowHalfOpen: true,
    writableHighWaterMark: accepted.writableHighWaterMark,
  };
  internals._handle = null;
  const socket = new Socket(options);
  accepted.destroy();
  return socket;
}

function readsIntoBuffers({ useUserBuffer, readStart, readStop }: Handle): boolean {
  return [useUserBuffer, readStart, readStop].every((method) => typeof method === 'function');
}

/** Octets written to a stream so far that the kernel has taken; undefined when the stream does not tell. */
export function octetsTaken(stream: object): number | undefined {
  const handle = (stream as Internals)._handle;
  if (typeof handle?.bytesWritten !== 'number' || typeof handle.writeQueueSize !== 'number') return undefined;
  return handle.bytesWritten - handle.writeQueueSize;
}

/**
 * What OpenSSL objects to in the certificate of a TLS peer, as `tlsSocket.authorizationError` spells it; undefined
 * when it found nothing wrong. Where Node.js does not tell, nothing has been verified.
 */
export function verificationOf(stream: object): string | undefined {
  const handle = (stream as Internals)._handle;
  if (typeof handle?.verifyError !== 'function') return 'UNSPECIFIED';
  const error = handle.verifyError() as NodeJS.ErrnoException | null | undefined;
  return error ? (error.code ?? error.message) : undefined;
}

let verdict: Promise<boolean> | undefined;

/**
 * Whether accepted connections can be moved to sockets that read into a buffer of ours: one connection over the
 * loopback interface is moved and must read, stop, go on, answer, see the end and close as any other. Tried once a
 * process.
 */
export function canTakeOver(): Promise<boolean> {
  verdict ??= selfTest().catch(() => false);
  return verdict;
}

async function selfTest(): Promise<boolean> {
  const signal = AbortSignal.timeout(SELF_TEST_LIMIT_MS);
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
  const sockets: Socket[] = [];
  try {
    // Exclusive: in a worker of a cluster the client could come to another worker.
    server.listen({ port: 0, host: '127.0.0.1', exclusive: true });
    await once(server, 'listening', { signal });
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    sockets.push(client.on('error', () => {}));
    const [accepted] = (await once(server, 'connection', { signal })) as [Socket];
    sockets.push(accepted.on('error', () => {}));
    const reads = new TrialReads();
    const taken = takeOver(accepted, reads.onread);
    if (taken === undefined) return false;
    sockets.push(taken.on('error', () => {}));
    return await reads.pass(client, taken, signal);
  } finally {
    server.close();
    for (const socket of sockets) socket.destroy();
  }
}

/** The reading side of the self-test. */
class TrialReads {
  readonly onread: OnReadOpts;
  /** What has been read so far, and by which socket. */
  readonly #heard: string[] = [];
  #caller: unknown;
  readonly #events = new EventEmitter();

  constructor() {
    const trial = this;
    const buffer = new Uint8Array(16);
    this.onread = {
      buffer,
      callback(this: unknown, length) {
        trial.#caller = this;
        trial.#heard.push(Buffer.from(buffer.subarray(0, length)).toString('latin1'));
        trial.#events.emit('heard');
        return true;
      },
    };
  }

  async pass(client: Socket, taken: Socket, signal: AbortSignal): Promise<boolean> {
    client.write('one');
    await turnTwice();
    if (this.#heard.length > 0) return false;
    const heard = once(this.#events, 'heard', { signal });
    taken.read(0);
    await heard;
    if (this.#heard.join('') !== 'one' || this.#caller !== taken) return false;
    taken.pause();
    taken.write('two');
    const [answer] = await once(client, 'data', { signal });
    client.end('three');
    await turnTwice();
    if (String(answer) !== 'two' || this.#heard.length > 1) return false;
    const ended = once(taken, 'end', { signal });
    taken.read(0);
    await ended;
    if (this.#heard.join('') !== 'onethree' || taken.destroyed) return false;
    const closed = once(taken, 'close', { signal });
    taken.end();
    await closed;
    return true;
  }
}

/** Time for octets to come that must not, because the socket is paused. */
async function turnTwice(): Promise<void> {
  await new Promise(setImmediate);
  await new Promise(setImmediate);
}

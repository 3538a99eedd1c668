import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** ContentType (RFC 8446 §5.1, RFC 5246 §6.2.1). From the keys on, all records of TLS 1.3 call themselves the last. */
const TYPES: ReadonlyMap<number, string> = new Map([
  [20, 'change cipher spec'],
  [21, 'alert'],
  [22, 'handshake'],
  [23, 'application data'],
]);

const VERSIONS: ReadonlyMap<number, string> = new Map([
  [0x0301, 'TLS 1.0'],
  [0x0302, 'TLS 1.1'],
  // TLS 1.3 keeps this number on the wire.
  [0x0303, 'TLS 1.2'],
]);

const HEADER_LENGTH = 5;

/** Told about each record as soon as its header has passed. */
export type RecordListener = (message: string) => void;

/** Finds the headers of records in octets that come in pieces. */
class RecordHeaders {
  readonly #tell: (type: number, version: number, length: number) => void;
  readonly #header = Buffer.alloc(HEADER_LENGTH);
  /** Octets of the header that have come. */
  #filled = 0;
  /** Octets of the record's content that are still to come. */
  #left = 0;

  constructor(tell: (type: number, version: number, length: number) => void) {
    this.#tell = tell;
  }

  take(octets: Uint8Array): void {
    for (let at = 0; at < octets.length; ) {
      const skipped = Math.min(this.#left, octets.length - at);
      this.#left -= skipped;
      at += skipped;
      const wanted = Math.min(HEADER_LENGTH - this.#filled, octets.length - at);
      this.#header.set(octets.subarray(at, at + wanted), this.#filled);
      this.#filled += wanted;
      at += wanted;
      if (this.#filled < HEADER_LENGTH) return;
      this.#filled = 0;
      this.#left = this.#header.readUInt16BE(3);
      this.#tell(this.#header.readUInt8(0), this.#header.readUInt16BE(1), this.#left);
    }
  }
}

/**
 * Stands between a socket and TLS and tells about the records that pass (setting LogSSLPackets). Both directions end on
 * their own, as those of the socket do.
 */
export class RecordTap extends Duplex {
  readonly #socket: Socket;
  readonly #received: RecordHeaders;
  readonly #sent: RecordHeaders;

  /** @param socket paused and half-open */
  constructor(socket: Socket, listener: RecordListener) {
    super({ allowHalfOpen: true });
    this.#socket = socket;
    this.#received = new RecordHeaders((...record) => listener(describe('received', ...record)));
    this.#sent = new RecordHeaders((...record) => listener(describe('sent', ...record)));
    socket.on('data', (octets: Buffer) => {
      this.#received.take(octets);
      if (!this.push(octets)) socket.pause();
    });
    socket.on('end', () => this.push(null));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(octets: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#sent.take(octets);
    this.#socket.write(octets, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(() => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}

function describe(direction: string, type: number, version: number, length: number): string {
  const what = TYPES.get(type) ?? `record of type ${type}`;
  return `${direction} ${what}, ${VERSIONS.get(version) ?? `version ${version.toString(16)}`}, ${length} octets`;
}

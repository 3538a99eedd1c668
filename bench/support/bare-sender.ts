/**
 * Sends small files over a bare socket: prepared octets and no more logic than the protocol asks for, so that nearly
 * all of what a file costs is cost of the server.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { readHeader, STH_LENGTH } from '../../src/protocol/framing/stream-header.js';
import { CD, converse, ESID, offers, openingDialogue, RTR, transferOf } from './wire.js';

/** A batch of files that is under way. */
interface Batch {
  left: number;
  answered: number;
  resolve(answered: number): void;
  reject(error: Error): void;
}

export class BareSender {
  readonly #socket: Socket;
  readonly #offer: (name: string) => Buffer;
  readonly #transfer: Buffer;
  readonly #prefix: string;
  /** The files of all batches so far. */
  #files = 0;
  #batch: Batch | undefined;
  /** Of a Stream Transmission Buffer that has not come whole. */
  #rest: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket, code: string, content: Buffer, prefix: string) {
    this.#socket = socket;
    this.#offer = offers(code, content.length);
    this.#transfer = transferOf(content);
    this.#prefix = prefix;
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('close', () => this.#batch?.reject(new Error('the server has closed the connection')));
  }

  /** @param prefix of the virtual file names, which are to differ from those of other sessions under this code */
  static async open(port: number, code: string, content: Buffer, prefix = 'F'): Promise<BareSender> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    return new BareSender(await converse(socket, openingDialogue(code)), code, content, prefix);
  }

  /** Sends so many files, hands over the turn and takes the end responses: how many that were. */
  send(files: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#batch = { left: files, answered: 0, resolve, reject };
      this.#next(this.#batch);
    });
  }

  async close(): Promise<void> {
    this.#socket.end(ESID);
    await once(this.#socket, 'close');
  }

  #next(batch: Batch): void {
    if (batch.left === 0) {
      this.#socket.write(CD);
      return;
    }
    batch.left -= 1;
    this.#files += 1;
    this.#socket.write(this.#offer(`${this.#prefix}${this.#files}`));
  }

  #receive(chunk: Buffer): void {
    let octets = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (octets.length > STH_LENGTH) {
      const length = readHeader(octets.readUInt32BE());
      if (typeof length !== 'number') throw new Error(length.detail);
      if (octets.length < length) break;
      this.#handle(String.fromCharCode(octets[STH_LENGTH] as number));
      octets = octets.subarray(length);
    }
    this.#rest = octets;
  }

  /** @param command its first octet (RFC 5024 §5.3) */
  #handle(command: string): void {
    const batch = this.#batch;
    // SFPA, EFPA, EERP and the CD that brings the turn back.
    if (batch !== undefined && command === '2') this.#socket.write(this.#transfer);
    else if (batch !== undefined && command === '4') this.#next(batch);
    else if (batch !== undefined && command === 'E') {
      batch.answered += 1;
      this.#socket.write(RTR);
    } else if (batch !== undefined && command === 'R') {
      this.#batch = undefined;
      batch.resolve(batch.answered);
    } else this.#socket.destroy(new Error(`the server answers with ${command}`));
  }
}

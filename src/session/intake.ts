import { type StreamBufferHandler, StreamBufferReader } from '../protocol/framing/stream-buffer-reader.js';
import type { HeaderFailure } from '../protocol/framing/stream-header.js';
import type { SessionContext } from './context.js';
import type { IncomingFiles } from './incoming-files.js';
import type { Trail } from './trail.js';

/** Octets that a connection without a session may send ahead of the answers it has to wait for. */
const CARRY_LIMIT_UNIDENTIFIED = 256;

/** EERP or NERP with the longest hash and signature that their length fields can announce, capped by the STH. */
const COMMAND_LENGTH_MAX = 100003;

/**
 * The reading side of a session: octets of the channel become exchange buffers, DATA goes to the file being received,
 * commands to the entity. As long as a decision is awaited, the file cannot be written as fast or the peer does not
 * take its answers, what has been read already is carried, and the channel reads no more.
 */
export class Intake implements StreamBufferHandler {
  readonly #session: SessionContext;
  readonly #incoming: IncomingFiles;
  readonly #trail: Trail;
  readonly #reader = new StreamBufferReader(this);
  #carried: Uint8Array | undefined;
  #choked = false;
  #peerEnded = false;

  constructor(session: SessionContext, incoming: IncomingFiles, trail: Trail) {
    this.#session = session;
    this.#incoming = incoming;
    this.#trail = trail;
    this.#reader.commandLengthMax = CARRY_LIMIT_UNIDENTIFIED;
  }

  /** Exchange buffers received so far. */
  get buffers(): number {
    return this.#reader.buffers;
  }

  /** An exchange buffer has begun that is not complete yet, and nothing but the peer delays it. */
  get midBuffer(): boolean {
    return this.#reader.partial && this.#carried === undefined && !this.#reader.paused;
  }

  /** The session is open: its partner is known and may send commands of any length. */
  open(): void {
    this.#reader.commandLengthMax = COMMAND_LENGTH_MAX;
  }

  /** The session is over. */
  close(): void {
    this.#carried = undefined;
    this.#choked = false;
  }

  /** The peer does not take the answers to what it sends: it has to wait with asking for more until `drained`. */
  choke(): void {
    this.#choked = true;
  }

  drained(): void {
    this.#choked = false;
    this.goOn();
  }

  get peerEnded(): boolean {
    return this.#peerEnded;
  }

  /** The peer has sent its last octet. */
  end(): void {
    this.#peerEnded = true;
    this.goOn();
  }

  /** Takes octets out of the read area. */
  read(start: number, end: number): void {
    const { bytes } = this.#session.environment.memory;
    const used = this.#reader.read(bytes, start, end);
    if (start + used < end && !this.#session.over) this.#carry(bytes, start + used, end);
  }

  /** Goes on with carried octets when nothing holds them back any longer. */
  goOn(): void {
    const session = this.#session;
    this.#reader.paused = this.#waits;
    while (this.#carried !== undefined && !this.#reader.paused && !this.#incoming.full && !session.over) {
      const octets = this.#carried;
      this.#carried = undefined;
      const { bytes, readStart } = session.environment.memory;
      bytes.set(octets, readStart);
      this.read(readStart, readStart + octets.length);
      session.flush();
    }
    if (this.#carried !== undefined && !session.over) return;
    session.channel.resume();
    if (this.#peerEnded && !session.over && !session.entity.deciding) {
      session.entity.disconnected();
      session.flush();
    }
  }

  // StreamBufferHandler

  onHeaderInvalid(failure: HeaderFailure): void {
    this.#session.entity.invalidBuffer(failure.reason, failure.detail);
  }

  onCommand(octets: Uint8Array): void {
    const command = this.#session.entity.receive(octets);
    this.#trail.command('received', octets, command);
    this.#reader.paused = this.#waits;
    // A challenge comes before the session is open.
    if (this.#session.entity.agreement?.authentication) this.open();
  }

  onDataStart(length: number): boolean {
    if (!this.#session.entity.beginData(length)) return false;
    this.#trail.dataStart(length);
    return true;
  }

  onData(bytes: Uint8Array, start: number, end: number): number {
    const taken = this.#incoming.take(start, end);
    this.#trail.data(bytes, start, start + taken);
    return taken;
  }

  onDataEnd(): void {
    this.#trail.dataEnd();
    const { entity } = this.#session;
    if (this.#incoming.insideSubrecord) {
      entity.invalidBuffer(7, 'DATA ends inside a subrecord');
      return;
    }
    entity.holdCredit(this.#incoming.full);
    entity.endData();
  }

  /** Nothing of the peer is looked at. */
  get #waits(): boolean {
    return this.#session.entity.deciding || this.#choked;
  }

  #carry(bytes: Uint8Array, start: number, end: number): void {
    if (!this.#session.opened && end - start > CARRY_LIMIT_UNIDENTIFIED) {
      this.#session.entity.invalidBuffer(2, `${end - start} octets sent ahead of the answer to SSID`);
      return;
    }
    this.#carried = bytes.slice(start, end);
    this.#session.channel.pause();
  }
}

import { Entity } from '../protocol/entity.js';
import { type StreamBufferHandler, StreamBufferReader } from '../protocol/framing/stream-buffer-reader.js';
import type { HeaderFailure } from '../protocol/framing/stream-header.js';
import type { Indication, SessionEnd } from '../protocol/indications.js';
import type { SessionOffer } from '../protocol/negotiate.js';
import { OFTPError, systemError } from '../settings/errors.js';
import type { SettingValues } from '../settings/settings.js';
import type { Channel, ChannelHandler } from '../transport/channel.js';
import { Authentication } from './authentication.js';
import type { Confirmation, SessionContext } from './context.js';
import { Deadlines } from './deadlines.js';
import type { Environment } from './environment.js';
import { IncomingFiles } from './incoming-files.js';
import type { Monitor } from './monitor.js';
import { Processing } from './processing.js';
import { Trail } from './trail.js';
import { Turn } from './turn.js';

/** Octets that a connection without a session may send ahead of the answers it has to wait for. */
const CARRY_LIMIT_UNIDENTIFIED = 256;

/** EERP or NERP with the longest hash and signature that their length fields can announce, capped by the STH. */
const COMMAND_LENGTH_MAX = 100003;

/**
 * Drives one connection: octets of the channel go through the stream buffer reader into the protocol entity, its output
 * goes back to the channel, and its indications become questions to the monitor, files and turns. Confirmations are
 * handled at once; what needs an answer of the application is handled strictly in order, one after the other.
 */
export class Session implements SessionContext, ChannelHandler, StreamBufferHandler {
  readonly channel: Channel;
  readonly environment: Environment;
  readonly settings: SettingValues;
  readonly monitor: Monitor;
  readonly entity: Entity;
  readonly turn: Turn;
  readonly incoming: IncomingFiles;
  readonly #processing: Processing;
  readonly #authentication: Authentication;
  partner = '';
  readonly #reader: StreamBufferReader;
  readonly #trail: Trail;
  readonly #deadlines: Deadlines;
  #order: Promise<void> = Promise.resolve();
  /** Octets that came while a decision was awaited; the channel does not read as long as there are any. */
  #carried: Uint8Array | undefined;
  #peerEnded = false;
  #opened = false;
  #over = false;
  /** The session ended by an ESID of either side. */
  #released = false;
  readonly #whenClosed = new Set<() => void>();

  constructor(
    role: 'initiator' | 'responder',
    channel: Channel,
    environment: Environment,
    settings: SettingValues,
    monitor: Monitor,
    offer: SessionOffer,
  ) {
    this.channel = channel;
    this.environment = environment;
    this.settings = settings;
    this.monitor = monitor;
    this.entity = new Entity(role, offer);
    this.#trail = new Trail(monitor);
    this.#reader = new StreamBufferReader(this);
    this.#reader.commandLengthMax = CARRY_LIMIT_UNIDENTIFIED;
    this.turn = new Turn(this, role === 'responder');
    this.#processing = new Processing(this);
    this.incoming = new IncomingFiles(this, this.#processing);
    this.#authentication = new Authentication(this);
    this.#deadlines = new Deadlines(this);
  }

  get opened(): boolean {
    return this.#opened;
  }

  /** The session ended by an ESID of either side, not by a lost connection. */
  get released(): boolean {
    return this.#released;
  }

  get over(): boolean {
    return this.#over;
  }

  get full(): boolean {
    return this.incoming.full;
  }

  get midBuffer(): boolean {
    return this.#reader.partial && this.#carried === undefined;
  }

  get buffersRead(): number {
    return this.#reader.buffers;
  }

  exchange(send: () => void): Promise<Confirmation> {
    return this.turn.exchange(send);
  }

  responsesReady(): Promise<void> {
    return this.#processing.settled(this.settings.endResponseWait);
  }

  responseQueued(): void {
    this.turn.respond();
  }

  answerAtOnce(): void {
    this.turn.answerAtOnce();
  }

  whenClosed(action: () => void): void {
    this.#whenClosed.add(action);
  }

  start(): void {
    this.channel.start(this);
    this.#deadlines.start();
    this.entity.connected();
    this.flush();
  }

  /** Ends the session by an ESID with this reason; the connection closes when the peer has got it. */
  abort(end: SessionEnd): void {
    this.entity.abort(end);
    this.flush();
  }

  flush(): void {
    const first = this.entity.takeOctets();
    if (first !== undefined) this.#transmit(first);
    for (let indication = this.entity.takeIndication(); indication; indication = this.entity.takeIndication()) {
      this.#dispatch(indication);
    }
    if (this.entity.ended) this.#finish();
    this.#goOn();
  }

  inOrder(task: () => Promise<void>): void {
    this.#order = this.#order.then(task).catch((error: unknown) => {
      this.fail(
        error instanceof OFTPError ? error : new OFTPError(671, `the session failed: ${error}`, { cause: error }),
      );
    });
  }

  fail(error: OFTPError): void {
    this.monitor.error(error);
    this.abort({ reason: 99, detail: 'local error' });
  }

  // ChannelHandler

  onOctets(start: number, end: number): void {
    // After the own ESID the peer's own one still counts: it says that nothing more will come.
    if (this.#over && this.entity.state !== 'WF_NDISC') return;
    this.#feed(start, end);
    this.flush();
  }

  onDrain(): void {
    this.turn.poke();
  }

  onEnd(): void {
    this.#peerEnded = true;
    if (this.#over) this.channel.end();
    this.#goOn();
  }

  onClose(error: Error | undefined): void {
    if (error === undefined) this.entity.disconnected();
    else this.entity.failed(error.message);
    this.flush();
    this.#finish();
    this.#deadlines.stop();
    for (const action of this.#whenClosed) action();
    this.monitor.closed(this.#released ? undefined : lossOf(error));
  }

  // StreamBufferHandler

  onHeaderInvalid(failure: HeaderFailure): void {
    this.entity.invalidBuffer(failure.reason, failure.detail);
  }

  onCommand(octets: Uint8Array): void {
    const command = this.entity.receive(octets);
    this.#trail.command('received', octets, command);
    this.#reader.paused = this.entity.deciding;
    // A challenge comes before the session is open.
    if (this.entity.agreement?.authentication) this.#reader.commandLengthMax = COMMAND_LENGTH_MAX;
  }

  onDataStart(length: number): boolean {
    if (!this.entity.beginData(length)) return false;
    this.#trail.dataStart(length);
    return true;
  }

  onData(bytes: Uint8Array, start: number, end: number): number {
    const taken = this.incoming.take(start, end);
    this.#trail.data(bytes, start, start + taken);
    return taken;
  }

  onDataEnd(): void {
    this.#trail.dataEnd();
    if (this.incoming.insideSubrecord) {
      this.entity.invalidBuffer(7, 'DATA ends inside a subrecord');
      return;
    }
    this.entity.holdCredit(this.incoming.full);
    this.entity.endData();
  }

  /** Takes what was left lying, grants the credit that was kept back, reads on. */
  roomAgain(): void {
    if (this.#over) return;
    this.entity.holdCredit(false);
    this.flush();
  }

  trailSent(octets: Uint8Array): void {
    this.#trail.sent(octets);
  }

  // Inside

  #feed(start: number, end: number): void {
    const { bytes } = this.environment.memory;
    const used = this.#reader.read(bytes, start, end);
    if (start + used < end && !this.#over) this.#carry(bytes, start + used, end);
  }

  #carry(bytes: Uint8Array, start: number, end: number): void {
    if (!this.#opened && end - start > CARRY_LIMIT_UNIDENTIFIED) {
      this.entity.invalidBuffer(2, `${end - start} octets sent ahead of the answer to SSID`);
      return;
    }
    this.#carried = bytes.slice(start, end);
    this.channel.pause();
  }

  /** Goes on with carried octets when nothing holds them back any longer. */
  #goOn(): void {
    this.#reader.paused = this.entity.deciding;
    while (this.#carried !== undefined && !this.#reader.paused && !this.incoming.full && !this.#over) {
      const octets = this.#carried;
      this.#carried = undefined;
      const { bytes, readStart } = this.environment.memory;
      bytes.set(octets, readStart);
      this.#feed(readStart, readStart + octets.length);
      this.flush();
    }
    if (this.#carried !== undefined && !this.#over) return;
    this.channel.resume();
    if (this.#peerEnded && !this.#over && !this.entity.deciding) {
      this.entity.disconnected();
      this.flush();
    }
  }

  #transmit(first: Uint8Array): void {
    const second = this.entity.takeOctets();
    if (second === undefined) {
      this.#write(first);
      return;
    }
    this.channel.cork();
    this.#write(first);
    this.#write(second);
    for (let octets = this.entity.takeOctets(); octets; octets = this.entity.takeOctets()) this.#write(octets);
    this.channel.uncork();
  }

  #write(octets: Uint8Array): void {
    this.#trail.sent(octets);
    this.channel.write(octets);
  }

  #dispatch(indication: Indication): void {
    switch (indication.name) {
      case 'F_CONNECT_IND':
        this.inOrder(() => this.#identify(indication));
        break;
      case 'F_CONNECT_CF':
        this.#open(indication);
        break;
      case 'F_START_FILE_IND':
        this.inOrder(() => this.incoming.offer(indication.sfid));
        break;
      case 'F_CLOSE_FILE_IND':
        this.inOrder(() => this.incoming.close(indication.efid));
        break;
      case 'F_EERP_IND':
        this.inOrder(() => this.turn.responses.receive(indication.eerp));
        break;
      case 'F_NERP_IND':
        this.inOrder(() => this.turn.responses.receive(indication.nerp));
        break;
      case 'F_CD_IND':
        this.inOrder(async () => this.turn.begin());
        break;
      case 'F_RELEASE_IND':
        this.#released = true;
        this.#finish();
        break;
      case 'F_ABORT_IND':
        this.#aborted(indication);
        break;
      case 'N_DISC_RQ':
        this.#finish();
        this.channel.end();
        break;
      case 'CHALLENGE_RQ':
      case 'RESPONSE_RQ':
      case 'VERIFY_RQ':
        this.inOrder(() => this.#authentication.handle(indication));
        break;
      default:
        this.turn.confirm(indication);
    }
  }

  async #identify({ ssid }: Extract<Indication, { name: 'F_CONNECT_IND' }>): Promise<void> {
    this.partner = ssid.code;
    let answer: SessionOffer | SessionEnd;
    try {
      answer = await this.monitor.identify(ssid);
    } catch {
      answer = { reason: 99, detail: 'the session could not be accepted' };
    }
    if (this.#over) return;
    if ('reason' in answer) this.entity.abort(answer);
    else this.entity.confirmSession(answer);
    this.flush();
  }

  #open({ ssid, agreement }: Extract<Indication, { name: 'F_CONNECT_CF' }>): void {
    this.partner = ssid.code;
    this.#opened = true;
    this.#reader.commandLengthMax = COMMAND_LENGTH_MAX;
    this.monitor.opened(agreement, ssid);
    this.inOrder(() => this.#processing.resume());
    if (this.entity.idleSpeaker) this.inOrder(async () => this.turn.begin());
  }

  #aborted({ origin, reason, detail }: Extract<Indication, { name: 'F_ABORT_IND' }>): void {
    const code = origin === 'distant' ? (DISTANT_ERRORS[reason] ?? 671) : 671;
    const who = { local: 'ended here', distant: 'ended by the peer', network: 'lost' }[origin];
    if (origin === 'distant') this.#released = true;
    if (reason !== 0) {
      this.monitor.error(new OFTPError(code, `session ${who}, reason ${reason}: ${detail}`, { reasonCode: reason }));
    }
    this.#finish();
  }

  /** The session is over; the ESID may still be on its way. */
  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#carried = undefined;
    this.turn.end();
    this.incoming.end();
    this.monitor.finished();
    // What was written still goes out, the ESID above all.
    const endedHere = this.entity.state === 'WF_NDISC';
    if (endedHere) this.#released = true;
    if (!endedHere || this.settings.disconnectAfterEndSession) this.channel.end();
  }
}

/** A connection that ended without ESID: the system's error, or the peer's unannounced FIN. */
function lossOf(error: Error | undefined): OFTPError {
  if (error === undefined) return new OFTPError(10054, 'the peer closed the connection without ESID');
  return error instanceof OFTPError ? error : systemError(error);
}

/** ESIDREAS of the peer and the error it means for this side (codes of the reference). */
const DISTANT_ERRORS: Readonly<Record<number, 675 | 677>> = { 3: 675, 4: 677 };

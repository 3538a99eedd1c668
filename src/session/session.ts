import { reasonText } from '../protocol/commands/reasons.js';
import { Entity } from '../protocol/entity.js';
import type { Indication, SessionEnd } from '../protocol/indications.js';
import type { SessionOffer } from '../protocol/negotiate.js';
import { OFTPError } from '../settings/errors.js';
import type { SettingValues } from '../settings/settings.js';
import type { Channel, ChannelHandler } from '../transport/channel.js';
import { connectionError } from '../transport/tls/failures.js';
import { Authentication } from './authentication.js';
import type { Confirmation, SessionContext } from './context.js';
import { Deadlines } from './deadlines.js';
import type { Environment } from './environment.js';
import { IncomingFiles } from './incoming-files.js';
import { Intake } from './intake.js';
import type { Monitor } from './monitor.js';
import { Processing } from './processing.js';
import { Trail } from './trail.js';
import { Turn } from './turn.js';

/** By what the session ended: a normal ESID, any other ESID, the loss of the connection, a wish of the application. */
type Ending = 'release' | 'abort' | 'loss' | 'disconnect';

/**
 * Drives one connection: octets of the channel go through the stream buffer reader into the protocol entity, its output
 * goes back to the channel, and its indications become questions to the monitor, files and turns. Confirmations are
 * handled at once; what needs an answer of the application is handled strictly in order, one after the other.
 */
export class Session implements SessionContext, ChannelHandler {
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
  readonly #intake: Intake;
  readonly #trail: Trail;
  readonly #deadlines: Deadlines;
  #order: Promise<void> = Promise.resolve();
  #opened = false;
  #over = false;
  #ending: Ending | undefined;
  #expiry: OFTPError | undefined;
  /** The own FIN is out, or on its way behind what was written. */
  #halfClosed = false;
  /** Made by the first who wants to know. */
  #whenClosed: Set<() => void> | undefined;

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
    this.turn = new Turn(this, role === 'responder');
    this.#processing = new Processing(this);
    this.incoming = new IncomingFiles(this, this.#processing);
    this.#authentication = new Authentication(this);
    this.#intake = new Intake(this, this.incoming, this.#trail);
    this.#deadlines = new Deadlines(this);
  }

  get opened(): boolean {
    return this.#opened;
  }

  /** The session has been open and ended in good order. */
  get released(): boolean {
    return this.#opened && this.#ending === 'release';
  }

  get over(): boolean {
    return this.#over;
  }

  /** Settles when what the session has under way with files, the store and the application is done. */
  get settled(): Promise<void> {
    return Promise.all([this.#order, this.turn.settled]).then(async () => {
      await this.#processing.recorded;
    });
  }

  get midBuffer(): boolean {
    return this.#intake.midBuffer;
  }

  get full(): boolean {
    return this.incoming.full;
  }

  get peerEnded(): boolean {
    return this.#intake.peerEnded;
  }

  get halfClosed(): boolean {
    return this.#halfClosed;
  }

  get buffersRead(): number {
    return this.#intake.buffers;
  }

  exchange(send: () => void): Promise<Confirmation> {
    return this.turn.exchange(send);
  }

  responseQueued(): void {
    this.turn.respond();
  }

  answerAtOnce(): void {
    this.turn.answerAtOnce();
  }

  whenClosed(action: () => void): () => void {
    this.#whenClosed ??= new Set();
    this.#whenClosed.add(action);
    return () => this.#whenClosed?.delete(action);
  }

  start(): void {
    this.channel.start(this);
    this.#deadlines.start();
    // A handler of `connected` may have closed the connection again.
    if (this.#over) return;
    this.entity.connected();
    this.flush();
  }

  /** Ends the session by an ESID with this reason; the connection closes when the peer has got it. */
  abort(end: SessionEnd): void {
    if (!this.#over) this.#ending = 'abort';
    this.entity.abort(end);
    this.flush();
  }

  /** Ends the session by an ESID with this reason, and the connection whatever the peer does. */
  shutDown(end: SessionEnd): void {
    this.abort(end);
    this.#halfClose();
  }

  /** Ends the connection without a word, as the setting Linger says. */
  disconnect(): void {
    if (!this.#over) this.#ending = 'disconnect';
    this.entity.disconnected();
    this.flush();
    this.#halfClosed = true;
    this.channel.close();
  }

  timedOut(expiry: string): void {
    this.#expiry = new OFTPError(10060, expiry);
    this.entity.timedOut(expiry);
    this.flush();
  }

  flush(): void {
    this.#transmit();
    for (let indication = this.entity.takeIndication(); indication; indication = this.entity.takeIndication()) {
      this.#dispatch(indication);
    }
    if (this.entity.ended) this.#finish();
    else this.turn.observe();
    this.#intake.goOn();
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
    this.#intake.read(start, end);
    this.flush();
  }

  onDrain(): void {
    this.turn.poke();
    this.#intake.drained();
  }

  onEnd(): void {
    if (this.#over) this.#halfClose();
    this.#intake.end();
  }

  onClose(error: Error | undefined): void {
    if (error === undefined) this.entity.disconnected();
    else this.entity.failed(error.message);
    this.flush();
    this.#finish();
    this.#deadlines.stop();
    for (const action of this.#whenClosed ?? []) action();
    this.monitor.closed(this.#expiry ?? (this.#ending === 'loss' ? lossOf(error) : undefined));
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

  /** One write for all that there is to say. A peer that is slow to take answers has to wait with asking for more. */
  #transmit(): void {
    const first = this.entity.takeOctets();
    if (first === undefined) return;
    const buffers = [first];
    for (let next = this.entity.takeOctets(); next; next = this.entity.takeOctets()) buffers.push(next);
    const octets = buffers.length === 1 ? first : Buffer.concat(buffers);
    this.#trail.sent(octets);
    if (!this.channel.write(octets)) this.#intake.choke();
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
        this.#beginTurn();
        break;
      case 'F_RELEASE_IND':
        this.#finish('release');
        break;
      case 'F_ABORT_IND':
        this.#aborted(indication);
        break;
      case 'N_DISC_RQ':
        // How the session ended is told by the indication that comes with this one, before or (§9.9 D) after it.
        this.#halfClose();
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
    if ('reason' in answer) {
      this.abort(answer);
      return;
    }
    this.entity.confirmSession(answer);
    this.flush();
  }

  #open({ ssid, agreement }: Extract<Indication, { name: 'F_CONNECT_CF' }>): void {
    this.partner = ssid.code;
    this.#opened = true;
    this.#intake.open();
    this.monitor.opened(agreement, ssid);
    this.inOrder(() => this.#processing.resume());
    if (this.entity.idleSpeaker) this.#beginTurn();
  }

  /** End responses go first: the turn waits for what is still being processed, but not for as long as that may take. */
  #beginTurn(): void {
    const patience = this.settings.endResponseWait * 1000;
    const timer = this.environment.clock.schedule(patience, () => this.turn.begin());
    const processed = this.#order.then(() => this.#processing.settled);
    void processed.then(() => {
      if (!timer.pending) return;
      timer.cancel();
      this.turn.begin();
    });
  }

  #aborted({ origin, reason, detail }: Extract<Indication, { name: 'F_ABORT_IND' }>): void {
    if (reason !== 0 && this.#ending === undefined) {
      const code = origin === 'distant' ? (DISTANT_ERRORS[reason] ?? 671) : 671;
      const who = { local: 'ended here', distant: 'ended by the peer', network: 'lost' }[origin];
      const why = detail === '' ? reasonText('ESID', reason) : detail;
      this.monitor.error(new OFTPError(code, `session ${who}, reason ${reason}: ${why}`, { reasonCode: reason }));
    }
    if (origin === 'network') this.#finish('loss');
    else this.#finish(reason === 0 ? 'release' : 'abort');
  }

  /** The session is over; the ESID may still be on its way. */
  #finish(ending: Ending = 'release'): void {
    if (this.#over) return;
    this.#over = true;
    this.#ending ??= ending;
    this.#intake.close();
    this.turn.end();
    this.incoming.end();
    this.#deadlines.sessionOver();
    this.monitor.finished();
    if (this.#ending === 'disconnect') return;
    if (this.entity.state !== 'WF_NDISC' || this.settings.disconnectAfterEndSession) this.#halfClose();
  }

  /** What was written still goes out, the ESID above all. */
  #halfClose(): void {
    this.#halfClosed = true;
    this.channel.end();
  }
}

/** A connection that ended without ESID: the system's error, or the peer's unannounced FIN. */
function lossOf(error: Error | undefined): OFTPError {
  if (error === undefined) return new OFTPError(10054, 'the peer closed the connection without ESID');
  return error instanceof OFTPError ? error : connectionError(error);
}

/** ESIDREAS of the peer and the error it means for this side (codes of the reference). */
const DISTANT_ERRORS: Readonly<Record<number, 675 | 677>> = { 3: 675, 4: 677 };

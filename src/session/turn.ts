import { EncodeError } from '../protocol/commands/encode-error.js';
import type { Indication } from '../protocol/indications.js';
import { SPEAKER_STATES, type State } from '../protocol/machine/states.js';
import { UserError } from '../protocol/machine/step.js';
import { OFTPError } from '../settings/errors.js';
import type { Confirmation, SessionContext } from './context.js';
import type { FileToSend } from './file-to-send.js';
import { OutgoingTransfer, type SentFile } from './outgoing-transfer.js';
import { Responses } from './responses.js';

/** A file, or the wish to hand over, in the order in which the application asked. */
type Item =
  | {
      readonly kind: 'file';
      /** A promise where it is still being made; its turn waits for it. */
      readonly file: FileToSend | Promise<FileToSend>;
      resolve(sent: SentFile): void;
      reject(error: OFTPError): void;
    }
  | { readonly kind: 'changeDirection'; resolve(): void; reject(error: OFTPError): void };

/** States in which the turn is this side's, or is on its way because an EFPA has asked for it. */
const HOLDS_TURN: ReadonlySet<State> = new Set<State>([...SPEAKER_STATES, 'WF_CD', 'ERSTWFCD', 'NRSTWFCD', 'SFSTWFCD']);

/**
 * What this side does while it has the turn: end responses first, then what the application wants sent, then the turn
 * goes back. Whether it goes back by CD or the session ends by ESID 00 follows from the state alone: straight after the
 * peer's CD only ESID is legal, after something was sent only CD (RFC 5024 §3.3.4.2, §9.10).
 */
export class Turn {
  readonly responses: Responses;
  readonly #session: SessionContext;
  /** A Responder hands the turn back by itself; an Initiator keeps it until it is told what to do. */
  readonly #handsBack: boolean;
  readonly #queue: Item[] = [];
  /** The present turn has begun: what is queued is served. */
  #begun = false;
  /** The application has not been asked yet what it has for the present turn. */
  #fresh = false;
  /** An EFPA has asked for the present turn: it goes back as soon as the end responses are out. */
  #solicited = false;
  /** An end response of the application waits for being sent; one has been sent and confirmed in the present turn. */
  #responding = false;
  #responded = false;
  /** The handler of `readyToSend` that keeps the present turn. Handlers of earlier turns keep nothing. */
  #handler: object | undefined;
  #logoff = false;
  /** Settles the waiting calls of `logoff`. */
  readonly #leaving: (() => void)[] = [];
  #running: Promise<void> | undefined;
  #transfer: OutgoingTransfer | undefined;
  /** That file has been offered: if the turn is idle again, only the handler of its `endTransfer` is still at work. */
  #offered = false;
  /** Goes on without waiting for that handler, which may itself wait for what is to be sent next. */
  #overtake: (() => void) | undefined;
  #confirmation: { resolve(confirmation: Confirmation): void; reject(error: Error): void } | undefined;
  #wake: (() => void) | undefined;

  constructor(session: SessionContext, handsBack: boolean) {
    this.#session = session;
    this.#handsBack = handsBack;
    this.responses = new Responses(session);
  }

  /** Nothing is queued or being sent. */
  get idle(): boolean {
    return this.#queue.length === 0 && this.#transfer === undefined;
  }

  /** This side is the Speaker. The peer's EFPA may have taken that from it without being asked. */
  get held(): boolean {
    return SPEAKER_STATES.has(this.#session.entity.state);
  }

  /** Settles when nothing of this turn is under way any more. */
  get settled(): Promise<void> {
    return this.#running ?? Promise.resolve();
  }

  /** The turn has come, by the peer's CD or because this side opened the session. */
  begin(): void {
    if (this.#session.over) return;
    // What was queued since the session opened is meant for its first turn, which may begin a little later.
    if (this.#begun) this.#lose();
    this.#fresh = true;
    this.#start();
  }

  /** EFPA has asked for the turn, because the response to its file is to go out at once (EndResponseTurn = asap). */
  answerAtOnce(): void {
    if (this.#session.over) return;
    this.#solicited = true;
    this.#start();
  }

  /** Looks at what has become of the turn: a CD of this side ends it, be it because an EFPA asked for it. */
  observe(): void {
    const { state, idleSpeaker } = this.#session.entity;
    this.#offered ||= !idleSpeaker;
    if (this.#begun && !HOLDS_TURN.has(state)) this.#lose();
  }

  /** Sends a file when its turn comes. Settles when the peer has acknowledged it (EFPA). */
  sendFile(file: FileToSend): Promise<SentFile> {
    const refusal = this.#notSpeaker(687, `${file.virtualFileName} cannot be sent`);
    return refusal === undefined ? this.queueFile(file) : Promise.reject(refusal);
  }

  /** As `sendFile`, also while the peer has the turn: the file waits for the own one. */
  queueFile(file: FileToSend | Promise<FileToSend>): Promise<SentFile> {
    if (this.#session.over) return Promise.reject(this.#sessionEnded(687, 'it cannot be sent'));
    return new Promise((resolve, reject) => {
      this.#enqueue({ kind: 'file', file, resolve, reject });
    });
  }

  /** Hands the turn over after what is queued. Settles when CD is with the network. */
  changeDirection(): Promise<void> {
    const refusal = this.#notSpeaker(671, 'the direction cannot be changed');
    if (refusal !== undefined) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      this.#enqueue({ kind: 'changeDirection', resolve, reject });
    });
  }

  /**
   * Ends the session at the next legal moment, after what is queued. Settles when ESID or CD is with the network, or at
   * once where that cannot be now: without the turn, and inside a handler that a file being sent waits for.
   */
  logoff(): Promise<void> {
    if (this.#session.over) return Promise.resolve();
    this.#logoff = true;
    if (!this.#begun || this.#transfer !== undefined) return Promise.resolve();
    return new Promise((resolve) => {
      this.#leaving.push(resolve);
      this.#wakeUp();
    });
  }

  /** Stops the file that is being sent; the files behind it follow. */
  interrupt(): void {
    this.#transfer?.stop(new OFTPError(687, 'the file was interrupted by the application', { retry: true }));
  }

  /** The application has queued a response: it goes out at once if this side has the turn. */
  respond(): void {
    if (!this.#begun) return;
    this.#responding = true;
    this.#wakeUp();
  }

  /** Something that a sending may wait for has happened: credit, or a flushed write. */
  poke(): void {
    this.#transfer?.poke();
  }

  /** An answer of the peer to what this side has sent. */
  confirm(indication: Indication): void {
    if (indication.name === 'F_DATA_CF') {
      this.poke();
      return;
    }
    const waiting = this.#confirmation;
    this.#confirmation = undefined;
    waiting?.resolve(indication as Confirmation);
  }

  /** Sends something that the peer has to confirm, and waits for that; rejects when the session ends before. */
  exchange(send: () => void): Promise<Confirmation> {
    return new Promise((resolve, reject) => {
      this.#confirmation = { resolve, reject };
      try {
        send();
        this.#session.flush();
      } catch (error) {
        this.#confirmation = undefined;
        reject(error);
      }
    });
  }

  /** The session is over: nothing more can be sent. */
  end(): void {
    if (this.#confirmation !== undefined || this.#transfer !== undefined || this.#queue.length > 0) this.#giveUp();
    this.#lose();
    this.#wakeUp();
  }

  /** Nothing that waits will be sent any more. */
  #giveUp(): void {
    const error = new OFTPError(687, 'the session ended before this could be sent');
    this.#confirmation?.reject(error);
    this.#confirmation = undefined;
    this.#transfer?.stop(error);
    for (const item of this.#queue.splice(0)) item.reject(error);
  }

  #notSpeaker(code: 671 | 687, what: string): OFTPError | undefined {
    if (this.#session.over) return this.#sessionEnded(code, what);
    if (this.held) return undefined;
    return new OFTPError(code, `${what}: the peer has the turn, wait for readyToSend`);
  }

  #sessionEnded(code: 671 | 687, what: string): OFTPError {
    return new OFTPError(code, `${what}: the session has ended`);
  }

  #enqueue(item: Item): void {
    const { entity, settings } = this.#session;
    this.#queue.push(item);
    const ended = this.#offered || this.#transfer?.over;
    if (ended && entity.idleSpeaker && !settings.sendCdAfterEfpa) this.#overtake?.();
    this.#wakeUp();
  }

  /** The turn is the peer's again. Whoever only wanted that has what it wanted. */
  #lose(): void {
    this.#begun = false;
    this.#fresh = false;
    this.#solicited = false;
    this.#responding = false;
    this.#responded = false;
    this.#handler = undefined;
    for (let [item] = this.#queue; item?.kind === 'changeDirection'; [item] = this.#queue) {
      this.#queue.shift();
      item.resolve();
    }
    for (const left of this.#leaving.splice(0)) left();
  }

  #start(): void {
    this.#begun = true;
    this.#overtake?.();
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    try {
      while (this.#begun && !this.#session.over) await this.#serve();
    } catch (error) {
      if (!this.#session.over) {
        this.#session.fail(new OFTPError(671, `the turn failed: ${(error as Error).message}`, { cause: error }));
      }
    } finally {
      this.#running = undefined;
    }
  }

  async #serve(): Promise<void> {
    const responding = this.#responding;
    this.#responding = false;
    await this.responses.sendPending();
    if (!this.#begun || this.#session.over) return;
    this.#responded ||= responding;
    if (this.#fresh) this.#askApplication();
    const [next] = this.#queue;
    // It stays in the queue meanwhile: as long as it does, this side has something to say.
    if (next?.kind === 'file' && next.file instanceof Promise) {
      await next.file.catch(() => {});
      if (!this.#begun || this.#session.over) return;
    }
    const item = this.#queue.shift();
    if (item?.kind === 'file') await this.#sendFile(item);
    else if (item !== undefined) this.#changeDirection(item);
    else if (this.#done) this.#handOver();
    else if (!this.#responding) await this.#something();
  }

  /** Nothing is queued: whether the turn goes back now. */
  get #done(): boolean {
    if (this.#responding) return false;
    if (this.#logoff || this.#solicited) return true;
    return this.#handsBack && (this.#handler === undefined || this.#handsBackAfterResponse);
  }

  get #handsBackAfterResponse(): boolean {
    const { entity, settings } = this.#session;
    return this.#responded && settings.cdAfterSendEndResponse && entity.state === 'IDLESP';
  }

  /** Asks the application what it has for the peer; it may take as long as it likes. */
  #askApplication(): void {
    this.#fresh = false;
    if (this.#logoff) return;
    const handler = {};
    this.#handler = handler;
    const settled = () => {
      if (this.#handler !== handler) return;
      this.#handler = undefined;
      this.#wakeUp();
    };
    this.#session.monitor.turn().then(settled, settled);
  }

  async #sendFile(item: Extract<Item, { kind: 'file' }>): Promise<void> {
    let file: FileToSend;
    try {
      file = item.file instanceof Promise ? await item.file : item.file;
    } catch (error) {
      item.reject(error as OFTPError);
      return;
    }
    const transfer = new OutgoingTransfer(this.#session, file);
    this.#transfer = transfer;
    this.#offered = false;
    const ended = transfer.run().then(item.resolve, (error: unknown) => item.reject(failureOf(file, error)));
    const overtaken = new Promise<void>((resolve) => {
      this.#overtake = resolve;
    });
    await Promise.race([ended, overtaken]);
    this.#overtake = undefined;
    this.#transfer = undefined;
  }

  #changeDirection(item: Extract<Item, { kind: 'changeDirection' }>): void {
    try {
      this.#session.entity.changeDirection();
      this.#session.flush();
      item.resolve();
    } catch (error) {
      const hint = error instanceof UserError ? ': the turn has only just been received, use logoff()' : '';
      item.reject(new OFTPError(671, `the direction cannot be changed now${hint}`, { cause: error }));
    }
  }

  /** ESID 00 straight after the peer's CD, CD in any other case; a wish to log off stays for the next turn. */
  #handOver(): void {
    const { entity } = this.#session;
    if (entity.state === 'IDLESPCD') entity.release();
    else entity.changeDirection();
    this.#session.flush();
  }

  #something(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

/** Why a file was not sent: an error of this library as it is, 678 for a value that does not fit its field. */
function failureOf({ virtualFileName }: FileToSend, error: unknown): OFTPError {
  if (error instanceof OFTPError) return error;
  const code = error instanceof EncodeError ? 678 : 687;
  return new OFTPError(code, `${virtualFileName} was not sent: ${(error as Error).message}`, { cause: error });
}

import type { Indication } from '../protocol/indications.js';
import { SPEAKER_STATES } from '../protocol/machine/states.js';
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
      readonly file: FileToSend;
      resolve(sent: SentFile): void;
      reject(error: OFTPError): void;
    }
  | { readonly kind: 'changeDirection'; resolve(): void; reject(error: OFTPError): void };

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
  #running = false;
  #handlerActive = false;
  #logoff = false;
  /** An EFPA has asked for this turn: it goes back as soon as the end responses are out. */
  #solicited = false;
  #transfer: OutgoingTransfer | undefined;
  #confirmation: { resolve(confirmation: Confirmation): void; reject(error: Error): void } | undefined;
  #wake: (() => void) | undefined;

  constructor(session: SessionContext, handsBack: boolean) {
    this.#session = session;
    this.#handsBack = handsBack;
    this.responses = new Responses(session);
  }

  /** The file being sent. */
  get transfer(): OutgoingTransfer | undefined {
    return this.#transfer;
  }

  /** The turn has come, by the peer's CD or because this side opened the session. */
  begin(): void {
    if (this.#session.over) return;
    if (this.#running) this.poke();
    else void this.#run();
  }

  /**
   * A response to the file just acknowledged is to go out, and EFPA has asked for the turn (EndResponseTurn = asap).
   */
  answerAtOnce(): void {
    this.#solicited = true;
    void this.#run();
  }

  /** Sends a file when its turn comes. Settles when the peer has acknowledged it (EFPA). */
  sendFile(file: FileToSend): Promise<SentFile> {
    if (!SPEAKER_STATES.has(this.#session.entity.state)) {
      return Promise.reject(
        new OFTPError(687, `${file.virtualFileName} cannot be sent: the peer has the turn, wait for readyToSend`),
      );
    }
    return new Promise((resolve, reject) => {
      this.#enqueue({ kind: 'file', file, resolve, reject });
    });
  }

  /** Hands the turn over after what is queued. Settles when CD is with the network. */
  changeDirection(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#enqueue({ kind: 'changeDirection', resolve, reject });
    });
  }

  /** Ends the session at the next legal moment, after what is queued. */
  logoff(): void {
    this.#logoff = true;
    this.begin();
  }

  /** A response was queued by the application: it goes out at once if this side has the turn. */
  respond(): void {
    if (this.#session.entity.idleSpeaker) this.begin();
  }

  /** Something that a sending may wait for has happened: credit, a flushed write, a new item. */
  poke(): void {
    this.#transfer?.poke();
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
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
    const error = this.#lost();
    this.#confirmation?.reject(error);
    this.#confirmation = undefined;
    this.#transfer?.stop(error);
    for (const item of this.#queue.splice(0)) item.reject(error);
    this.responses.end();
    this.poke();
  }

  #enqueue(item: Item): void {
    if (this.#session.over) {
      item.reject(this.#lost());
      return;
    }
    this.#queue.push(item);
    if (this.#running || this.#session.entity.idleSpeaker) this.begin();
  }

  #lost(): OFTPError {
    return new OFTPError(687, 'the session ended before this could be sent', { connectionId: 0 });
  }

  async #run(): Promise<void> {
    this.#running = true;
    try {
      await this.#serve();
    } catch (error) {
      if (!this.#session.over) {
        this.#session.fail(new OFTPError(671, `the turn failed: ${(error as Error).message}`, { cause: error }));
      }
    } finally {
      this.#running = false;
    }
  }

  async #serve(): Promise<void> {
    const { entity } = this.#session;
    await this.#session.responsesReady();
    await this.responses.sendPending();
    if (this.#solicited) {
      this.#solicited = false;
      // Without anything sent, the peer's CD is still to come and nobody would hear of it: CD goes back as it arrives.
      if (entity.state === 'WF_CD' || (this.#queue.length === 0 && entity.state === 'IDLESP')) this.#handOver();
    }
    if (entity.idleSpeaker && !this.#logoff && !this.#handlerActive) this.#askApplication();
    while (entity.idleSpeaker && !this.#session.over) {
      await this.responses.sendPending();
      if (!entity.idleSpeaker) return;
      const item = this.#queue.shift();
      if (item !== undefined) await this.#serveItem(item);
      else if (this.#logoff || (this.#handsBack && !this.#handlerActive)) return this.#handOver();
      else await this.#something();
    }
  }

  /** Asks the application what it has for the peer; it may take as long as it likes. */
  #askApplication(): void {
    this.#handlerActive = true;
    this.#session.monitor.turn().finally(() => {
      this.#handlerActive = false;
      this.poke();
    });
  }

  async #serveItem(item: Item): Promise<void> {
    if (item.kind === 'changeDirection') {
      this.#changeDirection(item);
      return;
    }
    const transfer = new OutgoingTransfer(this.#session, item.file);
    this.#transfer = transfer;
    try {
      item.resolve(await transfer.run());
    } catch (error) {
      item.reject(
        error instanceof OFTPError
          ? error
          : new OFTPError(687, `${item.file.virtualFileName} was not sent: ${(error as Error).message}`, {
              cause: error,
            }),
      );
    } finally {
      this.#transfer = undefined;
    }
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
}

/**
 * The ODETTE-FTP entity of RFC 5024 §9, without I/O, clock or randomness. Four kinds of method, told by their place:
 * getters; inputs from the network; requests and answers of the user; and `takeOctets`/`takeIndication`, the output to
 * act on, which is to be drained after every input.
 */
import { type Command, type Decoded, decodeCommand, levelOfSsid, type SSID } from './commands/codec.js';
import { type Level, VERSION_OF_LEVEL } from './commands/version.js';
import { type Indication, indicate, type Question, questionOf, type SessionEnd, UNEXPLAINED } from './indications.js';
import { type MachineEvent, type Output, type State, USER_DECIDES, WAITS_FOR_PEER } from './machine/states.js';
import { Machine, UserError } from './machine/step.js';
import { type Input, initialVariables } from './machine/variables.js';
import {
  type Agreement,
  agreedLevel,
  type Negotiation,
  negotiateAsInitiator,
  negotiateAsResponder,
  type SessionOffer,
  ssidOf,
} from './negotiate.js';
import { Outbox } from './outbox.js';
import { eventOf, inputOf, violationOf } from './peer-events.js';
import { takeFirst } from './take-first.js';

export interface FileRefusal {
  /** SFNAREAS or EFNAREAS. */
  readonly reason: number;
  /** SFNARRTR; without meaning in an EFNA. */
  readonly retry: boolean;
  /** Reason text at level 2.0; the standard text where empty. */
  readonly text: string;
}

type Named<N extends Command['name']> = Extract<Command, { name: N }>;

/** ESIDREAS (§5.3.11). */
const PROTOCOL_VIOLATION = 2;
const TIME_OUT = 9;
const INVALID_RESPONSE = 11;
const UNSPECIFIED = 99;

/**
 * One side of one session. Requests and answers of the user throw a `UserError` where the state does not allow them,
 * and an `EncodeError` for a command that cannot be put on the wire; either way nothing is sent and nothing changes.
 */
export class Entity {
  readonly #machine: Machine;
  readonly #outbox: Outbox;
  readonly #indications: Indication[] = [];
  readonly #offer: SessionOffer;
  #peer: SSID | undefined;
  #agreement: Agreement | undefined;
  /** The command that the present event brought. */
  #received: Command | undefined;
  /** Why the session ends, if the present event ends it. */
  #end: SessionEnd = UNEXPLAINED;
  /** The authentication command whose transition waits for an answer of the user. */
  #awaited: Question['event'] | undefined;
  #creditHeld = false;

  constructor(role: 'initiator' | 'responder', offer: SessionOffer) {
    this.#offer = offer;
    this.#outbox = new Outbox(offer.level);
    this.#machine = new Machine(initialVariables(role === 'initiator', offer));
  }

  // Getters

  get state(): State {
    return this.#machine.state;
  }

  /** The agreed release level; before agreement the highest one that both sides are known to speak. */
  get level(): Level {
    return this.#outbox.level;
  }

  get agreement(): Agreement | undefined {
    return this.#agreement;
  }

  /** The next move is the peer's: its silence is to be guarded by the inactivity timer. */
  get waitsForPeer(): boolean {
    return WAITS_FOR_PEER.has(this.state) && this.#awaited === undefined && !this.#owesCredit;
  }

  /** The next move is the user's answer to an indication: no further exchange buffer may be handed in before it. */
  get deciding(): boolean {
    return USER_DECIDES.has(this.state) || this.#awaited !== undefined;
  }

  /** This side has the turn and nothing under way. */
  get idleSpeaker(): boolean {
    return this.state === 'IDLESP' || this.state === 'IDLESPCD';
  }

  /** DATA exchange buffers that may be sent now. */
  get credit(): number {
    return this.state === 'OPO' ? this.#machine.v.creditSpeaker : 0;
  }

  /** Nothing can be said any more, or not yet. */
  get ended(): boolean {
    return this.state === 'IDLE' || this.state === 'WF_NDISC';
  }

  // Inputs from the network

  /**
   * The network connection stands. The Responder speaks first (§4.2.2).
   *
   * @throws EncodeError if the Initiator's offer cannot be put into an SSID
   */
  connected(): void {
    if (this.#machine.v.caller) {
      this.#request('F_CONNECT_RQ', ssidOf(this.#offer));
      this.#step('N_CON_CF');
    } else {
      this.#step('N_CON_IND');
    }
  }

  /** The network connection is gone without a failure. */
  disconnected(): void {
    this.#finish('N_DISC_IND', UNSPECIFIED, 'the connection was closed without ESID');
  }

  /** The network reports a failure, `detail` says which. */
  failed(detail: string): void {
    this.#finish('N_RST_IND', UNSPECIFIED, detail);
  }

  /** The inactivity timer, or an absolute deadline, has run out (§4.7.2). ESID 09 goes out as far as it still can. */
  timedOut(detail = 'the peer was silent for longer than the inactivity timer allows'): void {
    this.#finish('TIME-OUT', TIME_OUT, detail);
  }

  /**
   * An exchange buffer that cannot be taken: unknown command 01, wrong length 07, bad content 06, or 02 for one that
   * comes too early (§5.3.11).
   */
  invalidBuffer(reason: 1 | 2 | 6 | 7, detail: string): void {
    this.#finish('Invalid Buffer', reason, detail);
  }

  /** One whole exchange buffer, without its STH, that is not DATA. Returns the command for the trail. */
  receive(octets: Uint8Array): Command | undefined {
    const decoded = decodeCommand(this.level, octets);
    const name = decoded.ok ? decoded.command.name : decoded.command;
    if (name === 'SSID' && this.#agreement === undefined && !this.ended) {
      // If it is refused, then in a layout that its sender can read.
      this.#outbox.level = agreedLevel(this.#offer.level, levelOfSsid(octets));
    }
    if (!decoded.ok) {
      this.#receiveUnreadable(decoded);
      return undefined;
    }
    const { command } = decoded;
    this.#received = command;
    this.#end = { reason: PROTOCOL_VIOLATION, detail: violationOf(command, this.state, this.#machine.v) };
    this.#receive(command);
    if (!this.ended) this.#end = UNEXPLAINED;
    return command;
  }

  /**
   * The head of a DATA exchange buffer of `length` octets (command octet included, STH not) has arrived. False: it is a
   * violation, the session has been ended and the octets are to be dropped.
   */
  beginData(length: number): boolean {
    const inCredit = this.state === 'OPI' && !this.#owesCredit;
    const limit = this.#agreement?.bufferSize ?? 0;
    if (inCredit && length <= limit) return true;
    if (inCredit) {
      this.invalidBuffer(7, `DATA of ${length} octets, agreed were at most ${limit} (SSIDSDEB)`);
    } else {
      const detail = this.#owesCredit ? 'DATA beyond the granted credit' : `DATA is not allowed in state ${this.state}`;
      this.#end = { reason: PROTOCOL_VIOLATION, detail };
      this.#step('DATA');
    }
    return false;
  }

  /** A DATA exchange buffer, of which `beginData` has approved, has been taken in completely. */
  endData(): void {
    this.#step('DATA');
  }

  // Requests and answers of the user

  /** F_CONNECT_RS: lets the Initiator in, with what this side brings into the session. */
  confirmSession(offer: SessionOffer): void {
    const peer = this.#peer;
    if (peer === undefined || this.state !== 'A_WF_CONRS') throw new UserError('F_CONNECT_RS', this.state);
    const negotiation = negotiateAsResponder(offer, peer);
    if (negotiation.outcome === 'successful') this.#outbox.request(ssidOf(offer, negotiation.agreement));
    this.#outbox.level = agreedLevel(offer.level, peer.lev);
    this.#negotiated('F_CONNECT_RS', negotiation);
    this.#confirmListener();
  }

  /** F_RELEASE_RQ(Error): ends the session by an ESID with this reason; 00 is for `release` alone and becomes 99. */
  abort({ reason, detail }: SessionEnd): void {
    if (this.ended) return;
    this.#end = { reason: reason === 0 ? UNSPECIFIED : reason, detail };
    this.#step('F_RELEASE_RQ(Error)');
  }

  /** F_RELEASE_RQ(Normal): ESID 00, legal only straight after a CD of the peer (§4.6.1). */
  release(): void {
    this.#end = { reason: 0, detail: '' };
    this.#step('F_RELEASE_RQ(Normal)');
  }

  startFile(sfid: Named<'SFID'>): void {
    this.#request('F_START_FILE_RQ', sfid, { position: sfid.rest });
  }

  /** `count` DATA exchange buffers have been handed to the network. */
  dataSent(count: number): void {
    if (count > this.credit && !this.ended) {
      throw new UserError('F_DATA_RQ', this.state, `${count} DATA exchange buffers, the credit is ${this.credit}`);
    }
    // The outputs are not performed: DATA has been sent, and `credit` says whether more may be.
    for (let sent = 0; sent < count; sent += 1) this.#machine.step('F_DATA_RQ');
  }

  closeFile(efid: Named<'EFID'>): void {
    this.#request('F_CLOSE_FILE_RQ', efid);
  }

  sendEndResponse(response: Named<'EERP' | 'NERP'>): void {
    const event = response.name === 'EERP' ? 'F_EERP_RQ' : 'F_NERP_RQ';
    if (response.name === 'NERP' && this.level < 4) {
      throw new UserError(event, this.state, `NERP came with 1.4, the session has ${VERSION_OF_LEVEL[this.level]}`);
    }
    this.#request(event, response, { signed: response.sig.length > 0 });
  }

  changeDirection(): void {
    this.#step('F_CD_RQ');
  }

  /** F_START_FILE_RS(+): takes the file, from `position` on (blocks of 1024 octets, or records). */
  acceptFile(position: bigint): void {
    this.#request('F_START_FILE_RS', { name: 'SFPA', acnt: position }, { positive: true, position });
  }

  refuseFile({ reason, retry, text }: FileRefusal): void {
    this.#request('F_START_FILE_RS', { name: 'SFNA', reas: reason, rrtr: retry, reast: text }, { positive: false });
  }

  /** F_CLOSE_FILE_RS(+): the file is safe. `speaker`: ask for the turn. */
  acceptEnd(speaker: boolean): void {
    this.#request('F_CLOSE_FILE_RS', { name: 'EFPA', cd: speaker }, { positive: true, speaker });
  }

  refuseEnd({ reason, text }: Pick<FileRefusal, 'reason' | 'text'>): void {
    this.#request('F_CLOSE_FILE_RS', { name: 'EFNA', reas: reason, reast: text }, { positive: false });
  }

  confirmResponse(): void {
    this.#step('F_RTR_RS');
  }

  /** The answer to CHALLENGE_RQ: a challenge in an envelope for the peer. */
  challenge(envelope: Uint8Array): void {
    this.#answer('SECD', { name: 'AUCH', chal: envelope });
  }

  /** The answer to RESPONSE_RQ: the decrypted challenge. */
  respond(response: Uint8Array): void {
    this.#answer('AUCH', { name: 'AURP', rsp: response });
    // The Responder's own proof is the last step: only now may a file command come (§9.8 I).
    this.#confirmListener();
  }

  /** The answer to VERIFY_RQ. */
  authenticate(challengeMet: boolean): void {
    this.#end = { reason: INVALID_RESPONSE, detail: 'the response does not match the challenge' };
    this.#answer('AURP', undefined, { challengeMet });
  }

  /** Keeps back CDT while the own side cannot take more data; releasing it sends the one that is due (§4.4.1). */
  holdCredit(hold: boolean): void {
    this.#creditHeld = hold;
    if (hold || !this.#owesCredit) return;
    const { v } = this.#machine;
    v.creditListener = v.window;
    this.#perform('CDT');
  }

  // Output

  /** The next Stream Transmission Buffer for the network. */
  takeOctets(): Uint8Array | undefined {
    return this.#outbox.take();
  }

  takeIndication(): Indication | undefined {
    return takeFirst(this.#indications);
  }

  // Inside

  /** The peer has used up its credit and gets no more before this side can take more data. */
  get #owesCredit(): boolean {
    return this.state === 'OPI' && this.#machine.v.creditListener === 0;
  }

  /** An event that ends the session, if there is one. */
  #finish(event: MachineEvent, reason: number, detail: string): void {
    if (this.state === 'IDLE') return;
    this.#end = { reason, detail };
    this.#step(event);
  }

  #receiveUnreadable({ command, reason, field, detail }: Exclude<Decoded, { ok: true }>): void {
    if (command !== 'ESID') {
      this.invalidBuffer(reason, `${field}: ${detail}`);
      return;
    }
    // Whatever it was meant to say, it ends the session, and an ESID is never answered by an ESID.
    this.#received = undefined;
    this.#finish('ESID(R<>00)', UNSPECIFIED, `${field}: ${detail}`);
  }

  #receive(command: Command): void {
    const question = questionOf(command, this.state);
    if (this.#awaited !== undefined && command.name !== 'ESID') {
      this.invalidBuffer(PROTOCOL_VIOLATION, `${command.name} came before the answer to ${this.#awaited}`);
    } else if (question !== undefined) {
      this.#awaited = question.event;
      this.#indications.push(question.indication);
    } else if (command.name === 'SSID') {
      this.#receiveSsid(command);
    } else {
      this.#step(eventOf(command), inputOf(command));
    }
  }

  #receiveSsid(ssid: SSID): void {
    this.#peer = ssid;
    if (this.state === 'I_WF_SSID') this.#negotiated('SSID', negotiateAsInitiator(this.#offer, ssid));
    else this.#step('SSID');
  }

  #negotiated(event: 'SSID' | 'F_CONNECT_RS', negotiation: Negotiation): void {
    if (negotiation.outcome === 'successful') this.#agree(negotiation.agreement);
    else this.#end = { reason: negotiation.reason, detail: negotiation.detail };
    const authentication = this.#agreement?.authentication ?? false;
    this.#step(event, { negotiation: negotiation.outcome, authentication });
  }

  #agree(agreement: Agreement): void {
    const { level, mode, restart, window, authentication } = agreement;
    this.#agreement = agreement;
    this.#outbox.level = level;
    Object.assign(this.#machine.v, { mode, restart, window, authentication });
  }

  /** The tables tell the Initiator only that the session is open; the Responder's user wants to know as well. */
  #confirmListener(): void {
    if (this.state === 'IDLELI') this.#perform('F_CONNECT_CF');
  }

  /** The transition that has waited for what only the user has. */
  #answer(event: Question['event'], command: Command | undefined, input: Input = {}): void {
    if (this.#awaited !== event) throw new UserError(event, this.state);
    if (command !== undefined) this.#outbox.request(command);
    this.#step(event, input);
  }

  #request(event: MachineEvent, command: Command, input: Input = {}): void {
    if (!this.#machine.allows(event, input)) throw new UserError(event, this.state);
    // Encoding comes first: a command that cannot be built must not move the state.
    this.#outbox.request(command);
    this.#step(event, input);
  }

  #step(event: MachineEvent, input?: Input): void {
    const outputs = this.#machine.step(event, input);
    this.#awaited = undefined;
    for (const output of outputs) this.#perform(output);
  }

  #perform(output: Output): void {
    // One for each DATA exchange buffer, whose octets have gone their own way.
    if (output === 'F_DATA_IND') return;
    // The tables give out credit at once; it is taken back where CDT has to wait.
    if (output === 'CDT' && this.#creditHeld) this.#machine.v.creditListener = 0;
    else if (!this.#outbox.send(output, this.#end)) this.#indicate(output);
  }

  #indicate(output: Output): void {
    const facts = { command: this.#received, peer: this.#peer, agreement: this.#agreement, end: this.#end };
    const indication = indicate(output, facts);
    if (indication !== undefined) this.#indications.push(indication);
  }
}

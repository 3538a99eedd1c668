/**
 * The ODETTE-FTP entity of RFC 5024 §9, without I/O, clock or randomness. Four kinds of method, told by their place:
 * getters; inputs from the network; requests and answers of the user; and `takeOctets`/`takeIndication`, the output to
 * act on, which is to be drained after every input.
 */
import { type Command, decodeCommand, encodeCommand, type SSID } from './commands/codec.js';
import { reasonForLevel, reasonText } from './commands/reasons.js';
import type { Level } from './commands/version.js';
import { type Indication, indicate, type SessionEnd } from './indications.js';
import { type MachineEvent, type Output, type State, WAITS_FOR_PEER } from './machine/states.js';
import { Machine, UserError } from './machine/step.js';
import type { Input } from './machine/variables.js';
import {
  type Agreement,
  agreedLevel,
  negotiateAsInitiator,
  negotiateAsResponder,
  type SessionOffer,
} from './negotiate.js';

export interface FileRefusal {
  /** SFNAREAS or EFNAREAS. */
  readonly reason: number;
  /** SFNARRTR; without meaning in an EFNA. */
  readonly retry: boolean;
  /** Reason text at level 2.0; the standard text where empty. */
  readonly text: string;
}

type AuthenticationCommand = Extract<Command, { name: 'SECD' | 'AUCH' | 'AURP' }>;

/** Where a command of the authentication phase is due; its transition then waits for an answer of the user. */
const AUTHENTICATION_STATES: Partial<Record<Command['name'], State>> = {
  SECD: 'WF_SECD',
  AUCH: 'WF_AUCH',
  AURP: 'WF_AURP',
};

/** Outputs whose command the user supplied with its request or answer. */
const REQUESTED = ['SFID', 'SFPA', 'SFNA', 'EFID', 'EFPA', 'EFNA', 'EERP', 'NERP', 'AUCH', 'AURP'] as const;

function isRequested(output: string): output is (typeof REQUESTED)[number] {
  return (REQUESTED as readonly string[]).includes(output);
}

/** The parameters of a received command that the predicates ask for. */
function inputOf(command: Command): Input {
  switch (command.name) {
    case 'SFID':
      return { position: command.rest };
    case 'SFPA':
      return { position: command.acnt };
    case 'EFPA':
      return { changeDirection: command.cd };
    default:
      return {};
  }
}

const READY_MESSAGE = 'ODETTE FTP READY ';

const TIME_OUT: SessionEnd = { reason: 9, detail: 'the peer was silent for longer than the inactivity timer allows' };

export class Entity {
  readonly #machine: Machine;
  readonly #octets: Uint8Array[] = [];
  readonly #indications: Indication[] = [];
  #offer: SessionOffer;
  #level: Level;
  #peer: SSID | undefined;
  #agreement: Agreement | undefined;
  /** The command that the present event brought, or that the user wants sent. */
  #command: Command | undefined;
  /** V.Req-buf: a request of the user stored until the peer's CD (§9.10 F, G, Z). */
  #parked: Command | undefined;
  /** Why the next ESID is sent. */
  #end: SessionEnd = TIME_OUT;
  /** The authentication command whose transition waits for an answer of the user. */
  #awaited: AuthenticationCommand['name'] | undefined;
  #creditHeld = false;
  #creditOwed = false;

  constructor(role: 'initiator' | 'responder', offer: SessionOffer) {
    this.#offer = offer;
    this.#level = offer.level;
    this.#machine = new Machine({
      mode: offer.mode,
      restart: false,
      restartPosition: 0n,
      window: 0,
      creditSpeaker: 0,
      creditListener: 0,
      caller: role === 'initiator',
      authentication: offer.authentication,
    });
  }

  // Getters

  get state(): State {
    return this.#machine.state;
  }

  /** The agreed release level; before agreement the highest one that both sides are known to speak. */
  get level(): Level {
    return this.#level;
  }

  get agreement(): Agreement | undefined {
    return this.#agreement;
  }

  /** Silence of the peer is to be guarded by the inactivity timer. */
  get waitsForPeer(): boolean {
    return WAITS_FOR_PEER.has(this.state) && this.#awaited === undefined;
  }

  /** An answer of the user is outstanding: no further exchange buffer may be handed in. */
  get deciding(): boolean {
    const { state } = this;
    return (
      state === 'A_WF_CONRS' || state === 'OPIP' || state === 'CLIP' || state === 'RTRP' || this.#awaited !== undefined
    );
  }

  /** This side has the turn and nothing under way. */
  get idleSpeaker(): boolean {
    return this.state === 'IDLESP' || this.state === 'IDLESPCD';
  }

  /** DATA exchange buffers that may be sent now. */
  get credit(): number {
    return this.state === 'OPO' ? this.#machine.v.creditSpeaker : 0;
  }

  get ended(): boolean {
    return this.state === 'IDLE' || this.state === 'WF_NDISC';
  }

  // Inputs from the network

  /** The network connection stands. The Responder speaks first (§4.2.2). */
  connected(): void {
    if (this.#machine.v.caller) {
      this.#step('F_CONNECT_RQ');
      this.#step('N_CON_CF');
    } else {
      this.#step('N_CON_IND');
    }
  }

  disconnected(): void {
    if (this.state !== 'IDLE') this.#step('N_DISC_IND');
  }

  /** The network reports a failure, `detail` says which. */
  failed(detail: string): void {
    if (this.state === 'IDLE') return;
    this.#end = { reason: 99, detail };
    this.#step('N_RST_IND');
  }

  /** The inactivity timer, or an absolute deadline, has run out (§4.7.2). */
  timedOut(detail = TIME_OUT.detail): void {
    if (this.state === 'IDLE') return;
    this.#end = { reason: TIME_OUT.reason, detail };
    this.#step('TIME-OUT');
  }

  /** An exchange buffer that cannot be read: unknown command 01, bad content 06, wrong length 07 (§5.3.11). */
  invalidBuffer(reason: 1 | 2 | 6 | 7, detail: string): void {
    if (this.state === 'IDLE') return;
    this.#end = { reason, detail };
    this.#step('Invalid Buffer');
  }

  /** One whole exchange buffer, without its STH, that is not DATA. Returns the command for the trail. */
  receive(octets: Uint8Array): Command | undefined {
    const decoded = decodeCommand(this.#level, octets);
    if (!decoded.ok && decoded.command === 'ESID') {
      // Whatever it was meant to say, it ends the session, and an ESID is never answered by an ESID.
      this.#command = undefined;
      this.#step('ESID(R<>00)');
      return undefined;
    }
    if (!decoded.ok) {
      this.invalidBuffer(decoded.reason, `${decoded.command ?? 'command'} ${decoded.field}: ${decoded.detail}`);
      return undefined;
    }
    const { command } = decoded;
    this.#command = command;
    this.#end = { reason: 2, detail: `${command.name} is not allowed in state ${this.state}` };
    this.#receive(command);
    return command;
  }

  /**
   * The head of a DATA exchange buffer of `length` octets (command octet included, STH not) has arrived. False: it is a
   * violation, the session has been ended and the octets are to be dropped.
   */
  beginData(length: number): boolean {
    if (this.#machine.allows('DATA') && this.state === 'OPI' && !this.#creditOwed) {
      const limit = this.#agreement?.bufferSize ?? 0;
      if (length <= limit) return true;
      this.invalidBuffer(7, `DATA of ${length} octets, agreed were at most ${limit} (SSIDSDEB)`);
      return false;
    }
    this.#end = {
      reason: 2,
      detail: this.#creditOwed ? 'DATA beyond the granted credit' : `DATA is not allowed in state ${this.state}`,
    };
    if (this.#creditOwed) this.#machine.v.creditListener = 0;
    this.#step('DATA');
    return false;
  }

  /** A DATA exchange buffer has been taken in completely. */
  endData(): void {
    this.#step('DATA');
  }

  // Requests and answers of the user

  /** F_CONNECT_RS: lets the Initiator in, with what this side brings into the session. */
  confirmSession(offer: SessionOffer): void {
    const peer = this.#peer;
    if (peer === undefined) throw new UserError('F_CONNECT_RS', this.state);
    this.#offer = offer;
    this.#level = agreedLevel(offer.level, peer.lev);
    this.#negotiated('F_CONNECT_RS', negotiateAsResponder(offer, peer));
    if (this.state === 'IDLELI') this.#perform('F_CONNECT_CF');
  }

  /** F_ABORT_RQ and F_RELEASE_RQ(Error): ends the session by an ESID with this reason. */
  abort(end: SessionEnd): void {
    if (this.ended) return;
    this.#end = end;
    this.#awaited = undefined;
    this.#step('F_RELEASE_RQ(Error)');
  }

  /** F_RELEASE_RQ(Normal): ESID 00, legal only straight after a CD of the peer (§4.6.1). */
  release(): void {
    this.#end = { reason: 0, detail: '' };
    this.#step('F_RELEASE_RQ(Normal)');
  }

  startFile(sfid: Extract<Command, { name: 'SFID' }>): void {
    this.#request('F_START_FILE_RQ', sfid, { position: sfid.rest });
  }

  /** `count` DATA exchange buffers have been handed to the network. */
  dataSent(count: number): void {
    for (let sent = 0; sent < count; sent += 1) this.#machine.step('F_DATA_RQ');
  }

  closeFile(efid: Extract<Command, { name: 'EFID' }>): void {
    this.#request('F_CLOSE_FILE_RQ', efid);
  }

  sendEndResponse(response: Extract<Command, { name: 'EERP' | 'NERP' }>): void {
    const signed = response.sig !== undefined && response.sig.length > 0;
    if (response.name === 'EERP') {
      this.#request('F_EERP_RQ', response, { signed });
    } else {
      if (this.#level < 4) throw new UserError('F_NERP_RQ', this.state);
      const reas = reasonForLevel('NERP', response.reas, this.#level);
      this.#request('F_NERP_RQ', { ...response, reas }, { signed });
    }
  }

  changeDirection(): void {
    this.#step('F_CD_RQ');
  }

  /** F_START_FILE_RS(+): takes the file, from `position` on (blocks of 1024 octets, or records). */
  acceptFile(position: bigint): void {
    this.#request('F_START_FILE_RS', { name: 'SFPA', acnt: position }, { positive: true, position });
  }

  refuseFile(refusal: FileRefusal): void {
    const reas = reasonForLevel('SFNA', refusal.reason, this.#level);
    const reast = this.#text(refusal.text || reasonText('SFNA', refusal.reason));
    this.#request('F_START_FILE_RS', { name: 'SFNA', reas, rrtr: refusal.retry, reast }, { positive: false });
  }

  /** F_CLOSE_FILE_RS(+): the file is safe. `speaker`: ask for the turn. */
  acceptEnd(speaker: boolean): void {
    this.#request('F_CLOSE_FILE_RS', { name: 'EFPA', cd: speaker }, { positive: true, speaker });
  }

  refuseEnd(refusal: Pick<FileRefusal, 'reason' | 'text'>): void {
    const reas = reasonForLevel('EFNA', refusal.reason, this.#level);
    const reast = this.#text(refusal.text || reasonText('EFNA', refusal.reason));
    this.#request('F_CLOSE_FILE_RS', { name: 'EFNA', reas, reast }, { positive: false });
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
  }

  /** The answer to VERIFY_RQ. */
  authenticate(challengeMet: boolean): void {
    this.#end = { reason: 11, detail: 'the response does not match the challenge' };
    this.#answer('AURP', undefined, { challengeMet });
  }

  /** Keeps back CDT while the own side cannot take more data; releasing it sends the one that is due (§4.4.1). */
  holdCredit(hold: boolean): void {
    this.#creditHeld = hold;
    if (!hold && this.#creditOwed) {
      this.#creditOwed = false;
      this.#transmit({ name: 'CDT' });
    }
  }

  // Output

  /** The next Stream Transmission Buffer for the network. */
  takeOctets(): Uint8Array | undefined {
    return this.#octets.shift();
  }

  takeIndication(): Indication | undefined {
    return this.#indications.shift();
  }

  // Inside

  #receive(command: Command): void {
    const awaitedIn = AUTHENTICATION_STATES[command.name];
    if (awaitedIn === this.state) this.#ask(command as AuthenticationCommand);
    else if (command.name === 'SSID') this.#receiveSsid(command);
    else if (command.name === 'ESID') this.#step(command.reas === 0 ? 'ESID(R=00)' : 'ESID(R<>00)');
    else {
      // A CDT that has not gone out yet would cross the answer to EFID and confuse a Speaker that no longer needs it.
      if (command.name === 'EFID') this.#creditOwed = false;
      this.#step(command.name, inputOf(command));
    }
  }

  #receiveSsid(ssid: SSID): void {
    if (this.state === 'I_WF_SSID') {
      this.#peer = ssid;
      this.#negotiated('SSID', negotiateAsInitiator(this.#offer, ssid));
      return;
    }
    if (this.state === 'A_NC_ONLY') {
      this.#peer = ssid;
      this.#level = agreedLevel(this.#offer.level, ssid.lev);
    }
    this.#step('SSID');
  }

  #negotiated(event: 'SSID' | 'F_CONNECT_RS', negotiation: ReturnType<typeof negotiateAsInitiator>): void {
    const { outcome } = negotiation;
    if (outcome === 'successful') this.#agree(negotiation.agreement);
    else this.#end = { reason: outcome === 'authentication' ? 12 : 10, detail: negotiation.detail };
    const authentication = this.#agreement?.authentication ?? false;
    this.#step(event, { negotiation: outcome, authentication });
  }

  #agree(agreement: Agreement): void {
    this.#agreement = agreement;
    this.#level = agreement.level;
    const { v } = this.#machine;
    v.mode = agreement.mode;
    v.restart = agreement.restart;
    v.window = agreement.window;
    v.authentication = agreement.authentication;
  }

  /** Authentication needs what the entity does not have: the transition waits until the user has supplied it. */
  #ask(command: AuthenticationCommand): void {
    this.#awaited = command.name;
    if (command.name === 'SECD') this.#indications.push({ name: 'CHALLENGE_RQ' });
    else if (command.name === 'AUCH') this.#indications.push({ name: 'RESPONSE_RQ', auch: command });
    else this.#indications.push({ name: 'VERIFY_RQ', aurp: command });
  }

  #answer(event: AuthenticationCommand['name'], command: Command | undefined, input: Input = {}): void {
    if (this.#awaited !== event) throw new UserError(event, this.state);
    this.#awaited = undefined;
    this.#command = command;
    this.#step(event, input);
    // The Responder's own proof is the last step: only now may a file command come (§9.8 I).
    if (event === 'AUCH' && this.state === 'IDLELI') this.#perform('F_CONNECT_CF');
  }

  #request(event: MachineEvent, command: Command, input: Input = {}): void {
    if (!this.#machine.allows(event, input)) throw new UserError(event, this.state);
    // Encoding comes first: a command that cannot be built must not move the state.
    encodeCommand(this.#level, command);
    this.#command = command;
    this.#step(event, input);
    if (this.state === 'ERSTWFCD' || this.state === 'NRSTWFCD' || this.state === 'SFSTWFCD') this.#parked = command;
  }

  #step(event: MachineEvent, input: Input = {}): void {
    for (const output of this.#machine.step(event, input)) this.#perform(output);
  }

  #perform(output: Output): void {
    if (output === 'SSRM') this.#transmit({ name: 'SSRM', msg: READY_MESSAGE });
    else if (output === 'SSID') this.#transmit(this.#ownSsid());
    else if (output === 'SECD' || output === 'CD' || output === 'RTR') this.#transmit({ name: output });
    else if (output === 'CDT') this.#grantCredit();
    else if (isRequested(output)) this.#transmitRequested(output);
    else if (output.startsWith('ESID')) this.#transmitEnd();
    else {
      const indication = indicate(output, {
        command: this.#command,
        peer: this.#peer,
        agreement: this.#agreement,
        end: this.#end,
      });
      if (indication !== undefined) this.#indications.push(indication);
    }
  }

  #grantCredit(): void {
    if (this.#creditHeld) this.#creditOwed = true;
    else this.#transmit({ name: 'CDT' });
  }

  #transmitRequested(name: Command['name']): void {
    const command = this.#parked?.name === name ? this.#parked : this.#command;
    this.#parked = undefined;
    if (command?.name !== name) throw new TypeError(`${name} is to be sent, but ${command?.name} was asked for`);
    this.#transmit(command);
  }

  #transmitEnd(): void {
    const { reason, detail } = this.#end;
    const reas = reasonForLevel('ESID', reason, this.#level);
    this.#transmit({ name: 'ESID', reas, reast: this.#text(detail) });
  }

  #ownSsid(): SSID {
    const offer = this.#offer;
    const agreed = this.#machine.v.caller ? undefined : this.#agreement;
    return {
      name: 'SSID',
      lev: agreed?.level ?? offer.level,
      code: offer.code,
      pswd: offer.password,
      sdeb: agreed?.bufferSize ?? offer.bufferSize,
      sr: agreed?.mode ?? offer.mode,
      cmpr: agreed?.compression ?? offer.compression,
      rest: agreed?.restart ?? offer.restart,
      spec: false,
      cred: agreed?.window ?? offer.credit,
      auth: agreed?.authentication ?? offer.authentication,
      user: offer.user,
    };
  }

  /** Reason texts exist at level 2.0 only. */
  #text(text: string): string {
    return this.#level === 5 ? text : '';
  }

  #transmit(command: Command): void {
    this.#octets.push(encodeCommand(this.#level, command));
  }
}

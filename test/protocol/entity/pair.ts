/** Two entities with a wire between them. */
import { Entity } from '../../../src/protocol/entity.js';
import type { Indication } from '../../../src/protocol/indications.js';
import type { Agreement, SessionOffer } from '../../../src/protocol/negotiate.js';
import { type Received, read } from '../../support/received.js';
import { offer } from './harness.js';

const DATA_OCTET = 0x44;

/** One end of the wire: an entity, what it was told, and what is on its way to it. */
export class End {
  readonly entity: Entity;
  readonly indications: Indication[] = [];
  /** Stream Transmission Buffers of the other end that have not been delivered yet. */
  readonly inbound: Uint8Array[] = [];
  /** Commands that this end has sent, ESID included. */
  readonly sent: Received[] = [];

  constructor(role: 'initiator' | 'responder', own: SessionOffer) {
    this.entity = new Entity(role, own);
  }

  /** The next thing that the entity tells its user must be this. */
  told<N extends Indication['name']>(name: N): Extract<Indication, { name: N }> {
    const indication = this.indications.shift();
    if (indication?.name !== name) throw new Error(`expected ${name}, was told ${indication?.name}`);
    return indication as Extract<Indication, { name: N }>;
  }
}

/** A session between an initiator and a responder. What goes over the wire is written down as the RFC draws it. */
export class Pair {
  readonly initiator: End;
  readonly responder: End;
  /** `> SFID` from the initiator, `< SFPA` to it. */
  readonly flow: string[] = [];

  constructor(initiator: Partial<SessionOffer> = {}, responder: Partial<SessionOffer> = initiator) {
    this.initiator = new End('initiator', offer(initiator));
    this.responder = new End('responder', offer(responder));
    this.responder.entity.connected();
    this.initiator.entity.connected();
    this.collect();
  }

  other(end: End): End {
    return end === this.initiator ? this.responder : this.initiator;
  }

  /** Puts on the wire what the entities have to say, and takes down what they tell. */
  collect(): void {
    for (const end of [this.initiator, this.responder]) {
      for (let octets = end.entity.takeOctets(); octets; octets = end.entity.takeOctets()) {
        const buffer = Buffer.from(octets);
        if (buffer.length < 5 || buffer.readUInt32BE() !== 0x10000000 + buffer.length) throw new Error('wrong header');
        const command = read(end.entity.level, buffer.subarray(4));
        end.sent.push(command);
        this.flow.push(`${end === this.initiator ? '>' : '<'} ${command.name}`);
        this.other(end).inbound.push(octets);
      }
      for (let next = end.entity.takeIndication(); next; next = end.entity.takeIndication()) end.indications.push(next);
    }
  }

  /** Delivers one buffer to an end, unless its user has to decide first. */
  deliver(end: End): boolean {
    const buffer = end.entity.deciding ? undefined : end.inbound.shift();
    if (buffer === undefined) return false;
    const octets = buffer.subarray(4);
    if (octets[0] !== DATA_OCTET) end.entity.receive(octets);
    else if (end.entity.beginData(octets.length)) end.entity.endData();
    this.collect();
    return true;
  }

  /** Delivers until nothing is under way any more. */
  settle(): void {
    this.collect();
    while (this.deliver(this.initiator) || this.deliver(this.responder));
  }

  /** A request or an answer of a user, and everything that follows from it. */
  act(end: End, request: (entity: Entity) => void): void {
    request(end.entity);
    this.settle();
  }

  /** Sends DATA, as far as the credit goes, and says how many were sent. */
  sendData(from: End, count: number): number {
    const sending = Math.min(count, from.entity.credit);
    from.entity.dataSent(sending);
    const data = Buffer.from([0x10, 0, 0, 7, DATA_OCTET, 0x81, 0x78]);
    for (let sent = 0; sent < sending; sent += 1) this.other(from).inbound.push(data);
    return sending;
  }

  /** Lets the initiator in; authentication may follow. */
  confirm(own: Partial<SessionOffer> = {}): void {
    this.settle();
    this.responder.told('F_CONNECT_IND');
    this.act(this.responder, (entity) => entity.confirmSession(offer(own)));
  }

  /** Opens a session without authentication, and gives what was agreed on. */
  open(own: Partial<SessionOffer> = {}): Agreement {
    this.confirm(own);
    this.responder.told('F_CONNECT_CF');
    return this.initiator.told('F_CONNECT_CF').agreement;
  }
}

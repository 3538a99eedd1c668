/** Entities under test: against literal octets in any state, or two of them with a wire between. */
import { Entity } from '../../../src/protocol/entity.js';
import type { Indication } from '../../../src/protocol/indications.js';
import type { State } from '../../../src/protocol/machine/states.js';
import type { SessionOffer } from '../../../src/protocol/negotiate.js';
import { HUB, PARTNER } from '../../support/parties.js';
import { type Received, read } from '../../support/received.js';
import {
  aurp,
  cd,
  eerp,
  efid,
  type Level,
  type SsidFields,
  secd,
  sfid,
  sfpa,
  ssid,
  ssrm,
  stb,
} from '../../support/wire.js';

export type SFID = Parameters<Entity['startFile']>[0];
export type EndResponse = Parameters<Entity['sendEndResponse']>[0];

const NONE = new Uint8Array(0);
/** A challenge in its envelope, and the answer to it: 20 octets. */
export const ENVELOPE = Uint8Array.from({ length: 40 }, (_, at) => 0xa0 + (at % 16));
export const RESPONSE = Uint8Array.from({ length: 20 }, (_, at) => 0xc0 + (at % 16));

/** What an entity under test brings into its session. */
export function offer(fields: Partial<SessionOffer> = {}): SessionOffer {
  const { code, password } = HUB;
  const limits = { bufferSize: 2048, credit: 99, compression: false, restart: true, authentication: false };
  return { level: 5, code, password, mode: 'B', ...limits, user: '', ...fields };
}

/** A file to send, with the stamp of the level. */
export function file(level: Level = 5, fields: Partial<SFID> = {}): SFID {
  const stamp = level < 4 ? { date: '240229', time: '123456' } : { date: '20240229', time: '1234560001' };
  const services = { sec: 0, ciph: 0, comp: 0, env: 0, sign: false, desc: '' };
  const sizes = { lrecl: 0, fsiz: 1, osiz: level < 5 ? 0 : 1, rest: 0n };
  const parties = { user: '', dest: PARTNER.code, orig: HUB.code };
  return { name: 'SFID', dsn: 'TESTFILE', ...stamp, ...parties, fmt: 'U', ...sizes, ...services, ...fields };
}

export function receipt(name: 'EERP' | 'NERP', level: Level = 5): EndResponse {
  const { dsn, date, time } = file(level);
  const common = { dsn, date, time, dest: PARTNER.code, orig: HUB.code, hsh: NONE, sig: NONE };
  if (name === 'EERP') return { name, user: '', ...common };
  return { name, crea: HUB.code, reas: 34, reast: '', ...common };
}

/** Hands over Stream Transmission Buffers, as framing would: DATA in two events, everything else as one buffer. */
export function hear(entity: Entity, ...buffers: readonly Uint8Array[]): void {
  for (const buffer of buffers) {
    const octets = buffer.subarray(4);
    if (octets[0] !== 0x44) entity.receive(octets);
    else if (entity.beginData(octets.length)) entity.endData();
  }
}

/** All that the entity has sent since it was last asked, octet by octet, headers included. */
export function octetsOf(entity: Entity): string {
  let octets = '';
  for (let buffer = entity.takeOctets(); buffer; buffer = entity.takeOctets()) {
    octets += Buffer.from(buffer).toString('latin1');
  }
  return octets;
}

/** The commands that the entity has sent since it was last asked, read strictly by its level. */
export function sent(entity: Entity): Received[] {
  const commands: Received[] = [];
  for (let octets = entity.takeOctets(); octets; octets = entity.takeOctets()) {
    const buffer = Buffer.from(octets);
    if (buffer[0] !== 0x10 || buffer.readUIntBE(1, 3) !== buffer.length) throw new Error('wrong header');
    commands.push(read(entity.level, buffer.subarray(4)));
  }
  return commands;
}

/** Names of the commands sent; an ESID with its reason. */
export function said(entity: Entity): string[] {
  return sent(entity).map(({ name, fields }) => (name === 'ESID' ? `ESID ${fields['reas']}` : name));
}

export function told(entity: Entity): Indication[] {
  const indications: Indication[] = [];
  for (let next = entity.takeIndication(); next; next = entity.takeIndication()) indications.push(next);
  return indications;
}

/** Names of the indications; an abort with its origin and reason. */
export function heard(entity: Entity): string[] {
  return told(entity).map((indication) => {
    if (indication.name !== 'F_ABORT_IND') return indication.name;
    return `F_ABORT_IND ${indication.origin} ${indication.reason}`;
  });
}

/** The SSID of the peer that goes with the offer of the entity under test. */
function peerSsid({ level, bufferSize, credit, mode, compression, restart, authentication }: SessionOffer): SsidFields {
  const yesNo = (value: boolean) => (value ? 'Y' : 'N');
  const auth = level === 5 ? yesNo(authentication) : ' ';
  const sr = { S: 'R', R: 'S', B: 'B' }[mode];
  return { level, sdeb: bufferSize, cred: credit, sr, cmpr: yesNo(compression), rest: yesNo(restart), auth };
}

export function responder(own: SessionOffer = offer()): Entity {
  const entity = new Entity('responder', own);
  entity.connected();
  return entity;
}

export function initiator(own: SessionOffer = offer()): Entity {
  const entity = new Entity('initiator', own);
  entity.connected();
  return entity;
}

type Way = (own: SessionOffer) => Entity;

/** A way that begins as another one ends. */
function after(way: Way, go: (entity: Entity, own: SessionOffer) => void): Way {
  return (own) => {
    const entity = way(own);
    go(entity, own);
    return entity;
  };
}

const ready = after(initiator, (entity) => hear(entity, ssrm()));
const speaker = after(ready, (entity, own) => hear(entity, ssid(peerSsid(own))));
const offered = after(responder, (entity, own) => hear(entity, ssid(peerSsid(own))));
const listener = after(offered, (entity, own) => entity.confirmSession(own));
const offering = after(speaker, (entity, own) => entity.startFile(file(own.level)));
const sending = after(offering, (entity, own) => hear(entity, sfpa(own.level)));
const pending = after(listener, (entity, own) => hear(entity, sfid(own.level)));
const receiving = after(pending, (entity) => entity.acceptFile(0n));
const closing = after(receiving, (entity, own) => hear(entity, efid(own.level, { ucnt: 0 })));
const wanting = after(closing, (entity) => entity.acceptEnd(true));
const secure =
  (way: Way): Way =>
  (own) =>
    way({ ...own, authentication: true });
const secured = secure(listener);
const challenging = after(secured, (entity) => {
  hear(entity, secd());
  entity.challenge(ENVELOPE);
});

const WAYS: Readonly<Record<Exclude<State, 'IDLE' | 'I_WF_NC'>, Way>> = {
  I_WF_RM: initiator,
  I_WF_SSID: ready,
  A_NC_ONLY: responder,
  A_WF_CONRS: offered,
  WF_SECD: secured,
  WF_AURP: challenging,
  WF_AUCH: after(challenging, (entity) => {
    hear(entity, aurp(RESPONSE));
    entity.authenticate(true);
  }),
  IDLESP: speaker,
  IDLESPCD: after(listener, (entity) => hear(entity, cd())),
  WF_RTR: after(speaker, (entity, own) => entity.sendEndResponse(receipt('EERP', own.level))),
  WF_CD: wanting,
  ERSTWFCD: after(wanting, (entity, own) => entity.sendEndResponse(receipt('EERP', own.level))),
  NRSTWFCD: after(wanting, (entity, own) => entity.sendEndResponse(receipt('NERP', own.level))),
  SFSTWFCD: after(wanting, (entity, own) => entity.startFile(file(own.level))),
  CDSTWFCD: after(wanting, (entity) => entity.changeDirection()),
  OPOP: offering,
  OPO: sending,
  OPOWFC: after(sending, (entity) => entity.dataSent(entity.credit)),
  CLOP: after(sending, (entity) => entity.closeFile({ name: 'EFID', rcnt: 0n, ucnt: 0n })),
  IDLELI: listener,
  IDLELICD: after(speaker, (entity) => entity.changeDirection()),
  OPIP: pending,
  OPI: receiving,
  CLIP: closing,
  RTRP: after(listener, (entity, own) => hear(entity, eerp(own.level))),
  WF_NDISC: after(listener, (entity) => hear(entity, stb('Z'))),
};

/** The states that a connection can be in, authentication only at level 5 and a NERP only from 1.4 on. */
export const LIVE_STATES = Object.keys(WAYS) as (keyof typeof WAYS)[];

/** An entity in a state, with nothing left to take. */
export function entityIn(state: keyof typeof WAYS, own: Partial<SessionOffer> = {}): Entity {
  const entity = WAYS[state](offer(own));
  if (entity.state !== state) throw new Error(`the way to ${state} leads to ${entity.state}`);
  sent(entity);
  told(entity);
  return entity;
}

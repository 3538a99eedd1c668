/** fixtures/inbound-matrix.json, and how a peer brings about and observes one of its cells at level 5. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { HUB, PARTNER } from './parties.js';
import type { RawPeer } from './peer.js';
import { PROJECT_ROOT } from './project.js';
import type { CommandName } from './received.js';
import {
  auch,
  aurp,
  cd,
  cdt,
  data,
  eerp,
  efid,
  efna,
  efpa,
  esid,
  nerp,
  rtr,
  secd,
  sfid,
  sfna,
  sfpa,
  ssid,
  ssrm,
  stb,
} from './wire.js';

/** One way to send every inbound event; each is well formed. */
const EVENTS: Readonly<Record<string, (peer: RawPeer) => void>> = {
  SSRM: (peer) => peer.send(ssrm()),
  SSID: (peer) => peer.send(ssid()),
  SECD: (peer) => peer.send(secd()),
  AUCH: (peer) => peer.send(auch(new Uint8Array(64))),
  AURP: (peer) => peer.send(aurp(new Uint8Array(20))),
  SFID: (peer) => peer.send(sfid(5, { dsn: 'MATRIX' })),
  SFPA: (peer) => peer.send(sfpa(5)),
  SFNA: (peer) => peer.send(sfna(5, 99)),
  DATA: (peer) => peer.send(data('')),
  CDT: (peer) => peer.send(cdt()),
  EFID: (peer) => peer.send(efid(5, { ucnt: 0 })),
  EFPA: (peer) => peer.send(efpa()),
  EFNA: (peer) => peer.send(efna(5, 99)),
  'ESID 00': (peer) => peer.send(esid(5, 0)),
  'ESID 99': (peer) => peer.send(esid(5, 99)),
  CD: (peer) => peer.send(cd()),
  EERP: (peer) => peer.send(eerp(5, { dest: HUB.code, orig: PARTNER.code })),
  NERP: (peer) => peer.send(nerp(5, { dest: HUB.code, orig: PARTNER.code })),
  RTR: (peer) => peer.send(rtr()),
  INVALID: (peer) => peer.send(stb('Z')),
  FIN: (peer) => peer.end(),
};

/** Inbound events that end in an observation on the same connection; RST and TIME-OUT have tests of their own. */
export const OBSERVABLE_EVENTS: readonly string[] = Object.keys(EVENTS);

type Row = Readonly<Record<string, readonly string[]>>;
const MATRIX = JSON.parse(readFileSync(join(PROJECT_ROOT, 'fixtures/inbound-matrix.json'), 'utf8')) as {
  readonly states: Readonly<Record<string, Row>>;
};

/** What a server or client that has the turn may make of it, or keep it. */
const TURN = ['none', 'EERP', 'NERP', 'SFID', 'CD', 'ESID 00'];

/** The accepted reactions of a cell. Where the reading is ours, any refusal that does not act on it will do. */
function reactionsTo(state: string, event: string): readonly string[] {
  const [cell] = Object.entries(MATRIX.states[state] ?? {}).find(([, events]) => events.includes(event)) ?? [];
  if (cell === undefined) throw new Error(`the fixture has no cell ${state}, ${event}`);
  if (cell === 'turn') return TURN;
  if (cell === 'ESID 02?') return ['ESID 02', 'ESID 01', 'close'];
  return cell.replace('?', '').split('|');
}

/** Sends one event and names what comes of it; what was under way before is passed over: DATA always, others once. */
async function reactionOf(
  peer: RawPeer,
  event: string,
  mayBeSilent: boolean,
  before: readonly CommandName[],
): Promise<string> {
  const underWay = new Set(before);
  EVENTS[event]!(peer);
  for (;;) {
    const received = await peer.nextOrSilence(mayBeSilent);
    if (received === 'silence') return 'none';
    if (received === 'close') return 'close';
    if (received.name === 'DATA' ? underWay.has('DATA') : underWay.delete(received.name)) continue;
    return received.name === 'ESID' ? `ESID ${received.fields['reas']}` : received.name;
  }
}

/** Sends the event and checks the reaction against these states: several where a state may pass meanwhile. */
export async function assertReaction(
  peer: RawPeer,
  states: readonly string[],
  event: string,
  before: readonly CommandName[] = [],
): Promise<void> {
  const accepted = states.flatMap((state) => reactionsTo(state, event));
  const reaction = await reactionOf(peer, event, accepted.includes('none'), before);
  assert.ok(accepted.includes(reaction), `${states[0]}, ${event}: expected ${accepted.join(' or ')}, got ${reaction}`);
  if (reaction.startsWith('ESID')) await peer.expectClose();
}

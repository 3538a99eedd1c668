/** What holds for an entity whatever its user, the peer and the network do, in any order. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LEVELS } from '../../../src/protocol/commands/version.js';
import { Entity } from '../../../src/protocol/entity.js';
import { UserError } from '../../../src/protocol/machine/step.js';
import type { SessionOffer } from '../../../src/protocol/negotiate.js';
import {
  auch,
  aurp,
  cd,
  cdt,
  eerp,
  efid,
  efna,
  efpa,
  esid,
  type Level,
  nerp,
  rtr,
  secd,
  sfid,
  sfna,
  sfpa,
  ssid,
  ssrm,
  stb,
} from '../../support/wire.js';
import { ENVELOPE, file, heard, offer, RESPONSE, receipt, said } from './harness.js';
import { type End, Pair } from './pair.js';

const RUNS = 400;

const anyLevel = fc.constantFrom(...LEVELS);

const anyOffer: fc.Arbitrary<Partial<SessionOffer>> = fc.record({
  level: anyLevel,
  mode: fc.constantFrom('S', 'R', 'B', 'B', 'B'),
  bufferSize: fc.constantFrom(128, 2048),
  credit: fc.integer({ min: 1, max: 4 }),
  restart: fc.boolean(),
});

/** What a user may ask for or answer, right or wrong at the moment. */
const REQUESTS: Readonly<Record<string, (entity: Entity, choice: number) => unknown>> = {
  // An entity has one connection in its life.
  connected: (entity) => entity.state !== 'IDLE' && entity.connected(),
  confirmSession: (entity, choice) => entity.confirmSession(offer({ credit: 1 + (choice % 4) })),
  startFile: (entity, choice) => entity.startFile(file(entity.level, { rest: choice % 2 === 0 ? 0n : 3n })),
  dataSent: (entity, choice) => entity.dataSent(choice % 5),
  closeFile: (entity) => entity.closeFile({ name: 'EFID', rcnt: 0n, ucnt: 7n }),
  sendEerp: (entity) => entity.sendEndResponse(receipt('EERP', entity.level)),
  sendNerp: (entity) => entity.sendEndResponse(receipt('NERP', entity.level)),
  changeDirection: (entity) => entity.changeDirection(),
  acceptFile: (entity, choice) => entity.acceptFile(BigInt(choice % 4)),
  refuseFile: (entity, choice) => entity.refuseFile({ reason: choice % 24, retry: choice % 2 === 0, text: 'né' }),
  acceptEnd: (entity, choice) => entity.acceptEnd(choice % 2 === 0),
  refuseEnd: (entity, choice) => entity.refuseEnd({ reason: choice % 24, text: '' }),
  confirmResponse: (entity) => entity.confirmResponse(),
  challenge: (entity) => entity.challenge(ENVELOPE),
  respond: (entity) => entity.respond(RESPONSE),
  authenticate: (entity, choice) => entity.authenticate(choice % 4 > 0),
  holdCredit: (entity, choice) => entity.holdCredit(choice % 2 === 0),
  release: (entity) => entity.release(),
};

/** Does what may throw a UserError and nothing else; says whether it was taken. */
function taken(act: () => void): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

// Two entities, whose users ask for anything at any time

/** The requests of the first property: the wire carries DATA itself, and one side connects once. */
const FAIR_REQUESTS = Object.keys(REQUESTS).filter((name) => !['connected', 'dataSent', 'authenticate'].includes(name));

type Move = readonly [side: 'initiator' | 'responder', what: string, choice: number];

const fairMove: fc.Arbitrary<Move> = fc.tuple(
  fc.constantFrom('initiator' as const, 'responder' as const),
  fc.oneof(
    { arbitrary: fc.constantFrom('deliver', 'sendData'), weight: 2 },
    { arbitrary: fc.constantFrom(...FAIR_REQUESTS), weight: 3 },
  ),
  fc.nat(99),
);

function move(pair: Pair, end: End, what: string, choice: number): void {
  const { entity } = end;
  if (what === 'deliver') pair.deliver(end);
  else if (what === 'sendData') pair.sendData(end, choice % 5);
  // Whatever the user asks for, the entity knows whether it is legal; only the normal end would end the run too soon.
  else if (what !== 'release' || choice > 90) taken(() => REQUESTS[what]?.(entity, choice));
  pair.collect();
}

test('two entities never see a violation, whatever their users ask for and however slow the wire', () => {
  fc.assert(
    fc.property(anyOffer, anyOffer, fc.array(fairMove, { maxLength: 300 }), (calling, called, moves) => {
      const pair = new Pair(calling, called);
      for (const [side, what, choice] of moves) move(pair, pair[side], what, choice);
      for (const { sent } of [pair.initiator, pair.responder]) {
        const reasons = sent.filter(({ name }) => name === 'ESID').map(({ fields }) => fields['reas']);
        // 10: modes that do not go together.
        assert.ok(reasons.length <= 1 && (reasons[0] ?? '00').match(/^(00|10)$/) !== null, pair.flow.join(', '));
      }
    }),
    { numRuns: RUNS },
  );
});

test('sessions that are played at random do get to files, end responses and turns', () => {
  const seen = new Set<string>();
  const wanted = ['SFPA', 'SFNA', 'CDT', 'EFPA', 'EFNA', 'EERP', 'NERP', 'RTR', 'CD', 'ESID'];
  for (let seed = 1; seed <= 60; seed += 1) {
    const [moves = []] = fc.sample(fc.array(fairMove, { minLength: 300, maxLength: 300 }), { numRuns: 1, seed });
    const pair = new Pair({ credit: 2 });
    for (const [side, what, choice] of moves) move(pair, pair[side], what, choice);
    for (const step of pair.flow) seen.add(step.slice(2));
  }
  for (const name of wanted) assert.ok(seen.has(name), name);
});

test('data arrives in full, and with one CDT a window, however the listener holds its credit back', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 0, max: 40 }),
      fc.array(fc.nat(3), { maxLength: 200 }),
      (credit, count, choices) => {
        const pair = new Pair({ credit });
        pair.open({ credit });
        const { initiator, responder } = pair;
        pair.act(initiator, (entity) => entity.startFile(file()));
        pair.act(responder, (entity) => entity.acceptFile(0n));
        pair.flow.length = 0;
        let left = count;
        const settling = Array.from({ length: 4 * count }, (_, at) => [3, 0, 1, 0][at % 4]);
        for (const choice of [...choices, ...settling]) {
          if (choice === 0) left -= pair.sendData(initiator, Math.min(left, 2));
          else if (choice === 1) while (pair.deliver(responder) || pair.deliver(initiator));
          else responder.entity.holdCredit(choice === 2);
          pair.collect();
        }
        pair.settle();
        assert.is(left, 0);
        assert.is(initiator.inbound.length + responder.inbound.length, 0);
        assert.equal(pair.flow, new Array(Math.floor(count / credit)).fill('< CDT'));
        assert.is(responder.entity.state, 'OPI');
      },
    ),
    { numRuns: RUNS },
  );
});

// One entity, with a peer and a network that do anything

function commandsOf(level: Level): Uint8Array[] {
  const common = [ssrm(), ssid({ level }), ssid({ level, auth: level === 5 ? 'Y' : ' ' }), cdt(), cd(), rtr(), secd()];
  const files = [sfid(level), sfid(level, { rest: 3 }), sfpa(level), sfpa(level, 3), sfna(level, 13)];
  const ends = [efid(level, { ucnt: 0 }), efpa('N'), efpa('Y'), efna(level, 11), esid(level, 0), esid(level, 2)];
  const responses = [eerp(level), nerp(level === 5 ? 5 : 4), auch(ENVELOPE), aurp(RESPONSE)];
  return [...common, ...files, ...ends, ...responses];
}

const anyCommand = anyLevel.chain((level) => fc.constantFrom(...commandsOf(level)));

/** Commands, commands with an octet changed or cut off, and noise. */
const anyBuffer: fc.Arbitrary<Uint8Array> = fc.oneof(
  { arbitrary: anyCommand, weight: 6 },
  {
    arbitrary: fc.tuple(anyCommand, fc.nat(200), fc.nat(255)).map(([command, at, octet]) => {
      const copy = Uint8Array.from(command);
      copy[4 + (at % (copy.length - 4))] = octet;
      return copy;
    }),
    weight: 1,
  },
  {
    arbitrary: fc
      .tuple(anyCommand, fc.nat(200))
      .map(([command, at]) => command.slice(0, 5 + (at % (command.length - 4)))),
    weight: 1,
  },
  { arbitrary: fc.uint8Array({ minLength: 1, maxLength: 70 }).map((octets) => stb(octets)), weight: 1 },
);

type Happening = (entity: Entity) => void;

const named = (name: string, happening: Happening): Happening =>
  Object.assign(happening, { [fc.toStringMethod]: () => name });

const anyHappening: fc.Arbitrary<Happening> = fc.oneof(
  {
    arbitrary: fc
      .tuple(fc.constantFrom(...Object.keys(REQUESTS)), fc.nat(99))
      .map(([name, choice]) =>
        named(`${name} ${choice}`, (entity) => void taken(() => REQUESTS[name]?.(entity, choice))),
      ),
    weight: 6,
  },
  {
    arbitrary: anyBuffer.map((buffer) =>
      named(`hear ${Buffer.from(buffer).toString('latin1')}`, (entity) => void entity.receive(buffer.subarray(4))),
    ),
    weight: 6,
  },
  {
    arbitrary: fc.integer({ min: 1, max: 4000 }).map((length) =>
      named(`DATA ${length}`, (entity) => {
        if (entity.beginData(length)) entity.endData();
      }),
    ),
    weight: 2,
  },
  {
    arbitrary: fc.constantFrom(
      named('abort', (entity) => entity.abort({ reason: 99, detail: 'n\u00e9' })),
      named('timedOut', (entity) => entity.timedOut()),
      named('disconnected', (entity) => entity.disconnected()),
      named('failed', (entity) => entity.failed('reset')),
      named('invalidBuffer', (entity) => entity.invalidBuffer(7, 'too long')),
      named('endData', (entity) => entity.endData()),
    ),
    weight: 1,
  },
);

/** Reads what the entity has sent and told, and checks what must hold after everything that happens. */
class Observer {
  #over = false;
  #aborted = 0;

  watch(entity: Entity): void {
    for (const command of said(entity)) {
      assert.not(this.#over, `${command} after the end`);
      if (command.startsWith('ESID')) this.#over = true;
    }
    for (const indication of heard(entity)) {
      if (indication.startsWith('F_ABORT_IND') || indication === 'F_RELEASE_IND') this.#aborted += 1;
    }
    assert.ok(this.#aborted <= 1, 'the user was told twice that the session ended');
    if (entity.ended) this.#over = true;
    assert.not(entity.waitsForPeer && entity.deciding, 'both sides are waited for');
    assert.ok(entity.credit === 0 || entity.state === 'OPO');
  }
}

for (const role of ['initiator', 'responder'] as const) {
  test(`${role}: a UserError is all that is thrown, only whole commands go out, nothing after an ESID`, () => {
    fc.assert(
      fc.property(anyOffer, fc.boolean(), fc.array(anyHappening, { maxLength: 60 }), (own, secure, happenings) => {
        const authentication = secure && own.level === 5;
        const entity = new Entity(role, offer({ ...own, authentication }));
        entity.connected();
        const observer = new Observer();
        for (const happening of happenings) {
          happening(entity);
          observer.watch(entity);
        }
      }),
      { numRuns: 2 * RUNS },
    );
  });

  test(`${role}: an ESID, readable or not, is never answered and always closes`, () => {
    fc.assert(
      fc.property(
        anyOffer,
        fc.array(anyHappening, { maxLength: 30 }),
        fc.uint8Array({ maxLength: 40 }),
        (own, before, rest) => {
          const entity = new Entity(role, offer(own));
          entity.connected();
          for (const happening of before) happening(entity);
          said(entity);
          heard(entity);
          if (entity.state === 'IDLE') return;
          entity.receive(Uint8Array.of(0x46, ...rest));
          assert.equal(said(entity), []);
          assert.ok(heard(entity).includes('N_DISC_RQ'));
          assert.is(entity.state, 'IDLE');
        },
      ),
      { numRuns: RUNS },
    );
  });
}

test.run();

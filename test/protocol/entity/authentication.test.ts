/** Secure authentication: RFC 5024 §4.2.4, §5.3.16 to §5.3.18, §9.8 I to L. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EncodeError } from '../../../src/protocol/commands/codec.js';
import type { Entity } from '../../../src/protocol/entity.js';
import type { State } from '../../../src/protocol/machine/states.js';
import { UserError } from '../../../src/protocol/machine/step.js';
import { auch, aurp, esid, secd, sfid, ssid, ssrm, stb } from '../../support/wire.js';
import {
  ENVELOPE,
  entityIn,
  hear,
  heard,
  initiator,
  octetsOf,
  offer,
  RESPONSE,
  responder,
  said,
  told,
} from './harness.js';

const SECURE = offer({ authentication: true });
const latin1 = (...buffers: Uint8Array[]) => Buffer.concat(buffers).toString('latin1');

/** The three moments at which the entity waits for what only its user has. */
const QUESTIONS: readonly {
  readonly state: State & ('WF_SECD' | 'WF_AUCH' | 'WF_AURP');
  readonly command: Uint8Array;
  readonly indication: string;
  readonly answer: (entity: Entity) => void;
}[] = [
  { state: 'WF_SECD', command: secd(), indication: 'CHALLENGE_RQ', answer: (entity) => entity.challenge(ENVELOPE) },
  {
    state: 'WF_AUCH',
    command: auch(ENVELOPE),
    indication: 'RESPONSE_RQ',
    answer: (entity) => entity.respond(RESPONSE),
  },
  { state: 'WF_AURP', command: aurp(RESPONSE), indication: 'VERIFY_RQ', answer: (entity) => entity.authenticate(true) },
];

/** The entity has just been asked. */
function asked({ state, command }: (typeof QUESTIONS)[number]): Entity {
  const entity = entityIn(state);
  hear(entity, command);
  return entity;
}

test('C-074 C-075 C-080 C-083 C-084 a responder: SECD, AUCH, AURP, SECD, AUCH, AURP, octet by octet', () => {
  const entity = responder(SECURE);
  hear(entity, ssid({ auth: 'Y' }));
  entity.confirmSession(SECURE);
  octetsOf(entity);
  assert.equal(heard(entity), ['F_CONNECT_IND']);
  assert.is(entity.state, 'WF_SECD');

  hear(entity, secd());
  assert.is(octetsOf(entity), '');
  assert.equal(heard(entity), ['CHALLENGE_RQ']);
  entity.challenge(ENVELOPE);
  assert.is(octetsOf(entity), latin1(auch(ENVELOPE)));

  hear(entity, aurp(RESPONSE));
  assert.is(octetsOf(entity), '');
  const [verify] = told(entity);
  assert.ok(verify?.name === 'VERIFY_RQ');
  assert.equal(verify.aurp.rsp, RESPONSE);
  entity.authenticate(true);
  assert.is(octetsOf(entity), '\x10\x00\x00\x05J');

  hear(entity, auch(ENVELOPE));
  const [respond] = told(entity);
  assert.ok(respond?.name === 'RESPONSE_RQ');
  assert.equal(respond.auch.chal, ENVELOPE);
  entity.respond(RESPONSE);
  assert.is(octetsOf(entity), latin1(aurp(RESPONSE)));
  assert.equal(heard(entity), ['F_CONNECT_CF']);
  assert.is(entity.state, 'IDLELI');
});

test('an initiator: it begins, proves itself, then challenges, and opens the session last', () => {
  const entity = initiator(SECURE);
  hear(entity, ssrm());
  octetsOf(entity);
  hear(entity, ssid({ auth: 'Y' }));
  assert.is(octetsOf(entity), '\x10\x00\x00\x05J');
  assert.equal(heard(entity), []);
  assert.is(entity.state, 'WF_AUCH');

  hear(entity, auch(ENVELOPE));
  assert.equal(heard(entity), ['RESPONSE_RQ']);
  entity.respond(RESPONSE);
  assert.is(octetsOf(entity), latin1(aurp(RESPONSE)));
  assert.is(entity.state, 'WF_SECD');

  hear(entity, secd());
  assert.equal(heard(entity), ['CHALLENGE_RQ']);
  entity.challenge(ENVELOPE);
  assert.is(octetsOf(entity), latin1(auch(ENVELOPE)));

  hear(entity, aurp(RESPONSE));
  assert.equal(heard(entity), ['VERIFY_RQ']);
  entity.authenticate(true);
  assert.is(octetsOf(entity), '');
  assert.equal(heard(entity), ['F_CONNECT_CF']);
  assert.is(entity.state, 'IDLESP');
});

test('C-081 a response that does not match is ESID 11, for the responder and for the initiator', () => {
  const called = entityIn('WF_AURP');
  const calling = initiator(SECURE);
  hear(calling, ssrm(), ssid({ auth: 'Y' }), auch(ENVELOPE));
  calling.respond(RESPONSE);
  hear(calling, secd());
  calling.challenge(ENVELOPE);
  octetsOf(calling);
  told(calling);
  for (const entity of [called, calling]) {
    assert.is(entity.state, 'WF_AURP');
    hear(entity, aurp(RESPONSE));
    entity.authenticate(false);
    const octets = octetsOf(entity);
    assert.is(octets.slice(4, 7), 'F11');
    const [, abort] = told(entity);
    assert.ok(abort?.name === 'F_ABORT_IND');
    assert.is(abort.reason, 11);
    // Neither challenge nor response may be told.
    for (const secret of [RESPONSE, ENVELOPE]) {
      const text = Buffer.from(secret.subarray(0, 4)).toString('latin1');
      assert.not.ok(octets.includes(text) || abort.detail.includes(text));
    }
  }
});

for (const question of QUESTIONS) {
  const { state, indication, answer } = question;

  test(`${state}: while ${indication} is open, the move is the user's`, () => {
    const entity = asked(question);
    assert.is(entity.state, state);
    assert.ok(entity.deciding);
    assert.not(entity.waitsForPeer);
    answer(entity);
    assert.not(entity.deciding);
  });

  test(`${state}: an answer before the question, a second one and another one are user errors`, () => {
    const entity = entityIn(state);
    assert.throws(
      () => answer(entity),
      (error: unknown) => error instanceof UserError,
    );
    hear(entity, question.command);
    for (const other of QUESTIONS) {
      if (other === question) continue;
      assert.throws(
        () => other.answer(entity),
        (error: unknown) => error instanceof UserError,
      );
    }
    assert.ok(entity.deciding);
    assert.is(octetsOf(entity), '');
    answer(entity);
    assert.throws(
      () => answer(entity),
      (error: unknown) => error instanceof UserError,
    );
  });

  for (const [end, act] of [
    ['the own user', (entity: Entity) => entity.abort({ reason: 11, detail: '' })],
    ['the peer', (entity: Entity) => hear(entity, esid(5, 99))],
    ['the timer', (entity: Entity) => entity.timedOut()],
    ['the network', (entity: Entity) => entity.disconnected()],
    ['a failure', (entity: Entity) => entity.failed('reset')],
    ['an invalid buffer', (entity: Entity) => hear(entity, stb('Z'))],
  ] as const) {
    test(`${state}: if ${end} ends the session meanwhile, the answer is too late and nothing is sent`, () => {
      const entity = asked(question);
      act(entity);
      assert.ok(entity.ended);
      assert.not(entity.deciding);
      octetsOf(entity);
      assert.throws(
        () => answer(entity),
        (error: unknown) => error instanceof UserError,
      );
      assert.is(octetsOf(entity), '');
    });
  }

  test(`C-087 ${state}: a command that does not wait for the answer to the one before is ESID 02`, () => {
    for (const early of [secd(), auch(ENVELOPE), aurp(RESPONSE), sfid(5), ssid({ auth: 'Y' })]) {
      const entity = asked(question);
      hear(entity, early);
      assert.equal(said(entity), ['ESID 02']);
    }
  });
}

test('C-086 a decrypted challenge that has not 20 octets is not sent; the user can still end the session', () => {
  for (const length of [0, 19, 21]) {
    const entity = asked(QUESTIONS[1]!);
    assert.throws(
      () => entity.respond(new Uint8Array(length)),
      (error: unknown) => error instanceof EncodeError && error.field === 'AURPRSP',
    );
    assert.ok(entity.deciding);
    assert.is(octetsOf(entity), '');
    entity.abort({ reason: 11, detail: '' });
    assert.equal(said(entity), ['ESID 11']);
  }
});

test('C-082 a response of another length is ESID 07', () => {
  for (const length of [19, 21]) {
    const entity = entityIn('WF_AURP');
    hear(entity, aurp(new Uint8Array(length)));
    assert.equal(said(entity), ['ESID 07']);
    assert.not(entity.deciding);
  }
});

test('an empty challenge is not sent', () => {
  const entity = asked(QUESTIONS[0]!);
  assert.throws(
    () => entity.challenge(new Uint8Array(0)),
    (error: unknown) => error instanceof EncodeError && error.field === 'AUCHCHLL',
  );
  assert.ok(entity.deciding);
});

test('C-087 C-088 no file command before both have proved themselves, no authentication after that', () => {
  for (const { state } of QUESTIONS) {
    const entity = entityIn(state);
    hear(entity, sfid(5));
    assert.equal(said(entity), ['ESID 02']);
    assert.throws(
      () => entityIn(state).changeDirection(),
      (error: unknown) => error instanceof UserError,
    );
  }
  for (const state of ['IDLELI', 'IDLESP', 'OPI', 'OPO'] as const) {
    for (const { command } of QUESTIONS) {
      const entity = entityIn(state);
      hear(entity, command);
      assert.equal(said(entity), ['ESID 02']);
    }
  }
});

for (const level of [1, 2, 4] as const) {
  test(`level ${level} does not know the commands of authentication: ESID 01`, () => {
    for (const { command } of QUESTIONS) {
      const entity = entityIn('IDLELI', { level });
      hear(entity, command);
      assert.equal(said(entity), ['ESID 01']);
    }
  });
}

test.run();

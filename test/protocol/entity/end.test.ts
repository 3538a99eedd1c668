/** How sessions end, in every state: RFC 5024 §3.4, §4.7, §5.3.11, §9.9. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LEVELS } from '../../../src/protocol/commands/version.js';
import { Entity } from '../../../src/protocol/entity.js';
import { cd, data, esid, type Level, patched, resized, sfid, ssid, stb } from '../../support/wire.js';
import { entityIn, hear, heard, LIVE_STATES, octetsOf, offer, sent, told } from './harness.js';

const octets = (exchangeBuffer: string) => stb(exchangeBuffer).toString('latin1');

/** The states of a connection on which no ESID has been sent yet. */
const OPEN_STATES = LIVE_STATES.filter((state) => state !== 'WF_NDISC');

/** An ESID as the layout of a level has it. */
const esidAt = (level: Level, reason: string, text: string) =>
  octets(level < 5 ? `F${reason}\r` : `F${reason}${String(text.length).padStart(3, '0')}${text}\r`);

// The own user ends it

for (const state of OPEN_STATES) {
  test(`C-272 abort in ${state}: ESID with its reason, nothing to the own user, then the peer's disconnect`, () => {
    const entity = entityIn(state);
    assert.not(entity.ended);
    entity.abort({ reason: 5, detail: 'closing for today' });
    assert.is(octetsOf(entity), octets('F05017closing for today\r'));
    assert.equal(told(entity), []);
    assert.is(entity.state, 'WF_NDISC');
    assert.ok(entity.ended);
    assert.ok(entity.waitsForPeer);
    assert.not(entity.deciding);
    entity.abort({ reason: 99, detail: '' });
    assert.is(octetsOf(entity), '');
    entity.disconnected();
    assert.is(entity.state, 'IDLE');
    assert.equal(told(entity), []);
  });
}

for (const level of LEVELS) {
  test(`C-258 C-273 level ${level}: ESID has the codes, the layout and the texts of the level`, () => {
    for (const [reason, since, standard] of [
      [3, 1, 'identification code not known'],
      [11, 5, 'invalid challenge response'],
      [12, 5, 'secure authentication requirements incompatible'],
      [99, 1, 'unspecified reason'],
      [0, 1, 'unspecified reason'],
    ] as const) {
      const entity = entityIn('IDLELI', { level });
      entity.abort({ reason, detail: '' });
      const code = reason === 0 || level < since ? '99' : String(reason).padStart(2, '0');
      assert.is(octetsOf(entity), esidAt(level, code, standard));
    }
  });
}

test('C-264 a text of more than 999 octets is cut between characters', () => {
  const entity = entityIn('IDLELI');
  entity.abort({ reason: 99, detail: `${'x'.repeat(998)}é` });
  const [end] = sent(entity);
  assert.is(end?.fields['text'], 'x'.repeat(998));
});

test('C-266 a reason that no list has goes out as 99', () => {
  const entity = entityIn('IDLELI');
  entity.abort({ reason: 55, detail: 'house rules' });
  assert.is(octetsOf(entity), octets('F99011house rules\r'));
});

test('there is nothing to abort without a connection', () => {
  const entity = new Entity('responder', offer());
  entity.abort({ reason: 5, detail: '' });
  entity.disconnected();
  entity.failed('reset');
  entity.timedOut();
  entity.invalidBuffer(7, '');
  hear(entity, ssid(), esid(5, 0), cd(), data('x'));
  assert.is(entity.state, 'IDLE');
  assert.is(octetsOf(entity), '');
  assert.equal(told(entity), []);
});

// The peer ends it

for (const state of OPEN_STATES) {
  test(`C-260 C-261 C-263 C-272 ESID of the peer in ${state}: a disconnect and no ESID back`, () => {
    for (const [buffer, reason, detail] of [
      [esid(5, 5, 'lunch'), 5, 'lunch'],
      [esid(5, 99), 99, 'unspecified reason'],
      [esid(5, 55), 55, 'unknown reason 55'],
      [esid(4, 8), 8, 'resources not available, retry later'],
    ] as const) {
      const entity = entityIn(state);
      hear(entity, buffer);
      assert.is(octetsOf(entity), '');
      assert.equal(told(entity), [{ name: 'F_ABORT_IND', origin: 'distant', reason, detail }, { name: 'N_DISC_RQ' }]);
      assert.is(entity.state, 'IDLE');
      assert.not(entity.deciding);
      assert.not(entity.waitsForPeer);
    }
  });

  test(`C-260 ESID 00 in ${state} is ${state === 'IDLELICD' ? 'the normal end' : 'an abort'}`, () => {
    const entity = entityIn(state);
    hear(entity, esid(5, 0));
    const end = state === 'IDLELICD' ? 'F_RELEASE_IND' : 'F_ABORT_IND distant 0';
    assert.equal(heard(entity), [end, 'N_DISC_RQ']);
    assert.is(octetsOf(entity), '');
  });

  test(`an ESID that cannot be read, in ${state}: it ends the session as one with reason 99`, () => {
    for (const broken of [
      resized(esid(5, 2, 'some text'), -5),
      resized(esid(5, 2), 20),
      patched(esid(5, 2, 'text'), 3, 'XYZ'),
      patched(esid(5, 2), 6, '?'),
      patched(esid(5, 2), 1, 'QQ'),
      stb('F'),
    ]) {
      const entity = entityIn(state);
      hear(entity, broken);
      assert.is(octetsOf(entity), '');
      assert.equal(heard(entity), ['F_ABORT_IND distant 99', 'N_DISC_RQ']);
      assert.is(entity.state, 'IDLE');
    }
  });
}

test('what follows an ESID in the same segment is not answered', () => {
  for (const state of OPEN_STATES) {
    const entity = entityIn(state);
    hear(entity, esid(5, 5));
    octetsOf(entity);
    told(entity);
    hear(entity, esid(5, 5), cd(), stb('Z'), sfid(5), ssid(), data('x'), resized(sfid(5), -4));
    entity.timedOut();
    entity.failed('reset');
    entity.disconnected();
    assert.is(octetsOf(entity), '');
    assert.equal(told(entity), []);
    assert.is(entity.state, 'IDLE');
  }
});

// After the own ESID

test('C-021 after the own ESID nothing that comes is answered', () => {
  const entity = entityIn('WF_NDISC');
  hear(entity, cd(), stb('Z'), sfid(5), ssid(), data('x'), resized(sfid(5), -4), patched(sfid(5), 106, 'Q'));
  assert.is(octetsOf(entity), '');
  assert.equal(told(entity), []);
  assert.is(entity.state, 'WF_NDISC');
});

test('C-263 ESIDs that cross: the connection is closed, the user has been told already', () => {
  for (const crossing of [esid(5, 0), esid(5, 2, 'you too'), esid(4, 2), stb('F')]) {
    const entity = entityIn('WF_NDISC');
    hear(entity, crossing);
    assert.is(octetsOf(entity), '');
    assert.equal(told(entity), [{ name: 'N_DISC_RQ' }]);
    assert.is(entity.state, 'IDLE');
  }
});

test('C-262 C-276 after the own ESID the timer still runs, and ends in a disconnect', () => {
  const entity = entityIn('WF_NDISC');
  assert.ok(entity.waitsForPeer);
  entity.timedOut();
  assert.is(octetsOf(entity), '');
  assert.equal(told(entity), [{ name: 'N_DISC_RQ' }]);
  assert.is(entity.state, 'IDLE');
});

// The timer and the network end it

for (const state of OPEN_STATES) {
  test(`C-275 A-02 time-out in ${state}: ESID 09 as far as it still goes out, then the disconnect`, () => {
    const entity = entityIn(state);
    entity.timedOut('nothing was heard for 30 s');
    assert.is(octetsOf(entity), octets('F09026nothing was heard for 30 s\r'));
    assert.equal(told(entity), [
      { name: 'F_ABORT_IND', origin: 'local', reason: 9, detail: 'nothing was heard for 30 s' },
      { name: 'N_DISC_RQ' },
    ]);
    assert.is(entity.state, 'IDLE');
  });

  test(`C-008 C-009 disconnect and failure of the network in ${state}: no output, and the user hears why`, () => {
    const closed = entityIn(state);
    closed.disconnected();
    assert.is(octetsOf(closed), '');
    const detail = 'the connection was closed without ESID';
    assert.equal(told(closed), [{ name: 'F_ABORT_IND', origin: 'network', reason: 99, detail }]);
    assert.is(closed.state, 'IDLE');

    const reset = entityIn(state);
    reset.failed('read ECONNRESET');
    assert.is(octetsOf(reset), '');
    assert.equal(told(reset), [
      { name: 'N_DISC_RQ' },
      { name: 'F_ABORT_IND', origin: 'network', reason: 99, detail: 'read ECONNRESET' },
    ]);
    assert.is(reset.state, 'IDLE');
  });

  test(`C-278 A-01 a buffer that cannot be read, in ${state}: ESID 01, 06 or 07, and the user hears why`, () => {
    for (const [broken, reason, field] of [
      [stb('Z'), '01', 'CMD'],
      [resized(sfid(5), -4), '07', 'SFID'],
      [patched(sfid(5), 106, 'Q'), '06', 'SFIDFMT'],
    ] as const) {
      const entity = entityIn(state);
      hear(entity, broken);
      const [end, ...more] = sent(entity);
      assert.is(end?.fields['reas'], reason);
      assert.match(end?.fields['text'] ?? '', field);
      assert.equal(more, []);
      assert.equal(heard(entity), [`F_ABORT_IND local ${Number(reason)}`]);
      assert.is(entity.state, 'WF_NDISC');
    }
  });
}

test('a header that cannot be read ends the session with the reason that framing found', () => {
  for (const reason of [1, 2, 6, 7] as const) {
    const entity = entityIn('OPI');
    entity.invalidBuffer(reason, 'why');
    assert.is(octetsOf(entity), octets(`F0${reason}003why\r`));
    assert.equal(told(entity), [{ name: 'F_ABORT_IND', origin: 'local', reason, detail: 'why' }]);
  }
});

test('C-046 the text of a protocol violation names the command and the state, once', () => {
  const entity = entityIn('IDLESP');
  hear(entity, sfid(5));
  assert.is(octetsOf(entity), esidAt(5, '02', 'SFID is not allowed in state IDLESP'));
  assert.equal(told(entity), [
    { name: 'F_ABORT_IND', origin: 'local', reason: 2, detail: 'SFID is not allowed in state IDLESP' },
  ]);
});

// Whose move it is

test('C-274 in every state either the peer is waited for, or this side has to act', () => {
  const user = ['A_WF_CONRS', 'OPIP', 'CLIP', 'RTRP'];
  const turn = ['IDLESP', 'IDLESPCD', 'OPO'];
  for (const state of LIVE_STATES) {
    const entity = entityIn(state);
    assert.is(entity.deciding, user.includes(state), state);
    assert.is(entity.waitsForPeer, ![...user, ...turn].includes(state), state);
    assert.is(entity.idleSpeaker, state === 'IDLESP' || state === 'IDLESPCD', state);
    assert.is(entity.credit, state === 'OPO' ? 99 : 0, state);
    assert.is(entity.ended, state === 'WF_NDISC', state);
  }
});

test.run();

/** The turn, end responses, requests that wait for the turn: RFC 5024 §3.3.4 to §3.3.6, §4.3.8, §9.10, §9.12. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LEVELS } from '../../../src/protocol/commands/version.js';
import type { Entity } from '../../../src/protocol/entity.js';
import { UserError } from '../../../src/protocol/machine/step.js';
import { cd, cdt, eerp, efid, efpa, esid, nerp, rtr, sfid, sfpa, stb } from '../../support/wire.js';
import { entityIn, file, hear, heard, octetsOf, receipt, said, sent, told } from './harness.js';

const CD = '\x10\x00\x00\x05R';
const RTR = '\x10\x00\x00\x05P';

function refuses(act: () => void): void {
  assert.throws(act, (error: unknown) => error instanceof UserError);
}

test('C-249 C-250 the turn goes over by CD, either way', () => {
  const speaker = entityIn('IDLESP');
  assert.ok(speaker.idleSpeaker);
  speaker.changeDirection();
  assert.is(octetsOf(speaker), CD);
  assert.is(speaker.state, 'IDLELICD');
  assert.not(speaker.idleSpeaker);

  const listener = entityIn('IDLELI');
  hear(listener, cd());
  assert.equal(told(listener), [{ name: 'F_CD_IND' }]);
  assert.is(listener.state, 'IDLESPCD');
  assert.ok(listener.idleSpeaker);
});

test('C-251 a turn that has just come does not go back by CD', () => {
  refuses(() => entityIn('IDLESPCD').changeDirection());
});

for (const level of LEVELS) {
  test(`C-258 C-259 level ${level}: ESID 00 straight after the CD of the peer, octet by octet`, () => {
    const entity = entityIn('IDLESPCD', { level });
    entity.release();
    assert.is(octetsOf(entity), stb(level < 5 ? 'F00\r' : 'F00000\r').toString('latin1'));
    assert.is(entity.state, 'WF_NDISC');
    assert.equal(told(entity), []);
  });
}

test('C-200 C-218 ESID 00 is legal at no other moment', () => {
  for (const state of ['IDLESP', 'IDLELI', 'IDLELICD', 'OPO', 'OPI', 'WF_RTR', 'WF_CD', 'WF_NDISC'] as const) {
    const entity = entityIn(state);
    refuses(() => entity.release());
    assert.is(entity.state, state);
    assert.is(octetsOf(entity), '');
  }
});

test('C-252 CD straight after the own CD is ESID 02; ESID 00 there is the normal end', () => {
  const confused = entityIn('IDLELICD');
  hear(confused, cd());
  assert.equal(said(confused), ['ESID 02']);

  const released = entityIn('IDLELICD');
  hear(released, esid(5, 0));
  assert.is(octetsOf(released), '');
  assert.equal(heard(released), ['F_RELEASE_IND', 'N_DISC_RQ']);
});

test('C-254 CD to a Speaker is ESID 02', () => {
  for (const state of ['IDLESP', 'IDLESPCD', 'WF_RTR', 'OPOP', 'OPO', 'OPOWFC', 'CLOP'] as const) {
    const entity = entityIn(state);
    hear(entity, cd());
    assert.equal(said(entity), ['ESID 02']);
  }
});

// End responses

for (const level of LEVELS) {
  for (const name of ['EERP', 'NERP'] as const) {
    if (name === 'NERP' && level < 4) continue;

    test(`C-216 C-217 C-218 level ${level}: ${name}, RTR, and then anything but ESID 00`, () => {
      const entity = entityIn('IDLESPCD', { level });
      entity.sendEndResponse(receipt(name, level));
      const [response] = sent(entity);
      assert.is(response?.name, name);
      assert.is(entity.state, 'WF_RTR');
      assert.ok(entity.waitsForPeer);
      for (const early of [
        () => entity.sendEndResponse(receipt(name, level)),
        () => entity.startFile(file(level)),
        () => entity.changeDirection(),
        () => entity.release(),
      ]) {
        refuses(early);
      }
      hear(entity, rtr());
      assert.equal(heard(entity), ['F_RTR_CF']);
      assert.is(entity.state, 'IDLESP');
      refuses(() => entity.release());
      entity.sendEndResponse(receipt('EERP', level));
      hear(entity, rtr());
      entity.changeDirection();
      assert.equal(said(entity), ['EERP', 'CD']);
    });
  }

  test(`C-219 C-220 level ${level}: a received EERP is confirmed by RTR, as often as one comes`, () => {
    const entity = entityIn('IDLELI', { level });
    for (let round = 0; round < 2; round += 1) {
      hear(entity, eerp(level, { dsn: 'NEVER SENT' }));
      const [indication] = told(entity);
      assert.ok(indication?.name === 'F_EERP_IND');
      assert.is(indication.eerp.dsn, 'NEVER SENT');
      assert.ok(entity.deciding);
      assert.is(octetsOf(entity), '');
      entity.confirmResponse();
      assert.is(octetsOf(entity), RTR);
      assert.is(entity.state, 'IDLELI');
    }
  });
}

for (const level of [4, 5] as const) {
  test(`C-235 level ${level}: a received NERP is confirmed by RTR`, () => {
    const entity = entityIn('IDLELICD', { level });
    hear(entity, nerp(level, { reas: 33 }));
    const [indication] = told(entity);
    assert.ok(indication?.name === 'F_NERP_IND');
    assert.is(indication.nerp.reas, 33);
    entity.confirmResponse();
    assert.is(octetsOf(entity), RTR);
  });
}

test('C-241 a NERP has a reason that its level has, and the standard text where it has none of its own', () => {
  for (const [level, reason] of [
    [4, '99'],
    [5, '32'],
  ] as const) {
    const entity = entityIn('IDLESP', { level });
    const response = receipt('NERP', level);
    assert.ok(response.name === 'NERP');
    entity.sendEndResponse({ ...response, reas: 32 });
    const [sentOut] = sent(entity);
    assert.is(sentOut?.fields['reas'], reason);
    assert.is(sentOut?.fields['text'], level < 5 ? undefined : 'file decompression failed');
  }
});

for (const level of [1, 2] as const) {
  test(`C-236 A-25 level ${level} has no NERP: refused here, and ESID 01 to the peer that sends one`, () => {
    for (const state of ['IDLESP', 'IDLESPCD', 'WF_CD'] as const) {
      const entity = entityIn(state, { level });
      assert.throws(
        () => entity.sendEndResponse(receipt('NERP', level)),
        (error: unknown) => error instanceof UserError && /NERP came with 1\.4/.test(error.message),
      );
      assert.is(entity.state, state);
      assert.is(octetsOf(entity), '');
    }
    const listener = entityIn('IDLELI', { level });
    hear(listener, nerp(4));
    assert.equal(said(listener), ['ESID 01']);
  });
}

test('C-211 a Listener does not send end responses', () => {
  for (const state of ['IDLELI', 'OPI', 'OPO', 'CLOP', 'OPOP'] as const) {
    refuses(() => entityIn(state).sendEndResponse(receipt('EERP')));
  }
});

test('C-221 an end response in the middle of a file, or on top of another one, is ESID 02', () => {
  for (const state of ['OPIP', 'OPI', 'CLIP', 'RTRP', 'IDLESP', 'OPO'] as const) {
    for (const response of [eerp(5), nerp(5)]) {
      const entity = entityIn(state);
      hear(entity, response);
      assert.equal(said(entity), ['ESID 02']);
    }
  }
});

test('C-222 C-223 RTR that nobody waits for is ESID 02, and so is anything else where RTR is due', () => {
  for (const state of ['IDLELI', 'IDLESP', 'OPI', 'OPO', 'WF_CD'] as const) {
    const entity = entityIn(state);
    hear(entity, rtr());
    assert.equal(said(entity), ['ESID 02']);
  }
  for (const answer of [cd(), sfpa(5), cdt(), sfid(5), efpa()]) {
    const entity = entityIn('WF_RTR');
    hear(entity, answer);
    assert.equal(said(entity), ['ESID 02']);
  }
});

// The turn that a Listener has asked for

test('C-198 C-199 EFPA(Y), and the CD that it brings is not announced: the user reckons with the turn', () => {
  const entity = entityIn('CLIP');
  entity.acceptEnd(true);
  assert.is(octetsOf(entity), '\x10\x00\x00\x064Y');
  assert.is(entity.state, 'WF_CD');
  assert.ok(entity.waitsForPeer);
  hear(entity, cd());
  assert.is(entity.state, 'IDLESP');
  assert.is(octetsOf(entity), '');
  assert.equal(told(entity), []);
});

test('C-200 a turn that was asked for may go straight back by CD', () => {
  const entity = entityIn('WF_CD');
  hear(entity, cd());
  entity.changeDirection();
  assert.is(octetsOf(entity), CD);
});

for (const [request, ask, state, next] of [
  ['EERP', (entity: Entity) => entity.sendEndResponse(receipt('EERP')), 'ERSTWFCD', 'WF_RTR'],
  ['NERP', (entity: Entity) => entity.sendEndResponse(receipt('NERP')), 'NRSTWFCD', 'WF_RTR'],
  ['SFID', (entity: Entity) => entity.startFile(file(5, { rest: 4n })), 'SFSTWFCD', 'OPOP'],
  ['CD', (entity: Entity) => entity.changeDirection(), 'CDSTWFCD', 'IDLELICD'],
] as const) {
  test(`C-199 ${request} asked for before the peer's CD goes out with it, and nothing else may be asked for`, () => {
    const entity = entityIn('WF_CD');
    ask(entity);
    assert.is(entity.state, state);
    assert.is(octetsOf(entity), '');
    assert.ok(entity.waitsForPeer);
    for (const other of [
      () => entity.sendEndResponse(receipt('EERP')),
      () => entity.sendEndResponse(receipt('NERP')),
      () => entity.startFile(file()),
      () => entity.changeDirection(),
      () => entity.release(),
    ]) {
      refuses(other);
    }
    hear(entity, cd());
    assert.equal(said(entity), [request]);
    assert.is(entity.state, next);
  });
}

test('C-147 the position of a file that had to wait for the turn bounds the answer as any other', () => {
  for (const [answer, state] of [
    [4, 'OPO'],
    [5, 'WF_NDISC'],
  ] as const) {
    const entity = entityIn('WF_CD');
    entity.startFile(file(5, { rest: 4n }));
    hear(entity, cd(), sfpa(5, answer));
    assert.is(entity.state, state);
  }
});

test('C-201 anything but CD where the turn is due is ESID 02', () => {
  for (const state of ['WF_CD', 'ERSTWFCD', 'NRSTWFCD', 'SFSTWFCD', 'CDSTWFCD'] as const) {
    for (const answer of [sfid(5), eerp(5), efid(5, { ucnt: 0 }), sfpa(5), cdt()]) {
      const entity = entityIn(state);
      hear(entity, answer);
      assert.equal(said(entity), ['ESID 02']);
    }
  }
});

test('a request that waits for the turn is gone with the session', () => {
  const entity = entityIn('ERSTWFCD');
  entity.abort({ reason: 5, detail: '' });
  hear(entity, cd());
  assert.equal(said(entity), ['ESID 05']);
});

test.run();

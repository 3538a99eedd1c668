/** Credit, on both sides: RFC 5024 §4.4.1, §9.10 M, O, P, §9.11 note 1, §9.12 I. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Entity } from '../../../src/protocol/entity.js';
import { UserError } from '../../../src/protocol/machine/step.js';
import { cdt, data, efid, efpa, sfid, sfpa } from '../../support/wire.js';
import { entityIn, file, hear, heard, octetsOf, said } from './harness.js';

const CDT = '\x10\x00\x00\x07C  ';
const WINDOWS = [1, 2, 3, 50, 999];

function refuses(act: () => void): void {
  assert.throws(act, (error: unknown) => error instanceof UserError);
}

/** `count` DATA exchange buffers come in. */
function take(entity: Entity, count: number): void {
  for (let taken = 0; taken < count; taken += 1) hear(entity, data('x'));
}

// The Speaker

for (const credit of WINDOWS) {
  test(`C-189 window ${credit}: the speaker may send ${credit} DATA for each CDT`, () => {
    const entity = entityIn('OPO', { credit });
    for (let round = 0; round < 3; round += 1) {
      assert.is(entity.credit, credit);
      entity.dataSent(credit);
      assert.is(entity.credit, 0);
      assert.is(entity.state, 'OPOWFC');
      assert.ok(entity.waitsForPeer);
      hear(entity, cdt());
      assert.equal(heard(entity), ['F_DATA_CF']);
    }
    assert.is(octetsOf(entity), '');
  });
}

test('sending one after the other counts as sending at once', () => {
  const entity = entityIn('OPO', { credit: 5 });
  entity.dataSent(2);
  assert.is(entity.credit, 3);
  entity.dataSent(0);
  entity.dataSent(1);
  assert.is(entity.credit, 2);
  assert.equal(heard(entity), []);
});

test('more DATA than there is credit for is a user error that counts nothing', () => {
  const entity = entityIn('OPO', { credit: 3 });
  refuses(() => entity.dataSent(4));
  assert.is(entity.credit, 3);
  refuses(() => entityIn('OPOWFC').dataSent(1));
  refuses(() => entityIn('IDLESP').dataSent(1));
});

test('C-180 C-186 CDT while credit is left is ESID 02', () => {
  for (const spent of [0, 1, 2]) {
    const entity = entityIn('OPO', { credit: 3 });
    entity.dataSent(spent);
    hear(entity, cdt());
    assert.equal(said(entity), ['ESID 02']);
  }
});

test('C-183 a CDT without its reserved octets is taken', () => {
  const entity = entityIn('OPOWFC');
  entity.receive(Uint8Array.of(0x43));
  assert.is(entity.state, 'OPO');
});

test('C-184 no EFID while waiting for credit: it comes after CDT', () => {
  const entity = entityIn('OPOWFC');
  refuses(() => entity.closeFile({ name: 'EFID', rcnt: 0n, ucnt: 0n }));
  assert.is(octetsOf(entity), '');
  hear(entity, cdt());
  entity.closeFile({ name: 'EFID', rcnt: 0n, ucnt: 0n });
  assert.equal(said(entity), ['EFID']);
});

test('C-186 A-14 a CDT that crosses EFID is dropped, one after EFPA is ESID 02', () => {
  const entity = entityIn('CLOP');
  hear(entity, cdt(), cdt());
  assert.is(entity.state, 'CLOP');
  assert.is(octetsOf(entity), '');
  hear(entity, efpa(), cdt());
  assert.equal(said(entity), ['ESID 02']);
});

test('C-178 every file starts with the whole window', () => {
  const entity = entityIn('OPO', { credit: 3 });
  entity.dataSent(2);
  entity.closeFile({ name: 'EFID', rcnt: 0n, ucnt: 0n });
  assert.is(entity.credit, 0);
  hear(entity, efpa());
  entity.startFile(file());
  hear(entity, sfpa(5));
  assert.is(entity.credit, 3);
});

// The Listener

for (const credit of WINDOWS) {
  test(`C-179 C-180 C-182 window ${credit}: the listener sends CDT after every ${credit} DATA, not before`, () => {
    const entity = entityIn('OPI', { credit });
    for (let round = 0; round < 3; round += 1) {
      take(entity, credit - 1);
      assert.is(octetsOf(entity), '');
      take(entity, 1);
      assert.is(octetsOf(entity), CDT);
    }
    assert.equal(heard(entity), []);
  });

  test(`C-185 window ${credit}: CDT comes although that DATA was the last, and EFID is taken right after`, () => {
    const entity = entityIn('OPI', { credit });
    take(entity, credit);
    hear(entity, efid(5, { ucnt: credit }));
    assert.is(octetsOf(entity), CDT);
    assert.equal(heard(entity), ['F_CLOSE_FILE_IND']);
  });

  test(`C-181 window ${credit}: credit that is held back is not there, more DATA is ESID 02`, () => {
    const entity = entityIn('OPI', { credit });
    entity.holdCredit(true);
    take(entity, credit);
    assert.is(octetsOf(entity), '');
    assert.is(entity.state, 'OPI');
    assert.not.ok(entity.beginData(2));
    assert.equal(said(entity), ['ESID 02']);
    assert.equal(heard(entity), ['F_ABORT_IND local 2']);
  });

  test(`window ${credit}: credit that was held back is given once, when the hold ends`, () => {
    const entity = entityIn('OPI', { credit });
    for (let round = 0; round < 3; round += 1) {
      entity.holdCredit(true);
      take(entity, credit);
      assert.is(octetsOf(entity), '');
      entity.holdCredit(true);
      assert.is(octetsOf(entity), '');
      entity.holdCredit(false);
      assert.is(octetsOf(entity), CDT);
      entity.holdCredit(false);
      assert.is(octetsOf(entity), '');
    }
  });
}

test('a hold that ends before the window is used up holds nothing back', () => {
  const entity = entityIn('OPI', { credit: 3 });
  entity.holdCredit(true);
  take(entity, 2);
  entity.holdCredit(false);
  assert.is(octetsOf(entity), '');
  take(entity, 1);
  assert.is(octetsOf(entity), CDT);
});

test('the peer is not guarded by the timer while its credit is held back', () => {
  const entity = entityIn('OPI', { credit: 1 });
  assert.ok(entity.waitsForPeer);
  entity.holdCredit(true);
  assert.ok(entity.waitsForPeer);
  take(entity, 1);
  assert.not(entity.waitsForPeer);
  entity.holdCredit(false);
  assert.ok(entity.waitsForPeer);
});

test('credit held back when EFID comes is not sent any more, and the next file has all of it', () => {
  const entity = entityIn('OPI', { credit: 2 });
  entity.holdCredit(true);
  take(entity, 2);
  hear(entity, efid(5, { ucnt: 2 }));
  entity.holdCredit(false);
  assert.is(octetsOf(entity), '');
  entity.acceptEnd(false);
  hear(entity, sfid(5));
  entity.acceptFile(0n);
  octetsOf(entity);
  take(entity, 1);
  assert.is(octetsOf(entity), '');
  take(entity, 1);
  assert.is(octetsOf(entity), CDT);
});

for (const [end, act] of [
  ['ESID', (entity: Entity) => entity.abort({ reason: 99, detail: '' })],
  ['the disconnect', (entity: Entity) => entity.disconnected()],
] as const) {
  test(`credit held back is not sent after ${end}`, () => {
    const entity = entityIn('OPI', { credit: 1 });
    entity.holdCredit(true);
    take(entity, 1);
    act(entity);
    octetsOf(entity);
    entity.holdCredit(false);
    assert.is(octetsOf(entity), '');
  });
}

test('holding credit outside of a file has no effect', () => {
  for (const state of ['IDLELI', 'IDLESP', 'OPO', 'OPOWFC', 'CLIP', 'A_NC_ONLY'] as const) {
    const entity = entityIn(state);
    entity.holdCredit(true);
    entity.holdCredit(false);
    assert.is(octetsOf(entity), '');
    assert.is(entity.state, state);
  }
});

test.run();

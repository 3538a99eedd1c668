/** Start and end of a file, and DATA in between, on both sides: RFC 5024 §5.3.3 to §5.3.10, §9.10 to §9.12. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EncodeError } from '../../../src/protocol/commands/codec.js';
import { LEVELS } from '../../../src/protocol/commands/version.js';
import type { Entity } from '../../../src/protocol/entity.js';
import { UserError } from '../../../src/protocol/machine/step.js';
import { cd, data, efid, efna, efpa, rawData, sfid, sfna, sfpa, stb } from '../../support/wire.js';
import { entityIn, file, hear, heard, LIVE_STATES, octetsOf, said, sent, told } from './harness.js';

const octets = (exchangeBuffer: string) => stb(exchangeBuffer).toString('latin1');

function refuses(act: () => void): void {
  assert.throws(act, (error: unknown) => error instanceof UserError);
}

// The Speaker

for (const level of LEVELS) {
  test(`level ${level}: SFID goes out as the level has it, SFPA opens the file at the answered position`, () => {
    const entity = entityIn('IDLESP', { level });
    entity.startFile(file(level, { rest: 7n }));
    const [offer] = sent(entity);
    assert.is(offer?.name, 'SFID');
    assert.is(offer?.octets.length, level < 5 ? 128 : 165);
    assert.is(Number(offer?.fields['rest']), 7);
    assert.is(entity.state, 'OPOP');
    assert.is(entity.credit, 0);

    hear(entity, sfpa(level, 3));
    assert.equal(told(entity), [{ name: 'F_START_FILE_CF(+)', position: 3n }]);
    assert.is(entity.state, 'OPO');
    assert.is(entity.credit, 99);
  });
}

test('C-147 an answer beyond the offered position is ESID 02 and says so', () => {
  const entity = entityIn('IDLESP');
  entity.startFile(file(5, { rest: 7n }));
  octetsOf(entity);
  hear(entity, sfpa(5, 8));
  assert.is(octetsOf(entity), octets('F02035SFPAACNT 8 is beyond the SFIDREST 7\r'));
  assert.equal(heard(entity), ['F_ABORT_IND local 2']);
});

test('C-152 SFNA: the user hears of it and keeps the turn', () => {
  for (const level of LEVELS) {
    const entity = entityIn('OPOP', { level });
    hear(entity, sfna(level, 13, 'Y', 'have it'));
    const [refusal] = told(entity);
    assert.ok(refusal?.name === 'F_START_FILE_CF(-)');
    assert.is(refusal.sfna.reas, 13);
    assert.ok(refusal.sfna.rrtr);
    assert.is(refusal.sfna.reast, level < 5 ? '' : 'have it');
    assert.is(entity.state, 'IDLESP');
    entity.startFile(file(level));
    assert.equal(said(entity), ['SFID']);
  }
});

test('C-065 a side that only receives cannot send a file, one without restart no position', () => {
  refuses(() => entityIn('IDLESP', { mode: 'R' }).startFile(file()));
  const plain = entityIn('IDLESP', { restart: false });
  refuses(() => plain.startFile(file(5, { rest: 1n })));
  assert.is(octetsOf(plain), '');
  plain.startFile(file());
  assert.equal(said(plain), ['SFID']);
});

test('a file that cannot be described leaves the turn as it was', () => {
  for (const [fields, field] of [
    [{ dsn: 'N'.repeat(27) }, 'SFIDDSN'],
    [{ date: '240229' }, 'SFIDDATE'],
    [{ rest: 10n ** 17n }, 'SFIDREST'],
  ] as const) {
    for (const state of ['IDLESP', 'WF_CD'] as const) {
      const entity = entityIn(state);
      assert.throws(
        () => entity.startFile(file(5, fields)),
        (error: unknown) => error instanceof EncodeError && error.field === field,
      );
      assert.is(entity.state, state);
      assert.is(octetsOf(entity), '');
    }
  }
});

for (const level of LEVELS) {
  test(`level ${level}: EFID octet by octet, EFPA keeps the turn, EFNA as well`, () => {
    const entity = entityIn('OPO', { level });
    entity.closeFile({ name: 'EFID', rcnt: 0n, ucnt: 12345n });
    const counts = level < 5 ? ['0'.repeat(9), '12345'.padStart(12, '0')] : ['0'.repeat(17), '12345'.padStart(17, '0')];
    assert.is(octetsOf(entity), octets(`T${counts.join('')}`));
    assert.is(entity.state, 'CLOP');
    hear(entity, efpa('N'));
    assert.equal(told(entity), [{ name: 'F_CLOSE_FILE_CF(+)', speaker: true }]);
    assert.is(entity.state, 'IDLESP');

    const refused = entityIn('CLOP', { level });
    hear(refused, efna(level, 11));
    const [indication] = told(refused);
    assert.ok(indication?.name === 'F_CLOSE_FILE_CF(-)');
    assert.is(indication.efna.reas, 11);
    assert.is(refused.state, 'IDLESP');
  });
}

test('C-202 EFPA(Y) is obeyed with CD at once', () => {
  const entity = entityIn('CLOP');
  hear(entity, efpa('Y'));
  assert.is(octetsOf(entity), '\x10\x00\x00\x05R');
  assert.equal(told(entity), [{ name: 'F_CLOSE_FILE_CF(+)', speaker: false }]);
  assert.is(entity.state, 'IDLELI');
});

test('C-207 an answer to EFID before there is one is ESID 02', () => {
  for (const state of ['OPO', 'OPOWFC', 'IDLESP', 'OPOP'] as const) {
    for (const answer of [efpa(), efna(5, 99)]) {
      const entity = entityIn(state);
      hear(entity, answer);
      assert.equal(said(entity), ['ESID 02']);
    }
  }
});

// The Listener

for (const level of LEVELS) {
  test(`C-134 C-135 level ${level}: an offered file is taken from any position up to the offered one`, () => {
    for (const position of [0n, 6n, 7n]) {
      const entity = entityIn('IDLELI', { level });
      hear(entity, sfid(level, { rest: 7 }));
      const [indication] = told(entity);
      assert.ok(indication?.name === 'F_START_FILE_IND');
      assert.is(indication.sfid.rest, 7n);
      assert.ok(entity.deciding);
      refuses(() => entity.acceptFile(8n));
      assert.is(octetsOf(entity), '');
      entity.acceptFile(position);
      assert.is(octetsOf(entity), octets(`2${String(position).padStart(level < 5 ? 9 : 17, '0')}`));
      assert.is(entity.state, 'OPI');
      assert.not(entity.deciding);
    }
  });

  test(`C-148 C-149 level ${level}: SFNA has the codes and the layout of the level`, () => {
    for (const [reason, since, text] of [
      [13, 1, 'duplicate file'],
      [14, 4, 'file direction refused'],
      [17, 5, 'unencrypted file not allowed'],
    ] as const) {
      const entity = entityIn('OPIP', { level });
      entity.refuseFile({ reason, retry: false, text: '' });
      const code = level < since ? '99' : String(reason);
      const explained = level < 5 ? '' : String(text.length).padStart(3, '0') + text;
      assert.is(octetsOf(entity), octets(`3${code}N${explained}`));
      assert.is(entity.state, 'IDLELI');
    }
  });

  test(`C-204 level ${level}: EFNA has the codes and the layout of the level`, () => {
    for (const [reason, since] of [
      [11, 1],
      [22, 5],
    ] as const) {
      const entity = entityIn('CLIP', { level });
      entity.refuseEnd({ reason, text: 'so it is' });
      const code = level < since ? '99' : String(reason);
      assert.is(octetsOf(entity), octets(level < 5 ? `5${code}` : `5${code}008so it is`));
      assert.is(entity.state, 'IDLELI');
    }
  });

  test(`C-196 C-197 level ${level}: EFID asks the user, EFPA answers`, () => {
    const entity = entityIn('OPI', { level });
    hear(entity, efid(level, { rcnt: 3, ucnt: 12345 }));
    const [indication] = told(entity);
    assert.ok(indication?.name === 'F_CLOSE_FILE_IND');
    assert.is(indication.efid.rcnt, 3n);
    assert.is(indication.efid.ucnt, 12345n);
    assert.ok(entity.deciding);
    entity.acceptEnd(false);
    assert.is(octetsOf(entity), octets('4N'));
    assert.is(entity.state, 'IDLELI');
  });
}

test('C-150 SFNA carries the wish for another attempt, and the text of the user in UTF-8', () => {
  const entity = entityIn('OPIP');
  entity.refuseFile({ reason: 6, retry: true, text: 'später' });
  assert.is(octetsOf(entity), octets('306Y007sp\xc3\xa4ter'));
});

test('C-137 a position without agreed restart is ESID 02 and says so', () => {
  const entity = entityIn('IDLELI', { restart: false });
  hear(entity, sfid(5, { rest: 1 }));
  const [end] = sent(entity);
  assert.is(end?.fields['reas'], '02');
  assert.match(end?.fields['text'] ?? '', 'SFIDREST is 1');
  assert.equal(heard(entity), ['F_ABORT_IND local 2']);
});

test('C-064 A-21 a file offered to a side that only sends is ESID 02 and says so', () => {
  const entity = entityIn('IDLELI', { mode: 'S' });
  hear(entity, sfid(5));
  const [end] = sent(entity);
  assert.is(end?.fields['reas'], '02');
  assert.match(end?.fields['text'] ?? '', 'only sends');
});

test('C-129 C-196 C-208 while a file is open or being decided about, no other may come', () => {
  for (const state of ['OPIP', 'OPI', 'CLIP'] as const) {
    const entity = entityIn(state);
    hear(entity, sfid(5));
    assert.equal(said(entity), ['ESID 02']);
  }
  for (const state of ['OPIP', 'CLIP', 'IDLELI'] as const) {
    const entity = entityIn(state);
    hear(entity, efid(5, { ucnt: 0 }));
    assert.equal(said(entity), ['ESID 02']);
  }
});

test('C-130 after the own CD the peer may start a file', () => {
  const entity = entityIn('IDLELICD');
  hear(entity, sfid(5));
  assert.equal(heard(entity), ['F_START_FILE_IND']);
});

// DATA

test('C-057 C-164 DATA up to the agreed size is taken, one octet more is ESID 07', () => {
  const entity = entityIn('OPI', { bufferSize: 128 });
  assert.ok(entity.beginData(128));
  entity.endData();
  assert.ok(entity.beginData(1));
  entity.endData();
  assert.not.ok(entity.beginData(129));
  const [end] = sent(entity);
  assert.is(end?.fields['reas'], '07');
  assert.match(end?.fields['text'] ?? '', 'DATA of 129 octets, agreed were at most 128');
  assert.equal(heard(entity), ['F_ABORT_IND local 7']);
});

test('the agreed size binds the peer even if it answered with a larger one', () => {
  const entity = entityIn('IDLELICD', { bufferSize: 2048 });
  hear(entity, sfid(5));
  entity.acceptFile(0n);
  assert.not.ok(entity.beginData(2049));
});

test('C-175 C-188 DATA is taken in an open file only, everywhere else it is ESID 02 or ignored', () => {
  for (const state of LIVE_STATES) {
    const entity = entityIn(state);
    assert.is(entity.beginData(2), state === 'OPI', state);
    if (state === 'OPI') continue;
    assert.equal(said(entity), state === 'WF_NDISC' ? [] : ['ESID 02'], state);
  }
});

test('C-175 DATA after the file is closed is ESID 02', () => {
  const entity = entityIn('OPI');
  hear(entity, data('x'), efid(5, { ucnt: 1 }));
  entity.acceptEnd(false);
  octetsOf(entity);
  hear(entity, data('y'));
  assert.equal(said(entity), ['ESID 02']);
});

for (const [end, act] of [
  ['an abort', (entity: Entity) => entity.abort({ reason: 5, detail: '' })],
  ['a time-out', (entity: Entity) => entity.timedOut()],
  ['a disconnect', (entity: Entity) => entity.disconnected()],
] as const) {
  test(`${end} in the middle of a DATA exchange buffer: its end has no effect any more`, () => {
    const entity = entityIn('OPI');
    assert.ok(entity.beginData(100));
    act(entity);
    octetsOf(entity);
    told(entity);
    const { state } = entity;
    entity.endData();
    assert.is(entity.state, state);
    assert.is(octetsOf(entity), '');
    assert.equal(told(entity), []);
  });
}

test('C-253 CD while a file is open or being decided about is ESID 02', () => {
  for (const state of ['OPIP', 'OPI', 'CLIP'] as const) {
    const entity = entityIn(state);
    hear(entity, cd());
    assert.equal(said(entity), ['ESID 02']);
  }
});

test('DATA that no command can be made of is never taken for one', () => {
  const entity = entityIn('OPI');
  hear(entity, rawData(''));
  assert.is(entity.state, 'OPI');
  assert.is(octetsOf(entity), '');
});

test.run();

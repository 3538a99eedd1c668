/** The start of a session: RFC 5024 §4.2, §5.3.1, §5.3.2, §9.8. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EncodeError } from '../../../src/protocol/commands/codec.js';
import { LEVELS } from '../../../src/protocol/commands/version.js';
import { Entity } from '../../../src/protocol/entity.js';
import { UserError } from '../../../src/protocol/machine/step.js';
import { PARTNER } from '../../support/parties.js';
import { type Level, patched, resized, type SsidFields, sfid, ssid, ssrm, stb } from '../../support/wire.js';
import { entityIn, hear, heard, initiator, octetsOf, offer, responder, said, sent, told } from './harness.js';

/** An exchange buffer with its header, octet by octet. */
const octets = (exchangeBuffer: string) => stb(exchangeBuffer).toString('latin1');

/** An ESID as the layout of a level has it. */
const esidAt = (level: Level, reason: string, text: string) =>
  octets(level < 5 ? `F${reason}\r` : `F${reason}${String(text.length).padStart(3, '0')}${text}\r`);

/** What the responder under test has to say to an SSID when it lets everybody in. */
function answerTo(fields: SsidFields, own = offer()): Entity {
  const entity = responder(own);
  octetsOf(entity);
  hear(entity, ssid(fields));
  if (entity.state === 'A_WF_CONRS') entity.confirmSession(own);
  return entity;
}

test('C-024 C-025 C-026 a responder speaks first, and says the ready message alone', () => {
  const entity = responder();
  assert.is(octetsOf(entity), '\x10\x00\x00\x17IODETTE FTP READY \r');
  assert.is(entity.state, 'A_NC_ONLY');
  assert.equal(told(entity), []);
});

test('C-024 an initiator says nothing before the ready message', () => {
  const entity = initiator();
  assert.is(octetsOf(entity), '');
  assert.is(entity.state, 'I_WF_RM');
});

for (const [level, auth] of [
  [1, ' '],
  [2, ' '],
  [4, ' '],
  [5, 'N'],
] as const) {
  test(`C-032 C-034 the SSID of an initiator of level ${level}, octet by octet`, () => {
    const entity = initiator(offer({ level, user: 'ME' }));
    hear(entity, ssrm());
    const code = 'O0013HUB                 ';
    assert.is(octetsOf(entity), octets(`X${level}${code}HUBPW   02048BNYN099${auth}    ME      \r`));
  });

  test(`C-043 C-048 C-061 the answer of a responder to level ${level}, octet by octet`, () => {
    const entity = answerTo({ level, sdeb: 512, cred: 7, sr: 'S', cmpr: 'Y', rest: 'N', spec: 'Y', user: 'THEM' });
    const code = 'O0013HUB                 ';
    assert.is(octetsOf(entity), octets(`X${level}${code}HUBPW   00512RNNN007${auth}            \r`));
    assert.is(entity.level, level);
  });

  test(`level ${level}: both users hear who is there, and what was agreed on`, () => {
    const agreement = {
      level,
      mode: 'B',
      bufferSize: 512,
      window: 7,
      compression: false,
      restart: true,
      authentication: false,
    };
    const called = answerTo({ level, sdeb: 512, cred: 7, rest: 'Y' });
    const [asked, opened, ...more] = told(called);
    assert.ok(asked?.name === 'F_CONNECT_IND');
    assert.is(asked.ssid.code, PARTNER.code);
    assert.is(asked.ssid.pswd, PARTNER.password);
    assert.ok(opened?.name === 'F_CONNECT_CF');
    assert.equal(opened.agreement, agreement);
    assert.equal(more, []);
    assert.is(called.state, 'IDLELI');

    const calling = initiator(offer({ level }));
    hear(calling, ssrm(), ssid({ level, sdeb: 512, cred: 7, rest: 'Y' }));
    const [confirmed, ...rest] = told(calling);
    assert.ok(confirmed?.name === 'F_CONNECT_CF');
    assert.is(confirmed.ssid.code, PARTNER.code);
    assert.equal(confirmed.agreement, agreement);
    assert.equal(calling.agreement, agreement);
    assert.equal(rest, []);
    assert.is(calling.state, 'IDLESP');
  });
}

test('C-048 C-054 the user may answer with less than the entity was made with', () => {
  const entity = responder();
  octetsOf(entity);
  hear(entity, ssid({ level: 5, sdeb: 4096, cred: 99 }));
  entity.confirmSession(offer({ level: 2, bufferSize: 1024, credit: 3, code: 'O0013OTHER', password: '' }));
  const code = 'O0013OTHER               ';
  assert.is(octetsOf(entity), octets(`X2${code}        01024BNNN003             \r`));
  assert.is(entity.level, 2);
});

for (const [own, offered, level] of [
  [5, 3, '2'],
  [5, 9, '5'],
  [4, 9, '4'],
  [2, 3, '2'],
] as const) {
  test(`C-049 C-050 level ${offered} offered to one of ${own}: ${level} answered in its layout`, () => {
    const auth = offered < 5 ? ' ' : 'N';
    const [answer] = sent(answerTo({ level: offered, auth }, offer({ level: own })));
    assert.is(answer?.fields['lev'], level);
  });
}

// Refusals

for (const [own, offered, layout] of [
  [5, 1, 1],
  [5, 2, 2],
  [5, 3, 2],
  [5, 4, 4],
  [5, 5, 5],
  [5, 9, 5],
  [4, 5, 4],
  [1, 5, 1],
] as const) {
  test(`A-09 one of level ${own} refuses an offer of ${offered} by an ESID in the layout of level ${layout}`, () => {
    const entity = responder(offer({ level: own }));
    octetsOf(entity);
    hear(entity, ssid({ level: offered, auth: offered < 5 ? ' ' : 'N' }));
    entity.abort({ reason: 3, detail: 'who are you' });
    assert.is(octetsOf(entity), esidAt(layout, '03', 'who are you'));
    assert.is(entity.state, 'WF_NDISC');
  });

  test(`A-09 C-063 modes that do not fit, ${own} and ${offered}: ESID 10 in the layout of level ${layout}`, () => {
    const auth = offered < 5 ? ' ' : 'N';
    const entity = answerTo({ level: offered, sr: 'S', auth }, offer({ level: own, mode: 'S' }));
    const [refusal] = sent(entity);
    assert.is(refusal?.name, 'ESID');
    assert.is(refusal?.fields['reas'], '10');
    assert.is(entity.level, layout);
    assert.equal(heard(entity), ['F_CONNECT_IND', 'F_ABORT_IND local 10']);
    assert.is(entity.agreement, undefined);
  });

  test(`A-09 an SSID of level ${offered} that cannot be read, one of ${own} answers in that of ${layout}`, () => {
    for (const [broken, reason] of [
      [patched(ssid({ level: offered }), 35, '12A45'), '06'],
      [resized(ssid({ level: offered }), -3), '07'],
      [resized(ssid({ level: offered }), 1), '07'],
    ] as const) {
      const entity = responder(offer({ level: own }));
      octetsOf(entity);
      hear(entity, broken);
      const [refusal] = sent(entity);
      assert.is(refusal?.fields['reas'], reason);
      assert.is(entity.level, layout);
      assert.is(entity.state, 'WF_NDISC');
    }
  });
}

test('A-09 the level that the user answers with decides about the layout of a refusal as well', () => {
  const entity = entityIn('A_WF_CONRS', { mode: 'S' });
  entity.confirmSession(offer({ level: 2, mode: 'R' }));
  assert.is(octetsOf(entity), esidAt(2, '10', ''));
});

for (const answered of [1, 2, 4] as const) {
  test(`A-09 an initiator of level 5 refuses an answer of level ${answered} in the layout of that level`, () => {
    const entity = entityIn('I_WF_SSID', { mode: 'S' });
    hear(entity, ssid({ level: answered, sr: 'S' }));
    assert.is(octetsOf(entity), esidAt(answered, '10', ''));
    const unreadable = entityIn('I_WF_SSID');
    hear(unreadable, patched(ssid({ level: answered }), 40, 'Q'));
    assert.is(octetsOf(unreadable), esidAt(answered, '06', ''));
  });
}

test('C-051 a level that is no level is ESID 06', () => {
  for (const level of ['0', 'A', ' ']) assert.equal(said(answerTo({ level })), ['ESID 06']);
});

test('C-042 C-056 C-060 limits below the minimum are ESID 06', () => {
  assert.equal(said(answerTo({ sdeb: 127 })), ['ESID 06']);
  assert.equal(said(answerTo({ cred: 0 })), ['ESID 06']);
});

for (const [what, fields] of [
  ['a level above the own', { level: 5 }],
  ['the unassigned level 3', { level: 3 }],
  ['credit above the offer', { level: 4, cred: 100 }],
] as const) {
  test(`C-061 an initiator refuses ${what} with ESID 10`, () => {
    const entity = entityIn('I_WF_SSID', { level: 4 });
    hear(entity, ssid(fields));
    assert.equal(said(entity), ['ESID 10']);
    assert.equal(heard(entity), ['F_ABORT_IND local 10']);
  });
}

test('an initiator takes a larger buffer size and special logic in the answer, and uses neither', () => {
  const entity = entityIn('I_WF_SSID', { bufferSize: 512 });
  hear(entity, ssid({ sdeb: 99_999, spec: 'Y', cmpr: 'Y' }));
  assert.is(entity.state, 'IDLESP');
  assert.is(entity.agreement?.bufferSize, 512);
  assert.not(entity.agreement?.compression);
});

for (const [own, level, auth, reason] of [
  [true, 5, 'N', 'ESID 12'],
  [false, 5, 'Y', 'ESID 12'],
  [true, 4, ' ', 'ESID 10'],
  [true, 1, ' ', 'ESID 10'],
] as const) {
  test(`C-070 C-072 C-273 authentication ${own} here, '${auth}' at level ${level}: ${reason} from both roles`, () => {
    const called = answerTo({ level, auth }, offer({ authentication: own }));
    assert.equal(said(called), [reason]);
    const calling = entityIn('I_WF_SSID', { authentication: own });
    hear(calling, ssid({ level, auth }));
    assert.equal(said(calling), [reason]);
  });
}

test('C-040 C-041 a refusal by the user has its reason, and the standard text without one of its own', () => {
  const entity = entityIn('A_WF_CONRS');
  entity.abort({ reason: 4, detail: '' });
  assert.is(octetsOf(entity), octets('F04016invalid password\r'));
  assert.equal(told(entity), []);
});

// What must not come

test('C-030 anything but SSID as first command is ESID 02', () => {
  for (const command of [sfid(5), stb('R'), stb('P'), stb('J'), stb('C  '), ssrm()]) {
    const entity = entityIn('A_NC_ONLY');
    hear(entity, command);
    assert.equal(said(entity), ['ESID 02']);
  }
});

test('C-020 an unknown command is ESID 01, in the layout of the own level while no other is known', () => {
  for (const level of LEVELS) {
    const entity = entityIn('A_NC_ONLY', { level });
    hear(entity, stb('Z'));
    assert.is(entity.level, level);
    assert.equal(said(entity), ['ESID 01']);
  }
});

test('C-046 a second SSID: ESID 02 in the session, a mere close before the answer to the first', () => {
  const open = entityIn('IDLELI');
  hear(open, ssid());
  assert.equal(said(open), ['ESID 02']);
  assert.equal(heard(open), ['F_ABORT_IND local 2']);

  const undecided = entityIn('A_WF_CONRS');
  hear(undecided, ssid());
  assert.is(octetsOf(undecided), '');
  assert.equal(heard(undecided), ['F_ABORT_IND distant 2', 'N_DISC_RQ']);
});

test('a second SSID of a lower level does not change the level of an open session', () => {
  const entity = entityIn('IDLELI');
  hear(entity, ssid({ level: 1 }));
  assert.is(entity.level, 5);
});

// What the own user gets wrong

test('an initiator whose offer cannot be written never gets as far as a connection', () => {
  const long = new Entity('initiator', offer({ code: 'C'.repeat(26) }));
  assert.throws(
    () => long.connected(),
    (error: unknown) => error instanceof EncodeError && error.field === 'SSIDCODE',
  );
  assert.is(long.state, 'IDLE');
  assert.is(octetsOf(long), '');
  const secure = new Entity('initiator', offer({ level: 4, authentication: true }));
  assert.throws(
    () => secure.connected(),
    (error: unknown) => error instanceof EncodeError && error.field === 'SSIDAUTH',
  );
});

test('an answer that cannot be written is refused and may be given again', () => {
  const entity = entityIn('A_WF_CONRS');
  assert.throws(
    () => entity.confirmSession(offer({ password: 'TOO LONG 9' })),
    (error: unknown) => error instanceof EncodeError && !error.message.includes('TOO LONG 9'),
  );
  assert.is(entity.state, 'A_WF_CONRS');
  assert.is(entity.agreement, undefined);
  entity.confirmSession(offer());
  assert.equal(said(entity), ['SSID']);
});

test('a session can be confirmed once, by a responder that was asked', () => {
  for (const state of ['A_NC_ONLY', 'I_WF_SSID', 'IDLELI', 'IDLESP', 'OPI', 'WF_NDISC', 'WF_SECD'] as const) {
    const entity = entityIn(state);
    const { agreement, level } = entity;
    assert.throws(
      () => entity.confirmSession(offer({ level: 1, bufferSize: 128 })),
      (error: unknown) => error instanceof UserError && error.event === 'F_CONNECT_RS',
    );
    assert.is(entity.state, state);
    assert.is(entity.agreement, agreement);
    assert.is(entity.level, level);
    assert.is(octetsOf(entity), '');
  }
});

test.run();

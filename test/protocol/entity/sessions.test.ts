/** Whole sessions between two entities, at every level: RFC 5024 §4, and §3.5 for the order of services. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LEVELS, type Level } from '../../../src/protocol/commands/version.js';
import { file, receipt } from './harness.js';
import { type End, Pair } from './pair.js';

/** One file from one end to the other, `count` DATA exchange buffers long; the receiver asks for the turn or not. */
function transfer(pair: Pair, from: End, level: Level, count: number, turnWanted: boolean): void {
  const to = pair.other(from);
  pair.act(from, (entity) => entity.startFile(file(level)));
  to.told('F_START_FILE_IND');
  pair.act(to, (entity) => entity.acceptFile(0n));
  from.told('F_START_FILE_CF(+)');
  for (let left = count; left > 0; ) {
    const sent = pair.sendData(from, left);
    assert.ok(sent > 0, `no credit with ${left} DATA left`);
    left -= sent;
    pair.settle();
  }
  from.indications.length = 0;
  pair.act(from, (entity) => entity.closeFile({ name: 'EFID', rcnt: 0n, ucnt: BigInt(count) }));
  assert.is(to.told('F_CLOSE_FILE_IND').efid.ucnt, BigInt(count));
  pair.act(to, (entity) => entity.acceptEnd(turnWanted));
  assert.is(from.told('F_CLOSE_FILE_CF(+)').speaker, !turnWanted);
}

function respond(pair: Pair, from: End, level: Level, name: 'EERP' | 'NERP'): void {
  const to = pair.other(from);
  pair.act(from, (entity) => entity.sendEndResponse(receipt(name, level)));
  const { dsn } = name === 'EERP' ? to.told('F_EERP_IND').eerp : to.told('F_NERP_IND').nerp;
  assert.is(dsn, 'TESTFILE');
  pair.act(to, (entity) => entity.confirmResponse());
  from.told('F_RTR_CF');
}

const START = ['< SSRM', '> SSID', '< SSID'];

for (const level of LEVELS) {
  test(`C-256 C-259 level ${level}: files and end responses both ways, several turns, the normal end`, () => {
    const pair = new Pair({ level, credit: 2 });
    const { initiator, responder, flow } = pair;
    const { level: agreed, window } = pair.open({ level, credit: 2 });
    assert.is(agreed, level);
    assert.is(window, 2);
    assert.equal(flow.splice(0), START);

    // Two DATA use up the credit: CDT comes before EFID.
    transfer(pair, initiator, level, 2, false);
    assert.equal(flow.splice(0), ['> SFID', '< SFPA', '< CDT', '> EFID', '< EFPA']);
    pair.act(initiator, (entity) => entity.changeDirection());
    responder.told('F_CD_IND');
    respond(pair, responder, level, 'EERP');
    assert.equal(flow.splice(0), ['> CD', '< EERP', '> RTR']);
    if (level >= 4) {
      respond(pair, responder, level, 'NERP');
      assert.equal(flow.splice(0), ['< NERP', '> RTR']);
    }

    // The initiator wants the turn back, and asks for its EERP before it has it.
    transfer(pair, responder, level, 1, true);
    assert.equal(flow.splice(0), ['< SFID', '> SFPA', '< EFID', '> EFPA', '< CD']);
    respond(pair, initiator, level, 'EERP');
    transfer(pair, initiator, level, 0, false);
    pair.act(initiator, (entity) => entity.changeDirection());
    responder.told('F_CD_IND');
    pair.act(responder, (entity) => entity.release());
    assert.equal(flow.splice(0), ['> EERP', '< RTR', '> SFID', '< SFPA', '> EFID', '< EFPA', '> CD', '< ESID']);
    initiator.told('F_RELEASE_IND');
    initiator.told('N_DISC_RQ');
    responder.entity.disconnected();
    for (const { entity, indications } of [initiator, responder]) {
      assert.is(entity.state, 'IDLE');
      assert.equal(indications, []);
    }
  });

  test(`C-199 level ${level}: a request made between EFPA(Y) and CD goes out with the CD`, () => {
    const pair = new Pair({ level });
    const { initiator, responder, flow } = pair;
    pair.open({ level });
    pair.act(initiator, (entity) => entity.startFile(file(level)));
    pair.act(responder, (entity) => entity.acceptFile(0n));
    pair.act(initiator, (entity) => entity.closeFile({ name: 'EFID', rcnt: 0n, ucnt: 0n }));
    flow.length = 0;
    responder.entity.acceptEnd(true);
    responder.entity.sendEndResponse(receipt('EERP', level));
    pair.settle();
    assert.equal(flow.splice(0), ['< EFPA', '> CD', '< EERP']);
    pair.act(initiator, (entity) => entity.confirmResponse());
    pair.act(responder, (entity) => entity.changeDirection());
    assert.equal(flow, ['> RTR', '< CD']);
  });
}

for (const [caller, called] of [
  [5, 1],
  [4, 5],
  [2, 4],
] as const) {
  test(`C-048 C-053 levels ${caller} and ${called} meet at the lower one, with its layouts`, () => {
    const pair = new Pair({ level: caller }, { level: called });
    const { level } = pair.open({ level: called });
    assert.is(level, Math.min(caller, called));
    transfer(pair, pair.initiator, level, 3, false);
    const offered = pair.initiator.sent.find(({ name }) => name === 'SFID');
    assert.is(offered?.octets.length, level < 5 ? 128 : 165);
  });
}

for (const [offered, answer] of [
  [0n, 0n],
  [9n, 0n],
  [9n, 8n],
  [9n, 9n],
  [10n ** 9n - 1n, 10n ** 9n - 1n],
] as const) {
  test(`C-135 C-145 restart offered at ${offered} and answered at ${answer}`, () => {
    for (const level of LEVELS) {
      const pair = new Pair({ level });
      pair.open({ level });
      pair.act(pair.initiator, (entity) => entity.startFile(file(level, { rest: offered })));
      pair.act(pair.responder, (entity) => entity.acceptFile(answer));
      assert.is(pair.initiator.told('F_START_FILE_CF(+)').position, answer);
      assert.is(pair.initiator.entity.state, 'OPO');
      assert.is(pair.responder.entity.state, 'OPI');
    }
  });
}

for (const [credit, answered] of [
  [1, 1],
  [3, 3],
  [999, 7],
  [7, 999],
] as const) {
  test(`C-059 C-179 C-189 credit ${credit} and ${answered}: the smaller one on both sides, over many windows`, () => {
    const pair = new Pair({ credit }, { credit: answered });
    pair.open({ credit: answered });
    const window = Math.min(credit, answered);
    transfer(pair, pair.initiator, 5, window * 5, false);
    const granted = pair.flow.filter((step) => step === '< CDT').length;
    assert.is(granted, 5);
  });
}

test('C-263 two ESIDs that cross: one each way, then both close', () => {
  const pair = new Pair();
  pair.open();
  pair.flow.length = 0;
  pair.initiator.entity.abort({ reason: 5, detail: '' });
  pair.responder.entity.abort({ reason: 8, detail: '' });
  pair.settle();
  assert.equal(pair.flow, ['> ESID', '< ESID']);
  for (const { entity, indications } of [pair.initiator, pair.responder]) {
    assert.equal(indications, [{ name: 'N_DISC_RQ' }]);
    assert.is(entity.state, 'IDLE');
  }
});

/** Stands for the certificates: an envelope is the challenge turned round, with a lid. */
const enclose = (challenge: Uint8Array) => Uint8Array.of(0xee, ...challenge.toReversed());
const disclose = (envelope: Uint8Array) => envelope.slice(1).toReversed();

/** Answers what the entities ask for; `liar` answers with the wrong response. */
function authenticate(pair: Pair, challenges: ReadonlyMap<End, Uint8Array>, liar?: End): void {
  for (let busy = true; busy; ) {
    busy = false;
    for (const end of [pair.initiator, pair.responder]) {
      const challenge = challenges.get(end) as Uint8Array;
      const { entity, indications } = end;
      const question = indications.findIndex(({ name }) => name.endsWith('_RQ') && name !== 'N_DISC_RQ');
      const [asked] = question < 0 ? [] : indications.splice(question, 1);
      if (asked === undefined) continue;
      busy = true;
      if (asked.name === 'CHALLENGE_RQ') entity.challenge(enclose(challenge));
      if (asked.name === 'RESPONSE_RQ') entity.respond(end === liar ? challenge : disclose(asked.auch.chal));
      if (asked.name === 'VERIFY_RQ') entity.authenticate(Buffer.compare(asked.aurp.rsp, challenge) === 0);
      pair.settle();
    }
  }
}

function securePair(): { pair: Pair; challenges: ReadonlyMap<End, Uint8Array> } {
  const pair = new Pair({ authentication: true });
  pair.confirm({ authentication: true });
  const challenges = new Map([
    [pair.initiator, new Uint8Array(20).fill(1).fill(2, 10)],
    [pair.responder, new Uint8Array(20).fill(3).fill(4, 10)],
  ]);
  return { pair, challenges };
}

test('C-074 to C-084 secure authentication both ways, and then a file', () => {
  const { pair, challenges } = securePair();
  authenticate(pair, challenges);
  const dialogue = ['> SECD', '< AUCH', '> AURP', '< SECD', '> AUCH', '< AURP'];
  assert.equal(pair.flow, [...START, ...dialogue]);
  for (const end of [pair.initiator, pair.responder]) assert.ok(end.told('F_CONNECT_CF').agreement.authentication);
  transfer(pair, pair.initiator, 5, 1, false);
});

for (const liar of ['initiator', 'responder'] as const) {
  test(`C-081 the ${liar} cannot prove who it is: ESID 11 from the other side, no session`, () => {
    const { pair, challenges } = securePair();
    authenticate(pair, challenges, pair[liar]);
    const judge = pair.other(pair[liar]);
    assert.is(judge.sent.at(-1)?.fields['reas'], '11');
    assert.equal(
      [...pair.initiator.indications, ...pair.responder.indications]
        .map(({ name }) => name)
        .filter((name) => name === 'F_CONNECT_CF'),
      liar === 'responder' ? ['F_CONNECT_CF'] : [],
    );
    assert.is(pair[liar].entity.state, 'IDLE');
  });
}

test.run();

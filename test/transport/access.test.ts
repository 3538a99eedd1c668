import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { AccessControl, type NameService } from '../../src/transport/access.js';
import { AccessList, accessListProblem, parseAddress } from '../../src/transport/access-list.js';
import { CoarseClock } from '../../src/transport/clock.js';
import { FakeTime, turnOfEventLoop } from '../support/channels.js';

const EVERYBODY = new AccessList('*');
const NOBODY = new AccessList('');

/** List, an address that matches, one that does not. */
const MATCHES: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['*', ['127.0.0.1', '::1', '2001:db8::1'], []],
  ['', [], ['127.0.0.1', '::1']],
  [' , ,', [], ['127.0.0.1']],
  ['10.0.0.1', ['10.0.0.1'], ['10.0.0.10', '110.0.0.1', '10.0.0.2']],
  ['10.0.0.1, 10.0.0.2', ['10.0.0.1', '10.0.0.2'], ['10.0.0.3']],
  ['127.*', ['127.0.0.1', '127.255.1.2'], ['128.0.0.1', '1.127.0.0']],
  ['10.*.5', ['10.0.0.5', '10.1.2.5'], ['10.0.0.6', '11.0.0.5']],
  ['192.168.1.1*', ['192.168.1.1', '192.168.1.10', '192.168.1.199'], ['192.168.1.2', '192.168.2.1']],
  ['*.0.0.1', ['10.0.0.1', '127.0.0.1'], ['10.0.1.1']],
  ['1*2*3', ['1.2.0.3', '10.20.0.3'], ['10.1.0.3', '1.2.0.4']],
  ['*1*1', ['1.2.3.1', '10.0.0.11'], ['2.2.2.1', '1.2.2.2']],
  ['::1', ['::1', '0:0:0:0:0:0:0:1'], ['::2', '127.0.0.1']],
  ['2001:DB8:0:0::1', ['2001:db8::1', '2001:0db8:0000::0001'], ['2001:db8::2']],
  ['2001:db8:*', ['2001:db8::1', '2001:db8:1:2:3:4:5:6'], ['2001:db9::1', '10.0.0.1']],
  ['2001:db8:0:*', ['2001:db8::1'], ['2001:db8:1::1']],
  ['fe80::1', ['fe80::1', 'fe80::1%eth0'], ['fe80::2%eth0']],
  ['::ffff:10.0.0.1', ['10.0.0.1', '::ffff:10.0.0.1'], ['10.0.0.2']],
  ['127.0.0.1', ['::ffff:127.0.0.1', '::FFFF:7f00:1'], ['::127.0.0.1']],
  ['10.0.0.0/8', ['10.0.0.1', '10.255.255.255', '::ffff:10.1.1.1'], ['11.0.0.1']],
  ['0.0.0.0/0', ['1.2.3.4'], ['::1']],
  ['2001:db8::/32', ['2001:db8:ffff::1'], ['2001:db9::1']],
];

for (const [list, inside, outside] of MATCHES) {
  test(`B-322 B-324 C-29 "${list}" matches ${inside.join(', ') || 'nobody'}, not ${outside.join(', ')}`, () => {
    const access = new AccessList(list);
    assert.equal(access.invalid, []);
    for (const address of inside) assert.is(access.matchesAddress(address), true, address);
    for (const address of outside) assert.is(access.matchesAddress(address), false, address);
  });
}

test('what is no address matches nothing but *', () => {
  assert.is(new AccessList('*').matchesAddress(''), true);
  for (const list of ['127.*', '10.0.0.1', '10.0.0.0/8', '*.example.com']) {
    assert.is(new AccessList(list).matchesAddress('somewhere'), false);
  }
});

test('host names and patterns of them are told apart from addresses', () => {
  const list = new AccessList('Partner.Example.COM, *.example.org, edi-*, 10.0.0.1, abc.de, fe*');
  assert.equal(list.invalid, []);
  assert.equal(list.names, ['partner.example.com', 'abc.de']);
  assert.is(list.hasNamePatterns, true);
  assert.is(list.matchesName('gate.EXAMPLE.org'), true);
  assert.is(list.matchesName('edi-7'), true);
  assert.is(list.matchesName('feed'), true);
  assert.is(list.matchesName('example.org'), false);
  assert.is(list.matchesName('gate.example.org.attacker.net'), false);
});

for (const entry of [
  '300.1.1.1',
  '10.0.0',
  '1.2.3.4.5',
  '10.0.0.0/33',
  '10.0.0.0/',
  '::/129',
  'a b',
  '-x',
  'x..y',
  '1.2.3.4/x',
]) {
  test(`"${entry}" is invalid, matches nobody, and the problem says what may be written`, () => {
    const list = new AccessList(`10.9.9.9, ${entry}`);
    assert.equal(list.invalid, [entry]);
    assert.is(list.matchesAddress('10.9.9.9'), true);
    assert.match(accessListProblem(entry) ?? '', /^It takes addresses .* separated by commas; ".*" is none of these$/);
  });
}

test('a list without invalid entries has no problem; a long entry is cut in the message', () => {
  assert.is(accessListProblem('*, 10.0.0.1, partner.example.com'), undefined);
  assert.ok((accessListProblem('!'.repeat(5000)) ?? '').length < 300);
});

test('parseAddress gives the short form, and for IPv6 all eight groups', () => {
  assert.equal(parseAddress('::FFFF:10.0.0.1'), { family: 'ipv4', forms: ['10.0.0.1'] });
  assert.equal(parseAddress('2001:0DB8::1'), { family: 'ipv6', forms: ['2001:db8::1', '2001:db8:0:0:0:0:0:1'] });
  assert.equal(parseAddress('::'), { family: 'ipv6', forms: ['::', '0:0:0:0:0:0:0:0'] });
  assert.equal(parseAddress('1:2:3:4:5:6:7:8')?.forms, ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8']);
  for (const text of ['', 'x', '1.2.3', '1.2.3.4.5', ':::']) assert.is(parseAddress(text), undefined);
});

type Table = Readonly<Record<string, readonly string[]>>;

class FakeNames implements NameService {
  readonly asked: string[] = [];
  addresses: Table;
  names: Table;
  /** The code with which everything fails. */
  broken: string | undefined;

  constructor(addresses: Table, names: Table = {}) {
    this.addresses = addresses;
    this.names = names;
  }

  readonly addressesOf = (name: string): Promise<readonly string[]> =>
    this.#answer(`addresses of ${name}`, this.addresses[name]);
  readonly namesOf = (address: string): Promise<readonly string[]> =>
    this.#answer(`names of ${address}`, this.names[address]);

  async #answer(question: string, answer: readonly string[] | undefined): Promise<readonly string[]> {
    this.asked.push(question);
    if (this.broken !== undefined) throw Object.assign(new Error(this.broken), { code: this.broken });
    if (answer === undefined) throw Object.assign(new Error('unknown'), { code: 'ENOTFOUND' });
    return answer;
  }
}

function control(names: NameService): { time: FakeTime; access: AccessControl } {
  const time = new FakeTime();
  return { time, access: new AccessControl(new CoarseClock(time), names) };
}

test('B-323 B-326 a client must be allowed and must not be blocked', async () => {
  const { access } = control(new FakeNames({}));
  const list = new AccessList('127.0.0.1');
  assert.is(await access.admits('127.0.0.1', EVERYBODY, NOBODY), true);
  assert.is(await access.admits('127.0.0.1', list, NOBODY), true);
  assert.is(await access.admits('127.0.0.2', list, NOBODY), false);
  assert.is(await access.admits('127.0.0.1', EVERYBODY, list), false);
  assert.is(await access.admits('127.0.0.2', EVERYBODY, list), true);
});

test('a host name matches all of its addresses, in whatever form', async () => {
  const { access } = control(new FakeNames({ 'partner.test': ['10.0.0.7', '2001:DB8:0::7'] }));
  const list = new AccessList('partner.test');
  assert.is(await access.admits('10.0.0.7', list, NOBODY), true);
  assert.is(await access.admits('::ffff:10.0.0.7', list, NOBODY), true);
  assert.is(await access.admits('2001:db8::7', list, NOBODY), true);
  assert.is(await access.admits('10.0.0.8', list, NOBODY), false);
});

test('a list without names asks nobody', async () => {
  const names = new FakeNames({});
  const { access } = control(names);
  await access.admits('10.0.0.7', new AccessList('10.0.0.0/8'), new AccessList('10.1.*'));
  assert.equal(names.asked, []);
});

test('an address that matches spares the question for names', async () => {
  const names = new FakeNames({});
  const { access } = control(names);
  assert.is(await access.admits('10.0.0.7', new AccessList('partner.test, 10.0.0.7'), NOBODY), true);
  assert.equal(names.asked, []);
});

test('a pattern of names matches when the name of the address leads back to it', async () => {
  const names = new FakeNames({ 'gate.partner.test': ['10.0.0.7'] }, { '10.0.0.7': ['gate.partner.test'] });
  const { access } = control(names);
  assert.is(await access.admits('10.0.0.7', new AccessList('*.partner.test'), NOBODY), true);
  assert.is(await access.admits('10.0.0.7', new AccessList('*.other.test'), NOBODY), false);
});

test('an address that gives itself the name of a partner does not match', async () => {
  const names = new FakeNames({ 'gate.partner.test': ['10.0.0.7'] }, { '10.6.6.6': ['gate.partner.test'] });
  const { access } = control(names);
  assert.is(await access.admits('10.6.6.6', new AccessList('*.partner.test'), NOBODY), false);
});

test('answers are remembered for a minute, failures for five seconds', async () => {
  const names = new FakeNames({ 'partner.test': ['10.0.0.7'] });
  const { time, access } = control(names);
  const list = new AccessList('partner.test');
  const other = new AccessList('unknown.test');
  for (const client of ['10.0.0.7', '10.0.0.8']) await access.admits(client, list, NOBODY);
  for (const client of ['10.0.0.7', '10.0.0.8']) await access.admits(client, other, NOBODY);
  assert.equal(names.asked.splice(0), ['addresses of partner.test', 'addresses of unknown.test']);
  time.pass(5001);
  await access.admits('10.0.0.7', list, NOBODY);
  await access.admits('10.0.0.7', other, NOBODY);
  assert.equal(names.asked.splice(0), ['addresses of unknown.test']);
  time.pass(60_000);
  names.addresses = { 'partner.test': ['10.0.0.9'] };
  assert.is(await access.admits('10.0.0.9', list, NOBODY), true);
  assert.is(await access.admits('10.0.0.7', list, NOBODY), false);
});

test('while the name service fails the last answer holds; a name that is gone is gone', async () => {
  const names = new FakeNames({ 'blocked.test': ['10.0.0.7'] });
  const { time, access } = control(names);
  const blocked = new AccessList('blocked.test');
  assert.is(await access.admits('10.0.0.7', EVERYBODY, blocked), false);
  for (let failures = 0; failures < 3; failures += 1) {
    time.pass(61_000);
    names.broken = 'EAI_AGAIN';
    assert.is(await access.admits('10.0.0.7', EVERYBODY, blocked), false);
  }
  time.pass(61_000);
  names.broken = 'ENOTFOUND';
  assert.is(await access.admits('10.0.0.7', EVERYBODY, blocked), true);
});

test('clients that come together ask once', async () => {
  const names = new FakeNames({ 'partner.test': ['10.0.0.7'] });
  const { access } = control(names);
  const list = new AccessList('partner.test');
  const answers = await Promise.all([1, 2, 3].map(() => access.admits('10.0.0.7', list, NOBODY)));
  assert.equal(answers, [true, true, true]);
  assert.is(names.asked.length, 1);
});

test('addresses of different names are asked for one at a time', async () => {
  let [open, most] = [0, 0];
  const addressesOf = async (): Promise<readonly string[]> => {
    open += 1;
    most = Math.max(most, open);
    await turnOfEventLoop();
    open -= 1;
    return [];
  };
  const { access } = control({ addressesOf, namesOf: async () => [] });
  await Promise.all([1, 2, 3].map((n) => access.admits('10.0.0.7', new AccessList(`name${n}.test`), NOBODY)));
  assert.is(most, 1);
});

test('a name service that never answers: the client counts as not matching after ten seconds', async () => {
  const { time, access } = control({ addressesOf: () => new Promise(() => {}), namesOf: () => new Promise(() => {}) });
  const answer = access.admits('10.0.0.7', new AccessList('partner.test'), NOBODY);
  await turnOfEventLoop();
  time.pass(10_250);
  assert.is(await answer, false);
});

test('the name service of the system knows localhost', async () => {
  const access = new AccessControl(new CoarseClock(new FakeTime()));
  assert.is(await access.admits('127.0.0.1', new AccessList('localhost'), NOBODY), true);
});

test('no more than 1000 names are remembered, the oldest is forgotten', async () => {
  const names = new FakeNames({});
  const { access } = control(names);
  for (let n = 0; n <= 1000; n += 1) await access.admits('10.0.0.7', new AccessList(`name${n}.test`), NOBODY);
  assert.is(names.asked.length, 1001);
  await access.admits('10.0.0.7', new AccessList('name1000.test'), NOBODY);
  assert.is(names.asked.length, 1001);
  await access.admits('10.0.0.7', new AccessList('name0.test'), NOBODY);
  assert.is(names.asked.length, 1002);
});

test.run();

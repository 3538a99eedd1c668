/** One line per command, without secrets and without line breaks. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { SFID, SSID } from '../../../src/protocol/commands/codec.js';
import { describeCommand } from '../../../src/protocol/commands/describe.js';
import { LITERALS } from './literal.js';

const ssid: SSID = {
  name: 'SSID',
  lev: 5,
  code: 'O0013HUB',
  pswd: 'HUBPW',
  sdeb: 4096,
  sr: 'B',
  cmpr: false,
  rest: true,
  spec: false,
  cred: 99,
  auth: true,
  user: '',
};

const sfid: SFID = {
  name: 'SFID',
  dsn: 'ORDERS',
  date: '20240229',
  time: '2359590001',
  user: '',
  dest: 'O0013HUB',
  orig: 'O0013ORG ONE',
  fmt: 'U',
  lrecl: 0,
  fsiz: 1,
  osiz: 1,
  rest: 12345678901234567n,
  sec: 3,
  ciph: 4,
  comp: 0,
  env: 1,
  sign: true,
  desc: 'two words',
};

test('the password of an SSID is masked', () => {
  assert.is(
    describeCommand(ssid),
    'SSID lev=5 code=O0013HUB pswd=******** sdeb=4096 sr=B cmpr=N rest=Y spec=N cred=99 auth=Y user=""',
  );
  assert.ok(describeCommand({ ...ssid, pswd: '' }).includes(' pswd=******** '));
  assert.ok(describeCommand(ssid, { mask: true }).includes(' pswd=******** '));
});

test('mask: false shows it', () => {
  assert.ok(describeCommand(ssid, { mask: false }).includes(' pswd=HUBPW '));
});

test('an SFID with all its fields', () => {
  assert.is(
    describeCommand(sfid),
    'SFID dsn=ORDERS date=20240229 time=2359590001 user="" dest=O0013HUB orig="O0013ORG ONE" fmt=U lrecl=0 fsiz=1 ' +
      'osiz=1 rest=12345678901234567 sec=3 ciph=4 comp=0 env=1 sign=Y desc="two words"',
  );
});

test('commands without content are their name', () => {
  for (const name of ['SECD', 'CDT', 'CD', 'RTR'] as const) assert.is(describeCommand({ name }), name);
  assert.is(describeCommand({ name: 'SSRM', msg: 'ODETTE FTP READY ' }), 'SSRM msg="ODETTE FTP READY "');
});

test('reason codes have their text beside them', () => {
  assert.is(describeCommand({ name: 'ESID', reas: 2, reast: '' }), 'ESID reas=2 (protocol violation)');
  assert.is(describeCommand({ name: 'EFNA', reas: 77, reast: 'x' }), 'EFNA reas=77 (unknown reason 77) reast=x');
  assert.is(
    describeCommand({ name: 'SFNA', reas: 13, rrtr: true, reast: 'known since May' }),
    'SFNA reas=13 (duplicate file) rrtr=Y reast="known since May"',
  );
});

test('challenge and response show their length only, unless asked for', () => {
  const chal = Uint8Array.from({ length: 300 }, () => 0xab);
  const rsp = Uint8Array.from({ length: 20 }, () => 0xcd);
  assert.is(describeCommand({ name: 'AUCH', chal }), 'AUCH chal=(300 octets)');
  assert.is(describeCommand({ name: 'AURP', rsp }), 'AURP rsp=(20 octets)');
  assert.is(describeCommand({ name: 'AUCH', chal }, { mask: false }), `AUCH chal=${'ab'.repeat(300)}`);
  assert.is(describeCommand({ name: 'AURP', rsp }, { mask: false }), `AURP rsp=${'cd'.repeat(20)}`);
});

test('a hash is shown, of a signature the length', () => {
  const hsh = Uint8Array.of(0, 1, 0xfe);
  const sig = new Uint8Array(65);
  const ends = { dsn: 'A', date: '240229', time: '000000', dest: 'D', orig: 'O' };
  assert.is(
    describeCommand({ name: 'EERP', ...ends, user: 'U', hsh, sig }),
    'EERP dsn=A date=240229 time=000000 user=U dest=D orig=O hsh=0001fe sig=(65 octets)',
  );
  const sha512 = new Uint8Array(64);
  assert.ok(
    describeCommand({ name: 'EERP', ...ends, user: 'U', hsh: sha512, sig }).includes(` hsh=${'00'.repeat(64)} `),
  );
});

test('what a peer sent cannot break the line or pose as another field', () => {
  const line = describeCommand({ ...sfid, dsn: 'A\r\nESID reas=0', user: 'a"b', desc: '\u202ekcab\u2028\u{e0041}' });
  assert.ok(line.startsWith('SFID dsn="A\\r\\nESID reas=0" '), line);
  assert.ok(line.includes(' user="a\\"b" '), line);
  assert.ok(line.endsWith(' desc="\\u202ekcab\\u2028\\udb40\\udc41"'), line);
});

test('every command is one printable line', () => {
  for (const { command } of LITERALS) {
    for (const mask of [true, false]) assert.match(describeCommand(command, { mask }), /^[^\p{C}\p{Zl}\p{Zp}]+$/u);
  }
});

test.run();

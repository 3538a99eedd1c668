/** What is not put on the wire, and what is cut. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type Command,
  type CommandOf,
  decodeCommand,
  EncodeError,
  encodeCommand,
} from '../../../src/protocol/commands/codec.js';
import type { CommandName } from '../../../src/protocol/commands/table.js';
import type { Level } from '../../../src/protocol/commands/version.js';
import { LITERALS } from './literal.js';

function valid<N extends CommandName>(level: Level, name: N): CommandOf<N> {
  const literal = LITERALS.findLast((one) => one.levels.includes(level) && one.command.name === name);
  assert.ok(literal, `no ${name} at level ${level}`);
  return literal.command as CommandOf<N>;
}

function failure(level: Level, command: Command): EncodeError {
  try {
    encodeCommand(level, command);
  } catch (error) {
    if (error instanceof EncodeError) return error;
    throw error;
  }
  throw new Error('was written');
}

function notWritten(level: Level, command: Command, field: string, detail: string): void {
  const error = failure(level, command);
  assert.equal([error.field, error.detail], [field, detail]);
  assert.is(error.message, `${field}: ${detail}`);
  assert.is(error.name, 'EncodeError');
}

test('X(n) that is too long is not written', () => {
  const sfid = valid(5, 'SFID');
  notWritten(5, { ...sfid, dsn: 'A'.repeat(27) }, 'SFIDDSN', `"${'A'.repeat(27)}" has 27 characters, at most 26 fit`);
  const eerp = valid(1, 'EERP');
  notWritten(1, { ...eerp, user: 'B'.repeat(9) }, 'EERPUSER', '"BBBBBBBBB" has 9 characters, at most 8 fit');
  assert.ok(encodeCommand(5, { ...sfid, dsn: 'A'.repeat(26) }));
});

test('own text is printable ISO 646 only', () => {
  const sfid = valid(4, 'SFID');
  const text = 'printable ISO 646 (space to tilde)';
  notWritten(4, { ...sfid, dsn: 'GRÜN' }, 'SFIDDSN', `"GRÜN" has a character at 2 that is not ${text}`);
  notWritten(4, { ...sfid, user: 'A\tB' }, 'SFIDUSER', `"A\\tB" has a character at 1 that is not ${text}`);
  notWritten(4, { ...sfid, dest: '\x7f' }, 'SFIDDEST', `"\\u007f" has a character at 0 that is not ${text}`);
  assert.ok(encodeCommand(4, { ...sfid, dsn: 'lower_case@x ~!' }));
});

test('text that repeats a peer is latin1, no more', () => {
  const eerp = valid(4, 'EERP');
  notWritten(4, { ...eerp, dsn: 'A€' }, 'EERPDSN', '"A€" has a character at 1 that is not latin1');
  assert.ok(encodeCommand(4, { ...eerp, dsn: 'ÄÖÜ\0\xff' }));
});

test('a password is never told', () => {
  const ssid = valid(5, 'SSID');
  for (const pswd of ['TOPSECRET', 'GEHEÏM', 'TOP\nSEC']) {
    const error = failure(5, { ...ssid, pswd });
    assert.is(error.field, 'SSIDPSWD');
    assert.not.ok(error.message.includes(pswd.slice(0, 3)), error.message);
  }
  notWritten(5, { ...ssid, pswd: 'TOPSECRET' }, 'SSIDPSWD', 'the value has 9 characters, at most 8 fit');
});

test('numbers that do not fit are not written', () => {
  const ssid = valid(5, 'SSID');
  const sdeb = 'an integer from 128 to 99999';
  notWritten(5, { ...ssid, sdeb: 127 }, 'SSIDSDEB', `127 was given, expected ${sdeb}`);
  notWritten(5, { ...ssid, sdeb: 100_000 }, 'SSIDSDEB', `100000 was given, expected ${sdeb}`);
  notWritten(5, { ...ssid, sdeb: 2048.5 }, 'SSIDSDEB', `2048.5 was given, expected ${sdeb}`);
  notWritten(5, { ...ssid, cred: 0 }, 'SSIDCRED', '0 was given, expected an integer from 1 to 999');
  notWritten(5, { ...ssid, cred: Number.NaN }, 'SSIDCRED', 'NaN was given, expected an integer from 1 to 999');
  const fsiz = { ...valid(4, 'SFID'), fsiz: 10_000_000 };
  notWritten(4, fsiz, 'SFIDFSIZ', '10000000 was given, expected an integer from 0 to 9999999');
  notWritten(4, { ...fsiz, fsiz: -1 }, 'SFIDFSIZ', '-1 was given, expected an integer from 0 to 9999999');
});

test('counts that do not fit are not written', () => {
  const rest = 'a bigint from 0 to 999999999';
  notWritten(2, { ...valid(2, 'SFID'), rest: 10n ** 9n }, 'SFIDREST', `1000000000 was given, expected ${rest}`);
  notWritten(2, { name: 'SFPA', acnt: -1n }, 'SFPAACNT', `-1 was given, expected ${rest}`);
  notWritten(
    4,
    { name: 'EFID', rcnt: 0n, ucnt: 10n ** 12n },
    'EFIDUCNT',
    '1000000000000 was given, expected a bigint from 0 to 999999999999',
  );
  notWritten(
    5,
    { name: 'EFID', rcnt: 0n, ucnt: 10n ** 17n },
    'EFIDUCNT',
    '100000000000000000 was given, expected a bigint from 0 to 99999999999999999',
  );
});

test('a stamp has the digits of its level', () => {
  const short = { date: '240229', time: '235959' };
  const long = { date: '20240229', time: '2359590001' };
  for (const name of ['SFID', 'EERP'] as const) {
    for (const level of [1, 2] as const) {
      const command = { ...valid(level, name), ...long };
      notWritten(level, command, `${name}DATE`, '"20240229" was given, expected 6 digits (YYMMDD)');
    }
    for (const level of [4, 5] as const) {
      const command = { ...valid(level, name), ...short };
      notWritten(level, command, `${name}DATE`, '"240229" was given, expected 8 digits (CCYYMMDD)');
      const time = { ...valid(level, name), time: '23595900O1' };
      notWritten(level, time, `${name}TIME`, '"23595900O1" was given, expected 10 digits (HHMMSScccc)');
    }
  }
  for (let at = 0; at < 8; at += 1) {
    const date = `${'20240229'.slice(0, at)}:${'20240229'.slice(at + 1)}`;
    assert.is(failure(5, { ...valid(5, 'SFID'), date }).field, 'SFIDDATE');
  }
  const nerp = { ...valid(4, 'NERP'), date: ' 2024022' };
  notWritten(4, nerp, 'NERPDATE', '" 2024022" was given, expected 8 digits (CCYYMMDD)');
});

test('C-149 C-273 a reason code that the level lacks is not written', () => {
  const codes = '1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 99';
  const sfna = { name: 'SFNA', reas: 14, rrtr: false, reast: '' } as const;
  notWritten(2, sfna, 'SFNAREAS', `14 was given, expected one of ${codes} at this level`);
  assert.ok(encodeCommand(4, sfna));
  assert.is(failure(4, { name: 'ESID', reas: 11, reast: '' }).field, 'ESIDREAS');
  assert.is(failure(5, { name: 'ESID', reas: 13, reast: '' }).field, 'ESIDREAS');
  assert.is(failure(4, { ...valid(4, 'NERP'), reas: 31 }).field, 'NERPREAS');
  assert.ok(encodeCommand(4, { ...valid(4, 'NERP'), reas: 34 }));
});

test('C-069 special logic Y does not exist up to 1.3', () => {
  const ssid = { ...valid(1, 'SSID'), lev: 2, auth: false, spec: true };
  notWritten(2, ssid, 'SSIDSPEC', 'Y is not allowed at this level, N is');
  assert.ok(encodeCommand(4, { ...ssid, lev: 4 }));
});

test('a level that does not exist is not written into an SSID', () => {
  for (const lev of [0, 3, 6, 9, Number.NaN]) {
    const error = failure(5, { ...valid(5, 'SSID'), lev, auth: false });
    assert.is(error.field, 'SSIDLEV');
  }
});

test('commands that a level lacks are not written', () => {
  notWritten(4, { name: 'SECD' }, 'SECDCMD', 'SECD does not exist in 1.4, but from 2.0 on');
  notWritten(2, valid(4, 'NERP'), 'NERPCMD', 'NERP does not exist in 1.3, but from 1.4 on');
});

test('what says how a file or session is to be understood is not left out below 2.0', () => {
  const ssid = { ...valid(5, 'SSID'), lev: 4, auth: true };
  notWritten(5, ssid, 'SSIDAUTH', 'true was given, but only 2.0 has the field; expected false');
  const sfid = valid(4, 'SFID');
  const tail = 'was given, but only 2.0 has the field; expected';
  notWritten(4, { ...sfid, sec: 1 }, 'SFIDSEC', `1 ${tail} 0`);
  notWritten(4, { ...sfid, ciph: 2 }, 'SFIDCIPH', `2 ${tail} 0`);
  notWritten(4, { ...sfid, comp: 1 }, 'SFIDCOMP', `1 ${tail} 0`);
  notWritten(4, { ...sfid, env: 1 }, 'SFIDENV', `1 ${tail} 0`);
  notWritten(4, { ...sfid, sign: true }, 'SFIDSIGN', `true ${tail} false`);
});

test('estimates, texts, hashes and signatures are left out below 2.0', () => {
  const one = Uint8Array.of(1);
  const pairs: readonly (readonly [Level, Command, Command])[] = [
    [4, valid(4, 'SFID'), { ...valid(4, 'SFID'), osiz: 3, desc: 'text' }],
    [2, valid(2, 'SFNA'), { ...valid(2, 'SFNA'), reast: 'text' }],
    [1, valid(1, 'EFNA'), { ...valid(1, 'EFNA'), reast: 'text' }],
    [1, valid(1, 'ESID'), { ...valid(1, 'ESID'), reast: 'text' }],
    [2, valid(2, 'EERP'), { ...valid(2, 'EERP'), hsh: one, sig: one }],
    [4, valid(4, 'NERP'), { ...valid(4, 'NERP'), reast: 'text', hsh: one, sig: one }],
  ];
  for (const [level, plain, full] of pairs) assert.equal(encodeCommand(level, full), encodeCommand(level, plain));
});

function textOf(reast: string): string {
  const buffer = encodeCommand(5, { name: 'ESID', reas: 99, reast });
  const decoded = decodeCommand(5, buffer.subarray(4));
  assert.ok(decoded.ok && decoded.command.name === 'ESID');
  return decoded.command.reast;
}

test('C-264 text beyond 999 octets is cut at the border of a character', () => {
  assert.is(textOf('a'.repeat(1000)), 'a'.repeat(999));
  assert.is(textOf('é'.repeat(500)), 'é'.repeat(499));
  assert.is(textOf('€'.repeat(400)), '€'.repeat(333));
  assert.is(textOf(`ab${'😀'.repeat(300)}`), `ab${'😀'.repeat(249)}`);
  assert.is(textOf('x'.repeat(1_000_000)).length, 999);
});

test('text that is no Unicode goes out with replacement characters', () => {
  assert.is(textOf('a\ud800b'), 'a\ufffdb');
});

test('binary parts have to fit into what can be announced', () => {
  const eerp = valid(5, 'EERP');
  const big = new Uint8Array(65_536);
  notWritten(5, { ...eerp, hsh: big }, 'EERPHSH', '65536 octets were given, at most 65535 can be announced');
  notWritten(5, { name: 'AUCH', chal: big }, 'AUCHCHAL', '65536 octets were given, at most 65535 can be announced');
  const none = new Uint8Array(0);
  notWritten(5, { name: 'AUCH', chal: none }, 'AUCHCHLL', '0 octets were given, expected a length of at least 1');
  notWritten(5, { name: 'AURP', rsp: big }, 'AURPRSP', '65536 octets were given, expected 20 octets');
  assert.is(encodeCommand(5, { name: 'AUCH', chal: big.subarray(1) }).length, 4 + 3 + 65_535);
});

test('an exchange buffer holds 99999 octets, since a Stream Transmission Buffer holds 100003', () => {
  const hsh = new Uint8Array(50_000);
  const eerp = { ...valid(5, 'EERP'), hsh, sig: new Uint8Array(99_999 - 110 - 50_000) };
  const buffer = encodeCommand(5, eerp);
  assert.is(buffer.length, 100_003);
  assert.equal([...buffer.subarray(0, 4)], [0x10, 0x01, 0x86, 0xa3]);
  assert.equal(decodeCommand(5, buffer.subarray(4)), { ok: true, command: eerp });
  const larger = { ...eerp, sig: new Uint8Array(eerp.sig.length + 1) };
  notWritten(5, larger, 'EERPCMD', '100000 octets are needed, an exchange buffer holds 99999');
});

test('values of a wrong kind are refused by name, not written as something else', () => {
  const wrong: readonly (readonly [CommandName, object, string])[] = [
    ['SFID', { dsn: undefined }, 'SFIDDSN'],
    ['SFID', { date: 20240229 }, 'SFIDDATE'],
    ['SFID', { fmt: 'X' }, 'SFIDFMT'],
    ['SFID', { fmt: 1 }, 'SFIDFMT'],
    ['SFID', { fsiz: 1n }, 'SFIDFSIZ'],
    ['SFID', { rest: 1 }, 'SFIDREST'],
    ['SFID', { sec: 4 }, 'SFIDSEC'],
    ['SFID', { sign: 'Y' }, 'SFIDSIGN'],
    ['SFID', { desc: null }, 'SFIDDESC'],
    ['EERP', { hsh: 'abc' }, 'EERPHSH'],
    ['AURP', { rsp: 'abc' }, 'AURPRSP'],
  ];
  for (const [name, values, field] of wrong) {
    assert.is(failure(5, { ...valid(5, name), ...values } as Command).field, field);
  }
  const sdeb = { ...valid(5, 'SSID'), sdeb: '2048' } as unknown as Command;
  notWritten(5, sdeb, 'SSIDSDEB', 'a value of type string was given, expected an integer from 128 to 99999');
});

test('every command written has memory of its own', () => {
  const first = encodeCommand(5, { name: 'CD' });
  first.fill(0);
  assert.equal([...encodeCommand(5, { name: 'CD' })], [0x10, 0, 0, 5, 0x52]);
});

test.run();

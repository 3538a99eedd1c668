/** Literal octets of every command at every level, in both directions: RFC 5024 §5.3, RFC 2204 §5.3. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Command, decodeCommand, encodeCommand, type SFID } from '../../../src/protocol/commands/codec.js';
import { COMMAND_NAMES, COMMANDS } from '../../../src/protocol/commands/table.js';
import { LEVELS, type Level } from '../../../src/protocol/commands/version.js';
import { hex, LITERALS, octets } from './literal.js';

for (const { title, levels, command, octets: expected } of LITERALS) {
  for (const level of levels) {
    test(`level ${level}: ${title} is written`, () => {
      const buffer = encodeCommand(level, command);
      assert.is(hex(buffer.subarray(4)), hex(expected));
      assert.is(hex(buffer.subarray(0, 4)), `10${(expected.length + 4).toString(16).padStart(6, '0')}`);
    });

    test(`level ${level}: ${title} is read`, () => {
      assert.equal(decodeCommand(level, expected), { ok: true, command });
    });
  }
}

test('every command that exists at a level has a literal there', () => {
  for (const level of LEVELS) {
    const expected = COMMAND_NAMES.filter((name) => COMMANDS[name].since <= level);
    const present = new Set(LITERALS.filter(({ levels }) => levels.includes(level)).map(({ command }) => command.name));
    assert.equal([...present].sort(), [...expected].sort());
  }
});

test('C-011 the Stream Transmission Buffers of SSRM, CD, RTR and SECD', () => {
  const wire = (command: Command) => hex(encodeCommand(5, command));
  assert.is(wire({ name: 'SSRM', msg: 'ODETTE FTP READY ' }), '10000017494f444554544520465450205245414459200d');
  assert.is(wire({ name: 'CD' }), '1000000552');
  assert.is(wire({ name: 'RTR' }), '1000000550');
  assert.is(wire({ name: 'SECD' }), '100000054a');
});

test('the types of a command follow from its rows', () => {
  const decoded = decodeCommand(1, octets('2', '000000001'));
  assert.ok(decoded.ok && decoded.command.name === 'SFPA');
  const count: bigint = decoded.command.acnt;
  assert.is(count, 1n);
  const format: Readonly<Record<SFID['fmt'], string>> = { F: 'fixed', V: 'variable', U: 'unstructured', T: 'text' };
  assert.is(Object.keys(format).length, 4);
});

function ssidOf(lev: string, auth = 'N'): Uint8Array {
  return octets(
    'X',
    lev,
    'O0013HUB'.padEnd(25),
    'PW'.padEnd(8),
    '02048',
    'B',
    'NNN',
    '001',
    auth,
    '    ',
    '        \r',
  );
}

test('C-049 C-050 an SSID has the layout of its own level, whatever level the session has', () => {
  // The octet at 47 is SSIDAUTH from level 5 on and reserved below.
  for (const level of LEVELS) {
    for (const [lev, auth] of [
      ['1', false],
      ['2', false],
      ['3', false],
      ['4', false],
      ['5', true],
      ['9', true],
    ] as const) {
      const decoded = decodeCommand(level, ssidOf(lev, 'Y'));
      assert.ok(decoded.ok && decoded.command.name === 'SSID', `SSIDLEV ${lev}`);
      assert.is(decoded.command.lev, Number(lev));
      assert.is(decoded.command.auth, auth);
    }
  }
});

test('an SSID is written in the layout of its own level', () => {
  const decoded = decodeCommand(5, ssidOf('4', ' '));
  assert.ok(decoded.ok);
  assert.is(hex(encodeCommand(5, decoded.command).subarray(4)), hex(ssidOf('4', ' ')));
});

test('C-099 a file name that came in goes out octet for octet in EERP and NERP', () => {
  const dsn = `  Grün_@ \x00\x7f\xff x`;
  const sfid = octets('H', dsn.padEnd(26), '   ', '20241301', '2599990000', ' '.repeat(58), 'U', '0'.repeat(21));
  const decoded = decodeCommand(4, sfid);
  assert.ok(decoded.ok && decoded.command.name === 'SFID');
  const { date, time } = decoded.command;
  assert.is(decoded.command.dsn, dsn);
  const none = new Uint8Array(0);
  const ends = { dsn: decoded.command.dsn, date, time, dest: '', orig: '', hsh: none, sig: none };
  const eerp = encodeCommand(4, { name: 'EERP', ...ends, user: '' });
  assert.is(hex(eerp.subarray(5, 52)), hex(sfid.subarray(1, 48)));
  const nerp = encodeCommand(4, { name: 'NERP', ...ends, crea: '', reas: 99, reast: '' });
  assert.is(hex(nerp.subarray(5, 31)), hex(sfid.subarray(1, 27)));
  assert.is(hex(nerp.subarray(37, 55)), hex(sfid.subarray(30, 48)));
});

test('what was read shares no memory with the exchange buffer, and is no Buffer', () => {
  const received = Buffer.from('A\0\x03abc', 'latin1');
  const decoded = decodeCommand(5, received);
  received.fill(0);
  assert.ok(decoded.ok && decoded.command.name === 'AUCH');
  assert.is(hex(decoded.command.chal), '616263');
  assert.is(Object.getPrototypeOf(decoded.command.chal), Uint8Array.prototype);
  const again = Buffer.from(`S${'r'.repeat(20)}`, 'latin1');
  const response = decodeCommand(5, again);
  again.fill(0);
  assert.ok(response.ok && response.command.name === 'AURP');
  assert.is(hex(response.command.rsp), '72'.repeat(20));
});

test('commands are read in the middle of a larger memory', () => {
  const memory = octets('....', '4Y', '....');
  assert.equal(decodeCommand(2, memory.subarray(4, 6)), { ok: true, command: { name: 'EFPA', cd: true } });
});

test('C-097 999 octets of text are read and written unchanged, a byte order mark included', () => {
  const reast = `\ufeff${'€'.repeat(332)}`;
  const exchange = octets('5', '99', '999', Buffer.from(reast).toString('latin1'));
  assert.is(exchange.length, 6 + 999);
  const command = { name: 'EFNA', reas: 99, reast } as const;
  assert.equal(decodeCommand(5, exchange), { ok: true, command });
  assert.is(hex(encodeCommand(5, command).subarray(4)), hex(exchange));
});

test('counts around a thousand million lose nothing', () => {
  const counts = [
    '00000000000000000',
    '00000000999999999',
    '00000001000000000',
    '00000001000000001',
    '10000000000000000',
  ];
  for (const digits of counts) {
    const command = { name: 'SFPA', acnt: BigInt(digits) } as const;
    assert.equal(decodeCommand(5, octets('2', digits)), { ok: true, command });
    assert.is(hex(encodeCommand(5, command).subarray(5)), hex(octets(digits)));
  }
  assert.equal(decodeCommand(4, octets('T', '999999999', '001000000001')), {
    ok: true,
    command: { name: 'EFID', rcnt: 999999999n, ucnt: 1000000001n },
  });
});

test('fields that a level lacks are neutral after reading', () => {
  const level: Level = 2;
  const decoded = decodeCommand(level, octets('E', ' '.repeat(35), '240229', '000000', ' '.repeat(58)));
  assert.ok(decoded.ok && decoded.command.name === 'EERP');
  assert.is(decoded.command.hsh.length, 0);
  assert.is(decoded.command.sig.length, 0);
});

test.run();

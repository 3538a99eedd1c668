/** Every leniency of the list, and where it ends. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Command, decodeCommand } from '../../../src/protocol/commands/codec.js';
import { LENIENCIES } from '../../../src/protocol/commands/leniencies.js';
import { LEVELS, type Level } from '../../../src/protocol/commands/version.js';
import { LITERALS, type Literal, octets } from './literal.js';

function taken(level: Level, exchange: Uint8Array): Command {
  const decoded = decodeCommand(level, exchange);
  assert.ok(decoded.ok, decoded.ok ? '' : `level ${level}: ${decoded.reason} ${decoded.field} ${decoded.detail}`);
  return decoded.command;
}

function reasonOf(level: Level, exchange: Uint8Array): number | undefined {
  const decoded = decodeCommand(level, exchange);
  return decoded.ok ? undefined : decoded.reason;
}

/** The literals of a command at a level. */
function literals(level: Level, name: Command['name']): readonly Literal[] {
  const found = LITERALS.filter((one) => one.levels.includes(level) && one.command.name === name);
  assert.ok(found.length > 0);
  return found;
}

function patched(exchange: Uint8Array, pos: number, text: string): Uint8Array {
  const copy = new Uint8Array(exchange);
  copy.set(octets(text), pos < 0 ? exchange.length + pos : pos);
  return copy;
}

const exercised = new Set<string>();

/** One test of one leniency, by its name in the list. */
function leniency(name: keyof typeof LENIENCIES, title: string, check: () => void): void {
  exercised.add(name);
  test(`${name}: ${title}`, check);
}

leniency('lineFeedAtEnd', 'SSRM, SSID and ESID end with 0D, 8D or 0A, C-035', () => {
  for (const level of LEVELS) {
    for (const name of ['SSRM', 'SSID', 'ESID'] as const) {
      for (const { octets: exchange, command } of literals(level, name)) {
        for (const end of ['\r', '\x8d', '\n']) assert.equal(taken(level, patched(exchange, -1, end)), command);
        for (const end of [' ', '\0', '\x8a']) assert.is(reasonOf(level, patched(exchange, -1, end)), 6);
      }
    }
  }
});

leniency('finalOctetMissing', 'SSRM, SSID and ESID end without it, C-019', () => {
  for (const level of LEVELS) {
    for (const name of ['SSRM', 'SSID', 'ESID'] as const) {
      for (const { octets: exchange, command } of literals(level, name)) {
        assert.equal(taken(level, exchange.subarray(0, -1)), command);
      }
    }
    for (const { octets: exchange } of [...literals(level, 'SSRM'), ...literals(level, 'SSID')]) {
      assert.is(reasonOf(level, exchange.subarray(0, -2)), 7);
    }
  }
});

leniency('reservedOctets', 'anything may stand in them, C-036', () => {
  for (const lev of [1, 2, 4]) {
    const ssid = literals(5, 'SSID').find(({ title }) => title.includes(`level ${lev}`)) as Literal;
    for (const text of ['ABCDE', 'N    ', 'Y    ', '\0\0\0\0\0', '\xff\xff\xff\xff\xff']) {
      assert.equal(taken(5, patched(ssid.octets, 47, text)), ssid.command);
    }
  }
  for (const level of LEVELS) {
    for (const [name, from, to] of [
      ['SFID', 27, level < 4 ? 36 : 30],
      ['EERP', 27, level < 4 ? 36 : 30],
      ['CDT', 1, 3],
    ] as const) {
      for (const { octets: exchange, command } of literals(level, name)) {
        assert.equal(taken(level, patched(exchange, from, '\x01'.repeat(to - from))), command);
      }
    }
  }
  for (const { octets: exchange, command } of literals(4, 'NERP')) {
    assert.equal(taken(4, patched(exchange, 27, 'ABCDEF')), command);
  }
});

leniency('trailingSpaces', 'they are no part of a value, all other spaces are, C-042', () => {
  const [ssid] = literals(5, 'SSID') as readonly [Literal];
  const read = (pos: number, text: string) => {
    const command = taken(5, patched(ssid.octets, pos, text));
    assert.ok(command.name === 'SSID');
    return command;
  };
  assert.is(read(2, '  O0013 A  B'.padEnd(25)).code, '  O0013 A  B');
  assert.is(read(2, ' '.repeat(25)).code, '');
  assert.is(read(27, 'ABC     ').pswd, 'ABC');
  assert.is(read(27, 'ABC    X').pswd, 'ABC    X');
  assert.is(read(27, 'ABC\t\0  ').pswd, 'ABC\t\0');
});

leniency('specialLogic', 'Y is taken at every level, C-069', () => {
  for (const { octets: exchange } of literals(1, 'SSID')) {
    const command = taken(1, patched(exchange, 43, 'Y'));
    assert.ok(command.name === 'SSID' && command.spec);
    assert.is(reasonOf(1, patched(exchange, 43, 'X')), 6);
  }
});

leniency('unlistedNumbers', 'levels and reason codes that the level lacks are delivered, C-049 C-050 C-266', () => {
  const ssid = literals(5, 'SSID').at(-1) as Literal;
  for (const lev of [1, 2, 3, 4, 5, 6, 7, 8, 9]) {
    const command = taken(5, patched(ssid.octets, 1, String(lev)));
    assert.ok(command.name === 'SSID' && command.lev === lev);
  }
  for (const level of [1, 2, 4] as const) {
    assert.equal(taken(level, octets('F55\r')), { name: 'ESID', reas: 55, reast: '' });
    assert.equal(taken(level, octets('320N')), { name: 'SFNA', reas: 20, rrtr: false, reast: '' });
    assert.equal(taken(level, octets('523')), { name: 'EFNA', reas: 23, reast: '' });
  }
  for (const { octets: exchange } of literals(4, 'NERP')) {
    const command = taken(4, patched(exchange, 126, '34'));
    assert.ok(command.name === 'NERP' && command.reas === 34);
  }
});

leniency('endReasonUnreadable', 'it counts as 99', () => {
  for (const text of ['XX', '  ', '1 ', ' 1', '\0\0', '-1']) {
    for (const level of [1, 2, 4] as const) {
      assert.equal(taken(level, octets('F', text, '\r')), { name: 'ESID', reas: 99, reast: '' });
    }
    assert.equal(taken(5, octets('F', text, '002', 'no', '\r')), { name: 'ESID', reas: 99, reast: 'no' });
  }
});

leniency('malformedText', 'it is read with replacement characters, C-098', () => {
  assert.equal(taken(5, octets('5', '99', '002', '\xc3\x28')), { name: 'EFNA', reas: 99, reast: '\ufffd(' });
  assert.equal(taken(5, octets('F', '99', '001', '\xff', '\r')), { name: 'ESID', reas: 99, reast: '\ufffd' });
  assert.equal(taken(5, octets('3', '99', 'N', '002', '\xe2\x82')), {
    ...{ name: 'SFNA', reas: 99, rrtr: false },
    reast: '\ufffd',
  });
});

leniency('endSessionOfOtherLevel', 'four or three octets at level 5, C-265', () => {
  assert.equal(taken(5, octets('F', '04', '\r')), { name: 'ESID', reas: 4, reast: '' });
  assert.equal(taken(5, octets('F', '04')), { name: 'ESID', reas: 4, reast: '' });
  assert.is(reasonOf(5, octets('F', '0')), 7);
  assert.is(reasonOf(5, octets('F', '04', ' ')), 7);
  assert.is(reasonOf(5, octets('F', '04', '00')), 7);
});

leniency('endSessionOfOtherLevel', 'the layout of 2.0 at levels below', () => {
  for (const level of [1, 2, 4] as const) {
    assert.equal(taken(level, octets('F', '10', '000', '\r')), { name: 'ESID', reas: 10, reast: '' });
    assert.equal(taken(level, octets('F', '10', '003', 'abc', '\x8d')), { name: 'ESID', reas: 10, reast: 'abc' });
    assert.equal(taken(level, octets('F', '10', '003', 'abc')), { name: 'ESID', reas: 10, reast: 'abc' });
    assert.is(reasonOf(level, octets('F', '10', '004', 'ab', '\r')), 7);
    assert.is(reasonOf(level, octets('F', '10', 'abc', '\r')), 7);
  }
});

leniency('creditWithoutReserved', 'CDT of one, two and three octets, C-183', () => {
  for (const level of LEVELS) {
    for (const text of ['C', 'C ', 'C  ', 'C\0', 'CXY']) assert.equal(taken(level, octets(text)), { name: 'CDT' });
    assert.is(reasonOf(level, octets('C   ')), 7);
  }
});

leniency('trailingLengthsMissing', 'commands of level 5 that end before their first length field', () => {
  for (const [name, length] of [
    ['SFID', 162],
    ['SFNA', 4],
    ['EFNA', 3],
    ['EERP', 106],
    ['NERP', 128],
  ] as const) {
    for (const { octets: exchange, command } of literals(5, name)) {
      const none = new Uint8Array(0);
      const bare = { ...command, ...('desc' in command && { desc: '' }), ...('reast' in command && { reast: '' }) };
      const expected = { ...bare, ...('hsh' in command && { hsh: none, sig: none }) };
      assert.equal(taken(5, exchange.subarray(0, length)), expected);
      assert.is(reasonOf(5, exchange.subarray(0, length - 1)), 7);
      assert.is(reasonOf(5, exchange.subarray(0, length + 1)), 7);
    }
  }
});

test('a leniency for the length does not cover content: the own length is what is reported', () => {
  const [sfid] = literals(5, 'SFID') as readonly [Literal];
  assert.is(reasonOf(5, patched(sfid.octets, 106, 'X').subarray(0, 162)), 7);
  assert.is(reasonOf(5, octets('IODETTE FTP READY.')), 7);
});

test('every leniency of the list has a test and says who needs it', () => {
  assert.equal([...exercised].sort(), Object.keys(LENIENCIES).sort());
  for (const { rule, peer } of Object.values(LENIENCIES)) assert.ok(rule.length > 0 && peer.length > 0);
});

test.run();

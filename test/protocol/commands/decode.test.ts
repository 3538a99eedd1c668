/** What is refused, and with which reason: RFC 5024 §5.3.11 (01, 06, 07), in this order of checks. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Decoded, decodeCommand } from '../../../src/protocol/commands/codec.js';
import { LEVELS, type Level } from '../../../src/protocol/commands/version.js';
import { LITERALS, octets } from './literal.js';

type Failure = Extract<Decoded, { ok: false }>;

function refusal(level: Level, exchange: Uint8Array): Failure {
  const decoded = decodeCommand(level, exchange);
  assert.not.ok(decoded.ok, 'was taken');
  return decoded as Failure;
}

function refused(level: Level, exchange: Uint8Array, reason: number, field: string): void {
  const failure = refusal(level, exchange);
  assert.equal([failure.reason, failure.field], [reason, field]);
}

/** The literal of a command at a level with octets replaced; the last one written, which has all its parts. */
function patched(level: Level, title: string, pos: number, text: string): Uint8Array {
  const literal = LITERALS.findLast((one) => one.levels.includes(level) && one.title.startsWith(title));
  assert.ok(literal, `no ${title} at level ${level}`);
  const copy = new Uint8Array(literal.octets);
  copy.set(octets(text), pos);
  return copy;
}

test('C-020 an octet that begins no command is refused with 01', () => {
  for (const level of LEVELS) {
    for (const octet of ['Z', '\0', '\xff', 'h', 'x', ' ']) {
      const failure = refusal(level, octets(octet));
      assert.is(failure.reason, 1);
      assert.is(failure.command, undefined);
    }
  }
  assert.is(refusal(5, octets('\x07')).detail, '07 (hexadecimal) is the first octet of no command');
});

test('C-091 C-236 commands of later levels are refused with 01', () => {
  for (const level of [1, 2, 4] as const) {
    refused(level, octets('J'), 1, 'SECDCMD');
    refused(level, octets('A\0\x01x'), 1, 'AUCHCMD');
    refused(level, octets('S', 'r'.repeat(20)), 1, 'AURPCMD');
  }
  for (const level of [1, 2] as const) {
    assert.equal(refusal(level, octets('N', ' '.repeat(127))), {
      ok: false,
      reason: 1,
      command: 'NERP',
      field: 'NERPCMD',
      detail: `NERP does not exist in ${level === 1 ? '1.2' : '1.3'}, but from 1.4 on`,
    });
  }
});

test('C-279 an unknown octet goes before a wrong length', () => {
  refused(5, octets('Zzz'), 1, 'CMD');
  refused(4, octets('JJ'), 1, 'SECDCMD');
});

test('DATA is no command to be decoded', () => {
  refused(5, octets('D\x81a'), 1, 'CMD');
});

test('an empty exchange buffer is refused with 07', () => {
  refused(5, octets(), 7, 'CMD');
});

test('C-018 C-019 every command that is an octet too long is refused with 07', () => {
  for (const { levels, octets: exchange } of LITERALS) {
    const longer = new Uint8Array(exchange.length + 1);
    longer.set(exchange);
    longer[exchange.length] = 0x20;
    for (const level of levels) assert.is(refusal(level, longer).reason, 7);
  }
});

test('C-019 commands of fixed length name the command, both lengths are told', () => {
  assert.equal(refusal(5, octets('RP')), {
    ok: false,
    reason: 7,
    command: 'CD',
    field: 'CDCMD',
    detail: '2 octets were received, expected 1',
  });
});

test('C-053 an SFID in the layout of level 5 is refused at level 4 with 07, and the other way round', () => {
  const of = (level: Level) => patched(level, 'SFID', 0, 'H');
  refused(4, of(5), 7, 'SFIDCMD');
  refused(5, of(4), 7, 'SFIDDESCL');
});

test('C-279 a wrong length goes before wrong content', () => {
  refused(1, octets('4XX'), 7, 'EFPACMD');
  refused(5, octets('3', 'AB', 'X', '005', 'abcd'), 7, 'SFNAREASL');
});

test('C-096 SFIDDESCL has to match what follows, and to be digits', () => {
  refused(5, patched(5, 'SFID', 162, '002'), 7, 'SFIDDESCL');
  refused(5, patched(5, 'SFID', 162, '004'), 7, 'SFIDDESCL');
  refused(5, patched(5, 'SFID', 162, 'AB1'), 6, 'SFIDDESCL');
  refused(5, patched(5, 'SFID', 162, '  3'), 6, 'SFIDDESCL');
});

test('C-224 announced hash and signature have to be there', () => {
  refused(5, patched(5, 'EERP', 106, '\0\x14'), 7, 'EERPSIGL');
  refused(5, patched(5, 'EERP', 106, '\xff\xff'), 7, 'EERPSIGL');
  refused(5, patched(5, 'EERP', 112, '\0\x04'), 7, 'EERPSIGL');
  refused(5, patched(5, 'EERP', 112, '\0\x06'), 7, 'EERPSIGL');
  refused(5, patched(5, 'NERP', 128, '999'), 7, 'NERPSIGL');
  refused(5, patched(5, 'NERP', 133, '\0\x05'), 7, 'NERPSIGL');
});

test('C-076 AUCHCHLL has to match, and a challenge has to be there', () => {
  refused(5, octets('A\0\x02a'), 7, 'AUCHCHLL');
  refused(5, octets('A\0\0a'), 7, 'AUCHCHLL');
  refused(5, octets('A\0'), 7, 'AUCHCHLL');
  refused(5, octets('A\0\0'), 6, 'AUCHCHLL');
});

test('C-082 an AURP of 19 or 21 octets of response is refused with 07', () => {
  refused(5, octets('S', 'r'.repeat(19)), 7, 'AURPCMD');
  refused(5, octets('S', 'r'.repeat(21)), 7, 'AURPCMD');
});

test('C-025 an SSRM with another message is refused with 06', () => {
  for (let pos = 1; pos < 18; pos += 1) refused(5, patched(5, 'SSRM', pos, '.'), 6, 'SSRMMSG');
});

const SSID_CONTENT: Readonly<Record<string, readonly [pos: number, text: string]>> = {
  'SSIDLEV 0': [1, '0'],
  'SSIDLEV A': [1, 'A'],
  'SSIDLEV space': [1, ' '],
  'SSIDSDEB with a letter': [35, '12A45'],
  'SSIDSDEB padded with spaces': [35, ' 2048'],
  'SSIDSDEB 00127': [35, '00127'],
  'SSIDSDEB 00000': [35, '00000'],
  'SSIDSR Q': [40, 'Q'],
  'SSIDSR in lower case': [40, 'b'],
  'SSIDCMPR X': [41, 'X'],
  'SSIDREST 1': [42, '1'],
  'SSIDSPEC space': [43, ' '],
  'SSIDCRED padded with spaces': [44, '  9'],
  'SSIDCRED 000': [44, '000'],
  'SSIDCR space': [60, ' '],
};

for (const [title, [pos, text]] of Object.entries(SSID_CONTENT)) {
  test(`C-037 C-051 C-056 C-060 ${title} is refused with 06`, () => {
    const field = title.split(' ')[0] as string;
    for (const lev of [1, 2, 4]) refused(5, patched(5, `SSID of level ${lev}`, pos, text), 6, field);
    refused(1, patched(1, 'SSID of level 5', pos, text), 6, field);
  });
}

test('C-070 SSIDAUTH that is neither Y nor N is refused with 06 at level 5', () => {
  refused(5, patched(5, 'SSID of level 5', 47, ' '), 6, 'SSIDAUTH');
});

test('C-055 the borders of SSIDSDEB and SSIDCRED are taken', () => {
  for (const [pos, text] of [
    [35, '00128'],
    [35, '99999'],
    [44, '001'],
    [44, '999'],
  ] as const) {
    assert.ok(decodeCommand(5, patched(5, 'SSID of level 5', pos, text)).ok);
  }
});

const SFID_CONTENT: Readonly<Record<string, readonly [levels: readonly Level[], pos: number, text: string]>> = {
  'SFIDDATE with a letter': [[1, 2], 36, '2402X9'],
  'SFIDTIME with spaces': [[1, 2], 42, '      '],
  'SFIDDATE with a space': [[4, 5], 30, '2024022 '],
  'SFIDTIME with a sign': [[4, 5], 38, '-359590001'],
  'SFIDFMT X': [[1, 2, 4, 5], 106, 'X'],
  'SFIDLRECL ABC': [[1, 2, 4, 5], 107, 'ABC00'],
  'SFIDFSIZ with a point': [[1, 2, 4], 112, '12.4567'],
  'SFIDREST with a letter': [[1, 2, 4], 119, '00000000O'],
  'SFIDFSIZ with a slash': [[5], 112, '000000000000/'],
  'SFIDOSIZ with a colon': [[5], 125, ':000000000000'],
  'SFIDREST with a letter in the upper digits': [[5], 138, 'A0000000000000000'],
  'SFIDREST with a letter in the lower digits': [[5], 138, '0000000000000000A'],
  'SFIDSEC 04': [[5], 155, '04'],
  'SFIDSEC 99': [[5], 155, '99'],
  'SFIDCIPH with a letter': [[5], 157, '0A'],
  'SFIDCOMP 2': [[5], 159, '2'],
  'SFIDENV 2': [[5], 160, '2'],
  'SFIDSIGN 1': [[5], 161, '1'],
};

for (const [title, [levels, pos, text]] of Object.entries(SFID_CONTENT)) {
  test(`C-103 C-109 C-118 C-123 C-132 ${title} is refused with 06`, () => {
    for (const level of levels) refused(level, patched(level, 'SFID', pos, text), 6, title.split(' ')[0] as string);
  });
}

test('C-120 any cipher suite of two digits is delivered: it is refused by SFNA', () => {
  const decoded = decodeCommand(5, patched(5, 'SFID', 157, '77'));
  assert.ok(decoded.ok && decoded.command.name === 'SFID');
  assert.is(decoded.command.ciph, 77);
});

test('C-100 C-104 an empty name and an impossible date are delivered: they are judged by an answer', () => {
  const unnamed = decodeCommand(5, patched(5, 'SFID', 1, ' '.repeat(26)));
  assert.ok(unnamed.ok && unnamed.command.name === 'SFID');
  assert.is(unnamed.command.dsn, '');
  const undated = decodeCommand(5, patched(5, 'SFID', 30, '202413012599990000'));
  assert.ok(undated.ok && undated.command.name === 'SFID');
  assert.equal([undated.command.date, undated.command.time], ['20241301', '2599990000']);
});

test('C-268 wrong content of the other commands is refused with 06', () => {
  for (const level of [1, 2, 4] as const) {
    refused(level, octets('2', '00000000X'), 6, 'SFPAACNT');
    refused(level, octets('T', '00000000X', '0'.repeat(12)), 6, 'EFIDRCNT');
    refused(level, octets('T', '0'.repeat(9), '00000000000X'), 6, 'EFIDUCNT');
    refused(level, octets('3', '1X', 'N'), 6, 'SFNAREAS');
    refused(level, octets('3', '13', 'X'), 6, 'SFNARRTR');
    refused(level, octets('5', ' 1'), 6, 'EFNAREAS');
    refused(level, octets('4', 'y'), 6, 'EFPACD');
    refused(level, octets('F', '02', ' '), 6, 'ESIDCR');
  }
  refused(5, octets('2', '0000000000000000X'), 6, 'SFPAACNT');
  refused(5, octets('2', '9999999900000000X'), 6, 'SFPAACNT');
  refused(5, octets('2', '0000000X999999999'), 6, 'SFPAACNT');
  refused(5, octets('T', 'X'.padEnd(34, '0')), 6, 'EFIDRCNT');
  refused(5, octets('3', '1X', 'N', '000'), 6, 'SFNAREAS');
  refused(5, octets('5', '99', '0x1', 'a'), 6, 'EFNAREASL');
  refused(5, octets('F', '02', '00a', '\r'), 6, 'ESIDREASL');
  refused(5, octets('F', '02', '000', ' '), 6, 'ESIDCR');
  refused(4, patched(4, 'EERP', 30, '2024-229'), 6, 'EERPDATE');
  refused(1, patched(1, 'EERP', 42, '12:456'), 6, 'EERPTIME');
  for (const level of [4, 5] as const) {
    refused(level, patched(level, 'NERP', 33, 'A'), 6, 'NERPDATE');
    refused(level, patched(level, 'NERP', 41, 'A'), 6, 'NERPTIME');
    refused(level, patched(level, 'NERP', 126, 'A'), 6, 'NERPREAS');
  }
});

test('the detail tells what was found and what was expected, in printable characters', () => {
  const detail = (level: Level, exchange: Uint8Array) => refusal(level, exchange).detail;
  assert.is(detail(5, patched(5, 'SSID of level 5', 40, 'Q')), '"Q" was received, expected one of S, R, B');
  assert.is(
    detail(5, patched(5, 'SSID of level 5', 35, '00127')),
    '"00127" was received, expected 5 digits from 128 to 99999',
  );
  assert.is(
    detail(5, patched(5, 'SFID', 30, '2024\n\x85\x9b9')),
    '"2024\\n\\u0085\\u009b9" was received, expected 8 digits (CCYYMMDD)',
  );
  assert.is(detail(5, patched(5, 'SFID', 155, '04')), '"04" was received, expected one of 00, 01, 02, 03');
  assert.is(detail(5, octets('523000').fill(0x58, 1, 3)), '"XX" was received, expected 2 digits from 0 to 99');
  assert.is(detail(5, patched(5, 'SSRM', 17, '!')), '"ODETTE FTP READY!" was received, expected "ODETTE FTP READY "');
  assert.is(detail(5, octets('A\0\0')), '"\\u0000\\u0000" was received, expected a length of at least 1');
});

test.run();

/** SFID, the offer of a file: RFC 5024 §5.3.3, RFC 2204 §5.3.3, and §1.5.2 on what identifies a file. */
import { existsSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanUp } from '../support/cleanup.js';
import { HUB, PARTNER } from '../support/parties.js';
import { open, sample, transfer } from '../support/scenario.js';
import { TestServer } from '../support/server.js';
import { cd, data, efid, type Level, patched, rtr, type SfidFields, sfid } from '../support/wire.js';

test.after.each(cleanUp);

test('C-093 level 5: SFID of 165 octets without a description, and of 172 with seven octets', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  const short = sfid(5, { dsn: 'SHORT' });
  assert.is(short.length - 4, 165);
  await transfer(peer, sample(10), { dsn: 'SHORT' });
  const long = sfid(5, { dsn: 'LONG', desc: 'seven..' });
  assert.is(long.length - 4, 172);
  peer.send(long);
  await peer.expect('SFPA');
});

for (const level of [1, 2, 4] as Level[]) {
  test(`C-052 C-094 C-095 level ${level}: SFID of 128 octets; file and stamp come through`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session({ level });
    assert.is(sfid(level).length - 4, 128);
    const octets = sample(500);
    await transfer(peer, octets, { user: 'USERDATA' });
    assert.ok(host.content('TESTFILE').equals(octets));
    peer.send(cd());
    const { fields } = await peer.expect('EERP');
    assert.equal([fields['date'], fields['time']], level < 4 ? ['240229', '123456'] : ['20240229', '1234560001']);
  });
}

for (const descl of [4, 6]) {
  test(`C-096 SFIDDESCL 00${descl} before five octets is a size error`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session();
    peer.send(sfid(5, { desc: 'fiver', descl }));
    await peer.expectEsid(7);
  });
}

test('C-097 a description of 999 octets of multi-byte text comes through unchanged', async () => {
  const description = `${'é'.repeat(498)}漢`;
  let seen: string | undefined;
  const host = await TestServer.start({
    on: {
      acceptFile: ({ connection }) => {
        seen = connection.incoming?.description;
      },
    },
  });
  const { peer } = await host.session();
  assert.is(Buffer.byteLength(description), 999);
  await transfer(peer, sample(10), { desc: description });
  assert.is(seen, description);
});

test('C-098 a description that is no UTF-8 is taken or ESID 06, never a crash', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  peer.send(sfid(5, { desc: Uint8Array.of(0xc3, 0x28) }));
  const answer = await peer.expectOneOf('SFPA', 'ESID');
  if (answer.name === 'ESID') assert.is(answer.fields['reas'], '06');
});

for (const level of [1, 2, 4, 5] as Level[]) {
  test(`C-099 level ${level}: name and stamp are repeated in the EERP to the octet`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session({ level });
    const identity = { dsn: 'A.B-C/D(E)&F', ...(level < 4 ? {} : { date: '20240229', time: '2359590001' }) };
    await transfer(peer, sample(10), identity);
    peer.send(cd());
    const { octets } = await peer.expect('EERP');
    const offered = sfid(level, identity).subarray(4);
    assert.equal(octets.subarray(1, 48), offered.subarray(1, 48));
  });
}

test('C-100 an empty name is refused', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  peer.send(sfid(5, { dsn: '' }));
  const answer = await peer.expectOneOf('SFNA', 'ESID');
  assert.is(answer.fields['reas'], answer.name === 'SFNA' ? '01' : '06');
});

for (const dsn of ['lower_case@x', 'ÄÖÜ', 'A B C', 'ODETTE_CERTIFICATE_DELIVEX', '\u0001CTRL', "Q'; DROP TABLE--"]) {
  test(`C-101 the name ${JSON.stringify(dsn)} outside the strict set is taken, or SFNA 01`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session();
    peer.send(sfid(5, { dsn }));
    const answer = await peer.expectOneOf('SFPA', 'SFNA');
    if (answer.name === 'SFNA') assert.is(answer.fields['reas'], '01');
  });
}

for (const dsn of [
  '../../etc/passwd',
  '../ESCAPED',
  '/tmp/oftp-abs',
  '..',
  '.',
  'CON',
  'A/../../B',
  'C:/X',
  'A/B',
  '...',
  '/',
]) {
  test(`C-102 the name '${dsn}' stays inside the store`, async () => {
    const host = await TestServer.start();
    const around = dirname(host.inbox);
    const before = readdirSync(around);
    const { peer } = await host.session();
    peer.send(sfid(5, { dsn }));
    const answer = await peer.expectOneOf('SFPA', 'SFNA');
    if (answer.name === 'SFPA') {
      peer.send(data('x', { endOfRecord: true }), efid(5, { ucnt: 1 }));
      await peer.expect('EFPA');
      assert.is(host.delivered().length, 1);
    }
    assert.equal(readdirSync(around), before);
    assert.not.ok(existsSync('/tmp/oftp-abs'));
  });
}

for (const [field, position] of [
  ['SFIDDATE', 30],
  ['SFIDTIME', 38],
  ['SFIDLRECL', 107],
  ['SFIDFSIZ', 112],
  ['SFIDOSIZ', 125],
  ['SFIDREST', 138],
  ['SFIDSEC', 155],
  ['SFIDCIPH', 157],
  ['SFIDDESCL', 162],
] as const) {
  test(`C-103 C-132 level 5: letters in ${field} are invalid data`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session({ rest: 'Y' });
    peer.send(patched(sfid(5), position, 'A'));
    await peer.expectEsid(6);
  });
}

for (const [field, position] of [
  ['SFIDDATE', 30],
  ['SFIDTIME', 38],
  ['SFIDLRECL', 107],
  ['SFIDFSIZ', 112],
  ['SFIDREST', 119],
] as const) {
  test(`C-103 C-132 level 4: letters in ${field} are invalid data`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session({ level: 4, rest: 'Y' });
    peer.send(patched(sfid(4), position, 'A'));
    await peer.expectEsid(6);
  });
}

for (const fields of [
  { time: '1234560000' },
  { date: '20241301' },
  { date: '20230230' },
  { time: '2561610001' },
  { date: '00000000' },
]) {
  test(`C-103 C-104 the impossible stamp ${JSON.stringify(fields)} is refused or repeated to the octet`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session();
    peer.send(sfid(5, fields));
    const answer = await peer.expectOneOf('SFPA', 'SFNA', 'ESID');
    if (answer.name === 'ESID') assert.is(answer.fields['reas'], '06');
    if (answer.name === 'SFNA') assert.is(answer.fields['reas'], '99');
    if (answer.name !== 'SFPA') return;
    const { peer: second } = await host.session();
    await transfer(second, sample(10), { dsn: 'IMPOSSIBLE', ...fields });
    second.send(cd());
    await second.expect('EERP', fields);
  });
}

for (const date of ['991231', '000101', '700101']) {
  test(`C-105 the two-digit year of ${date} is an identifier and repeated as it is`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session({ level: 2 });
    await transfer(peer, sample(10), { date });
    peer.send(cd());
    await peer.expect('EERP', { date });
  });
}

test('C-106 C-133 a destination that is not ours is SFNA 02, retry N, and the session goes on', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  peer.send(sfid(5, { dest: 'O0013ELSEWHERE' }));
  await peer.expect('SFNA', { reas: '02', rrtr: 'N' });
  await transfer(peer, sample(10));
});

test('C-107 an originator that the handler refuses is SFNA 03', async () => {
  const host = await TestServer.start({
    on: {
      acceptFile: (event) => {
        if (event.originator === PARTNER.code) return;
        event.accept = false;
        event.errorCode = 3;
      },
    },
  });
  const { peer } = await host.session();
  peer.send(sfid(5, { orig: 'O0013UNWANTED' }));
  await peer.expect('SFNA', { reas: '03', rrtr: 'N' });
  await transfer(peer, sample(10));
});

for (const [filler, orig] of [
  ['blanks', ' '.repeat(25)],
  ['NUL characters', '\0'.repeat(25)],
] as const) {
  test(`C-107 an originator of ${filler} is SFNA 03, retry N: no end response could be addressed to it`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session();
    peer.send(sfid(5, { orig }));
    await peer.expect('SFNA', { reas: '03', rrtr: 'N' });
    await transfer(peer, sample(10));
  });
}

test('C-108 a configured sub-station as destination and a third party as originator are taken', async () => {
  const host = await TestServer.start({ settings: { serverSfidCodes: ['O0013HUB          SUB1'] } });
  const { peer } = await host.session();
  await transfer(peer, sample(10), { dest: 'O0013HUB          SUB1', orig: 'O0013THIRD' });
  peer.send(cd());
  const { fields } = await peer.expect('EERP');
  assert.is(fields['dest'], 'O0013THIRD'.padEnd(25));
  assert.is(fields['orig'], 'O0013HUB          SUB1'.padEnd(25));
});

for (const fmt of ['X', 'u', ' ', '0']) {
  test(`C-109 the format '${fmt}' is invalid data`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session();
    peer.send(sfid(5, { fmt }));
    await peer.expectEsid(6);
  });
}

test('C-110 a record length in a U file is ignored or invalid data', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  peer.send(sfid(5, { lrecl: 80 }));
  const answer = await peer.expectOneOf('SFPA', 'ESID');
  if (answer.name === 'ESID') assert.is(answer.fields['reas'], '06');
});

for (const [announced, length] of [
  [1, 3000],
  [0, 10],
  [9_999_999, 10],
] as const) {
  test(`C-114 sizes are estimates: ${announced} blocks announced, ${length} octets sent`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session();
    await transfer(peer, sample(length), { fsiz: announced });
    assert.is(host.content('TESTFILE').length, length);
  });
}

test('C-116 an announced size above MaxFileSize is SFNA 06 before any data', async () => {
  const host = await TestServer.start({ settings: { maxFileSize: 1024 * 1024 } });
  const { peer } = await host.session();
  peer.send(sfid(5, { fsiz: 9_999_999_999_999n }));
  await peer.expect('SFNA', { reas: '06' });
  await transfer(peer, sample(2000), { fsiz: 2 });
});

const INVALID: readonly SfidFields[] = [{ sec: 4 }, { sec: 99 }, { comp: 2 }, { env: 2 }, { sign: '1' }, { sign: ' ' }];

for (const fields of INVALID) {
  test(`C-118 C-123 SFID with ${JSON.stringify(fields)} is invalid data`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session();
    peer.send(sfid(5, fields));
    await peer.expectEsid(6);
  });
}

for (const [fields, policy] of [
  [{ sec: 1, ciph: 2, env: 0 }, '16'],
  [{ sec: 2, ciph: 2, env: 0 }, '19'],
  [{ comp: 1, env: 0 }, '18'],
] as const) {
  test(`C-124 services without an envelope, ${JSON.stringify(fields)}, are refused`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session();
    peer.send(sfid(5, fields));
    const { name, fields: answer } = await peer.expectOneOf('SFNA', 'ESID');
    const accepted = name === 'SFNA' ? ['99', policy] : ['06'];
    assert.ok(accepted.includes(answer['reas']!), `${name} ${answer['reas']}`);
  });
}

test('C-125 an envelope without services is answered, not an error of the session', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  peer.send(sfid(5, { env: 1 }));
  await peer.expectOneOf('SFPA', 'SFNA');
});

test('interop: a cipher suite without services is taken', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  await transfer(peer, sample(10), { ciph: 4 });
});

test('C-128 another counter in the same second is another file: both are taken, two EERP', async () => {
  const names = 'ReceivedFileNameFormat=%VirtualFileName%_%VirtualFileDate:HHmmssffff%';
  const host = await TestServer.start({ config: [names] });
  const { peer } = await host.session();
  await transfer(peer, sample(10), { time: '1234560001' });
  await transfer(peer, sample(10), { time: '1234560002' });
  assert.equal(host.delivered(), ['TESTFILE_1234560001', 'TESTFILE_1234560002']);
  peer.send(cd());
  await peer.expect('EERP', { time: '1234560001' });
  peer.send(rtr());
  await peer.expect('EERP', { time: '1234560002' });
});

test('C-129 an SFID while a file is open is a protocol violation', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  await open(peer);
  peer.send(sfid(5, { dsn: 'SECOND' }));
  await peer.expectEsid(2);
  assert.equal(host.delivered(), []);
});

for (const [field, value] of [
  ['dsn', 'TESTFILE'],
  ['dest', HUB.code],
  ['orig', PARTNER.code],
] as const) {
  test(`B-177 acceptFile tells the ${field} of the SFID without its padding`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session();
    await open(peer);
    const event = await host.events.next('acceptFile');
    const told = { dsn: event.virtualFileName, dest: event.destination, orig: event.originator };
    assert.is(told[field], value);
  });
}

test.run();

/** The answers to SFID: RFC 5024 §5.3.4, §5.3.5, §4.3.2; and offered files of the server, §5.3.3. */
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanUp } from '../support/cleanup.js';
import { HUB, PARTNER } from '../support/parties.js';
import { receive, sample, transfer } from '../support/scenario.js';
import { serverThatSends } from '../support/sending.js';
import { type TestEvent, TestServer } from '../support/server.js';
import { cd, eerp, type Level, rtr, sfid, sfna, sfpa } from '../support/wire.js';

test.after.each(cleanUp);

for (const level of [1, 2, 4, 5] as Level[]) {
  const length = level < 5 ? 10 : 18;
  test(`C-134 C-136 level ${level}: SFPA has ${length} octets, all zeros without restart`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session({ level });
    peer.send(sfid(level));
    const { octets } = await peer.expect('SFPA');
    assert.is(octets.toString('latin1'), `2${'0'.repeat(length - 1)}`);
  });

  test(`C-137 level ${level}: a restart position without agreed restart is a protocol violation`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session({ level, rest: 'N' });
    peer.send(sfid(level, { rest: 1 }));
    await peer.expectEsid(2);
  });

  test(`C-135 C-138 level ${level}: a restart position for a file nothing is known of is answered 0`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session({ level, rest: 'Y' });
    peer.send(sfid(level, { rest: 5 }));
    const { fields } = await peer.expect('SFPA');
    assert.match(fields['acnt']!, /^0+$/);
  });
}

test('C-135 the highest restart position of 17 digits for an unknown file is answered 0', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session({ rest: 'Y' });
  peer.send(sfid(5, { rest: '9'.repeat(17) }));
  await peer.expect('SFPA', { acnt: '0'.repeat(17) });
});

test('C-137 with restart switched off at the server a restart position is a protocol violation', async () => {
  const host = await TestServer.start({ settings: { restart: false } });
  const { peer } = await host.session({ rest: 'Y' });
  peer.send(sfid(5, { rest: 1 }));
  await peer.expectEsid(2);
});

/** A server whose handler refuses every file. */
function refusing(errorCode: number | undefined, more: (event: TestEvent) => void = () => {}): Promise<TestServer> {
  return TestServer.start({
    on: {
      acceptFile: (event) => {
        event.accept = false;
        if (errorCode !== undefined) event.errorCode = errorCode;
        more(event);
      },
    },
  });
}

for (const level of [1, 2, 4] as Level[]) {
  test(`C-148 level ${level}: SFNA has 4 octets`, async () => {
    const host = await refusing(1);
    const { peer } = await host.session({ level });
    peer.send(sfid(level));
    const { octets } = await peer.expect('SFNA');
    assert.is(octets.toString('latin1'), '301N');
  });
}

test('C-148 level 5: SFNA has a text whose length is announced in octets', async () => {
  const host = await refusing(1, (event) => {
    event.errorDescription = 'Größe';
  });
  const { peer } = await host.session();
  peer.send(sfid(5));
  const { octets } = await peer.expect('SFNA');
  assert.is(octets.toString('utf8'), '301N007Größe');
});

test('C-148 level 5: a text longer than 999 octets is cut at a character', async () => {
  const host = await refusing(1, (event) => {
    event.errorDescription = `a${'é'.repeat(600)}`;
  });
  const { peer } = await host.session();
  peer.send(sfid(5));
  const { fields } = await peer.expect('SFNA');
  assert.is(fields['text'], `a${'é'.repeat(499)}`);
});

for (const [level, code, wire] of [
  [5, 20, '20'],
  [5, 15, '15'],
  [4, 15, '99'],
  [4, 14, '14'],
  [2, 14, '99'],
  [1, 20, '99'],
  [2, 13, '13'],
  [1, 6, '06'],
] as const) {
  test(`C-149 level ${level}: the handler's ${code} goes out as ${wire}`, async () => {
    const host = await refusing(code);
    const { peer } = await host.session({ level });
    peer.send(sfid(level));
    await peer.expect('SFNA', { reas: wire });
  });
}

test('C-318 a refusal without a code is SFNA 99', async () => {
  const host = await refusing(undefined);
  const { peer } = await host.session();
  peer.send(sfid(5));
  await peer.expect('SFNA', { reas: '99' });
});

test('C-150 C-320 a refusal by the handler carries retry N, and Y where AllowRetry is set', async () => {
  const host = await refusing(12, ({ connection, virtualFileName }) => {
    connection.config(`AllowRetry=${virtualFileName === 'LATER'}`);
  });
  const { peer } = await host.session();
  for (const [dsn, rrtr] of [
    ['NEVER', 'N'],
    ['LATER', 'Y'],
  ] as const) {
    peer.send(sfid(5, { dsn }));
    await peer.expect('SFNA', { rrtr });
  }
});

test('C-318 a handler that throws is SFNA 99, retry N', async () => {
  const host = await TestServer.start({ on: { acceptFile: () => Promise.reject(new Error('down')) } });
  const { peer } = await host.session();
  peer.send(sfid(5));
  await peer.expect('SFNA', { reas: '99', rrtr: 'N' });
});

test('C-151 a store that cannot be written is SFNA 12, retry Y', async () => {
  const host = await TestServer.start({
    on: {
      acceptFile: (event) => {
        event.filename = join(host.outgoing('not-a-folder', 'x'), 'FILE');
      },
    },
  });
  const { peer } = await host.session();
  peer.send(sfid(5));
  await peer.expect('SFNA', { reas: '12', rrtr: 'Y' });
  assert.ok((await host.events.next('error')).description.length > 0);
});

test('C-151 without a downloadDirectory a file is SFNA 12, retry Y', async () => {
  const host = await TestServer.start({
    on: {
      acceptConnection: ({ connection }) => {
        connection.downloadDirectory = '';
      },
    },
  });
  const { peer } = await host.session();
  peer.send(sfid(5));
  await peer.expect('SFNA', { reas: '12', rrtr: 'Y' });
});

test('B-184 an existing file is not overwritten: the offer is refused and the file stays', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  await transfer(peer, sample(10));
  peer.send(sfid(5, { time: '1234560002' }));
  await peer.expect('SFNA', { reas: '13' });
  assert.equal(host.content('TESTFILE'), sample(10));
});

const AFTER_REFUSAL: Readonly<Record<string, readonly [Buffer, 'SFPA' | 'RTR' | 'ESID']>> = {
  SFID: [sfid(5, { dsn: 'GOOD' }), 'SFPA'],
  EERP: [eerp(5), 'RTR'],
  CD: [cd(), 'ESID'],
};

for (const [name, [buffer, answer]] of Object.entries(AFTER_REFUSAL)) {
  test(`C-133 C-152 after SFNA the Speaker keeps the turn: ${name} is answered`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session();
    peer.send(sfid(5, { dest: 'O0013ELSEWHERE' }));
    await peer.expect('SFNA');
    peer.send(buffer);
    const { fields } = await peer.expect(answer);
    assert.is(fields['reas'] ?? '00', '00');
  });
}

for (const level of [1, 4, 5] as Level[]) {
  test(`C-147 C-282 level ${level}: an answer count above the offered position is a protocol violation`, async () => {
    const { host } = await serverThatSends();
    const { peer } = await host.session({ level, rest: 'Y' });
    peer.send(cd());
    await peer.expect('SFID');
    peer.send(sfpa(level, 1));
    await peer.expectEsid(2);
  });
}

for (const [retry, expected] of [
  ['N', false],
  ['Y', true],
] as const) {
  test(`C-153 C-154 a file refused with retry ${retry} is not offered again; sendFile tells why`, async () => {
    const { host, outcomes } = await serverThatSends({ names: ['FIRST', 'SECOND'] });
    const { peer } = await host.session();
    peer.send(cd());
    await peer.expect('SFID', { dsn: 'FIRST'.padEnd(26) });
    peer.send(sfna(5, 6, retry, 'no room'));
    const { sfid: second } = await receive(peer);
    assert.is(second.fields['dsn'], 'SECOND'.padEnd(26));
    await peer.expect('CD');
    const [{ error } = {}] = await outcomes();
    assert.equal([error?.code, error?.reasonCode, error?.retry, error?.reasonText], [687, 6, expected, 'no room']);
  });
}

test('C-131 fifty files of the server: stamps of the calendar, counters 0001 to 9999, each once', async () => {
  const names = Array.from({ length: 50 }, () => 'SAME.NAME');
  const { host } = await serverThatSends({ names });
  const { peer } = await host.session();
  peer.send(cd());
  const identities = new Set<string>();
  for (let n = 0; n < names.length; n += 1) {
    const { sfid: offer } = await receive(peer);
    const { date = '', time = '', dest, orig, dsn } = offer.fields;
    assert.equal([dsn, dest, orig], ['SAME.NAME'.padEnd(26), PARTNER.code.padEnd(25), HUB.code.padEnd(25)]);
    assert.match(date, /^20[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])$/);
    assert.match(time, /^([01][0-9]|2[0-3])[0-5][0-9][0-5][0-9][0-9]{4}$/);
    assert.not.equal(time.slice(6), '0000');
    identities.add(date + time);
  }
  await peer.expect('CD');
  assert.is(identities.size, names.length);
});

for (const [length, blocks] of [
  [0, 0],
  [1, 1],
  [1024, 1],
  [1025, 2],
] as const) {
  test(`C-110 C-115 C-117 C-165 the server offers ${length} octets as ${blocks} blocks, LRECL 00000`, async () => {
    const { host } = await serverThatSends({ octets: sample(length) });
    const { peer } = await host.session();
    peer.send(cd());
    const { sfid: offer, efid: end } = await receive(peer);
    const size = String(blocks).padStart(13, '0');
    assert.equal([offer.fields['fsiz'], offer.fields['osiz'], offer.fields['lrecl']], [size, size, '00000']);
    assert.equal([offer.fields['sec'], offer.fields['comp'], offer.fields['env']], ['00', '0', '0']);
    assert.is(end.fields['ucnt'], String(length).padStart(17, '0'));
    await peer.expect('CD');
  });
}

for (const level of [1, 2, 4, 5] as Level[]) {
  test(`C-131 C-313 level ${level}: the server offers in the layout of the level, its counts match`, async () => {
    const { host } = await serverThatSends();
    const { peer } = await host.session({ level });
    peer.send(cd());
    const { sfid: offer, efid: end } = await receive(peer);
    assert.is(offer.octets.length, level < 5 ? 128 : 165);
    assert.is(Number(end.fields['ucnt']), 100);
    assert.is(Number(end.fields['rcnt']), 0);
    await peer.expect('CD');
    peer.send(eerp(level, { dsn: 'OUT', dest: HUB.code, orig: PARTNER.code }));
    await peer.expect('RTR');
  });
}

test('C-130 C-252 after the CD of the server the client may start a file', async () => {
  const { host } = await serverThatSends();
  const { peer } = await host.session();
  peer.send(cd());
  await receive(peer);
  await peer.expect('CD');
  await transfer(peer, sample(10));
  peer.send(cd());
  await peer.expect('EERP');
  peer.send(rtr());
  await peer.expectOneOf('SFID', 'CD');
});

test.run();

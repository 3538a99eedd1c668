/** EFID and its answers: RFC 5024 §4.5, §5.3.8 to §5.3.10, §9.11, §9.12. */
import { Writable } from 'node:stream';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanUp } from '../support/cleanup.js';
import { open, receiveUpToEfid, sample, transfer } from '../support/scenario.js';
import { serverThatSends } from '../support/sending.js';
import { TestServer } from '../support/server.js';
import { cd, data, eerp, efid, efna, efpa, esid, type Level, patched, rtr, sfid, sfpa } from '../support/wire.js';

test.after.each(cleanUp);

for (const level of [1, 2, 4, 5] as Level[]) {
  test(`C-190 C-197 level ${level}: EFID of ${level < 5 ? 22 : 35} octets, EFPA N of two`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session({ level });
    assert.is(efid(level, { ucnt: 3 }).length - 4, level < 5 ? 22 : 35);
    const answer = await transfer(peer, sample(3));
    assert.is(answer.octets.toString('latin1'), '4N');
  });

  for (const [field, position] of [
    ['EFIDRCNT', 1],
    ['EFIDUCNT', level < 5 ? 10 : 18],
  ] as const) {
    test(`C-190 level ${level}: letters in ${field} are invalid data and the file is dropped`, async () => {
      const host = await TestServer.start();
      const { peer } = await host.session({ level });
      await open(peer);
      peer.send(data('x', { endOfRecord: true }), patched(efid(level, { ucnt: 1 }), position, 'A'));
      await peer.expectEsid(6);
      assert.equal(host.delivered(), []);
    });
  }

  for (const off of [-1, 1]) {
    test(`C-193 C-204 level ${level}: an octet count off by ${off} is EFNA 11, nothing is delivered`, async () => {
      const host = await TestServer.start();
      const { peer } = await host.session({ level });
      await open(peer);
      peer.send(data('ABCD', { endOfRecord: true }), efid(level, { ucnt: 4 + off }));
      const { octets } = await peer.expect('EFNA', { reas: '11' });
      if (level < 5) assert.is(octets.length, 3);
      assert.equal(host.delivered(), []);
    });
  }
}

test('C-192 a record count in a U file is EFNA 10 or passed over', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  await open(peer);
  peer.send(data('x', { endOfRecord: true }), efid(5, { rcnt: 1, ucnt: 1 }));
  const answer = await peer.expectOneOf('EFPA', 'EFNA');
  if (answer.name === 'EFNA') assert.is(answer.fields['reas'], '10');
});

test('C-193 the highest octet count of 17 digits does not equal a short file', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  await open(peer);
  peer.send(data('x', { endOfRecord: true }), efid(5, { ucnt: '9'.repeat(17) }));
  await peer.expect('EFNA', { reas: '11' });
});

test('C-193 an EFID without any DATA that announces octets is EFNA 11', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  await open(peer);
  peer.send(efid(5, { ucnt: 1 }));
  await peer.expect('EFNA', { reas: '11' });
});

test('C-196 EFID in idle Listener is a protocol violation', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  peer.send(efid(5, { ucnt: 0 }));
  await peer.expectEsid(2);
});

test('C-196 a second EFID is a protocol violation, the file of the first one stays', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  await transfer(peer, sample(10));
  peer.send(efid(5, { ucnt: 10 }));
  await peer.expectEsid(2);
  assert.equal(host.delivered(), ['TESTFILE']);
});

for (const level of [1, 5] as Level[]) {
  test(`C-203 level ${level}: EFNA does not change the turn, the same file may be sent again`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session({ level });
    await open(peer);
    peer.send(data('x', { endOfRecord: true }), efid(level, { ucnt: 2 }));
    await peer.expect('EFNA');
    await transfer(peer, sample(10));
    assert.equal(host.content('TESTFILE'), sample(10));
  });
}

/** A server that asks for the turn with EFPA Y when a response is due. */
function askingForTheTurn(): Promise<TestServer> {
  return TestServer.start({ settings: { endResponseTurn: 'asap' } });
}

test('C-198 C-199 EFPA Y asks for the turn; with the CD comes the EERP, and then at once the CD back', async () => {
  const host = await askingForTheTurn();
  const { peer } = await host.session();
  const answer = await transfer(peer, sample(10));
  assert.is(answer.fields['cd'], 'Y');
  peer.send(cd());
  await peer.expect('EERP');
  peer.send(rtr());
  await peer.expect('CD');
  assert.equal(host.events.named('readyToSend'), []);
});

const NOT_CD: Readonly<Record<string, Buffer>> = {
  SFID: sfid(5, { dsn: 'NEXT' }),
  EERP: eerp(5),
  DATA: data('x'),
  EFID: efid(5, { ucnt: 0 }),
  RTR: rtr(),
};

for (const [name, buffer] of Object.entries(NOT_CD)) {
  test(`C-201 ${name} in answer to EFPA Y is a protocol violation`, async () => {
    const host = await askingForTheTurn();
    const { peer } = await host.session();
    await transfer(peer, sample(10));
    peer.send(buffer);
    await peer.expectEsid(2);
  });
}

test('interop: ESID 00 after EFPA Y just ends the session, the EERP comes in the next one', async () => {
  const host = await askingForTheTurn();
  const { peer } = await host.session();
  await transfer(peer, sample(10));
  peer.send(esid(5, 0));
  await peer.expectClose();
  const { peer: next } = await host.session();
  next.send(cd());
  await next.expect('EERP', { dsn: 'TESTFILE'.padEnd(26) });
});

test('C-202 the server obeys EFPA Y with CD at once, though more files are queued', async () => {
  const { host } = await serverThatSends({ names: ['FIRST', 'SECOND'] });
  const { peer } = await host.session();
  peer.send(cd());
  await receiveUpToEfid(peer);
  peer.send(efpa('Y'));
  await peer.expect('CD');
  await transfer(peer, sample(10));
});

for (const level of [1, 2, 4, 5] as Level[]) {
  test(`C-192 C-207 level ${level}: the server sends exact counts, takes EFNA and keeps the turn`, async () => {
    const { host } = await serverThatSends({ names: ['FIRST', 'SECOND'] });
    const { peer } = await host.session({ level });
    peer.send(cd());
    const { efid: end } = await receiveUpToEfid(peer);
    assert.is(Number(end.fields['rcnt']), 0);
    assert.is(Number(end.fields['ucnt']), 100);
    peer.send(efna(level, 11, level === 5 ? 'count' : ''));
    const { sfid: second } = await receiveUpToEfid(peer);
    assert.is(second.fields['dsn'], 'SECOND'.padEnd(26));
  });
}

test('C-203 sendFile rejects with 687 and the reason of the EFNA', async () => {
  const { host, outcomes } = await serverThatSends();
  const { peer } = await host.session();
  peer.send(cd());
  await receiveUpToEfid(peer);
  peer.send(efna(5, 12, 'disk'));
  await peer.expect('CD');
  const [{ error } = {}] = await outcomes();
  assert.equal([error?.code, error?.reasonCode, error?.reasonText], [687, 12, 'disk']);
});

for (const [name, answer] of [
  ['EFPA', efpa()],
  ['EFNA', efna(5, 11)],
] as const) {
  test(`C-207 ${name} before the EFID of the server is a protocol violation`, async () => {
    const { host } = await serverThatSends({ octets: sample(500) });
    const { peer } = await host.session({ cred: 1, sdeb: 128 });
    peer.send(cd());
    await peer.expect('SFID');
    peer.send(sfpa(5));
    await peer.expect('DATA');
    peer.send(answer);
    await peer.expectEsid(2);
  });
}

for (const when of ['while it is written', 'at its end']) {
  test(`C-206 a store that fails ${when} is EFNA 12, 99 or 06, and the session goes on`, async () => {
    const host = await TestServer.start({
      on: {
        acceptFile: (event) => {
          if (event.virtualFileName !== 'BAD') return;
          const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
          event.stream = new Writable({
            write: (_chunk, _encoding, done) => done(when === 'at its end' ? null : full),
            final: (done) => done(full),
          });
        },
      },
    });
    const { peer } = await host.session();
    await open(peer, { dsn: 'BAD' });
    peer.send(data('x', { endOfRecord: true }), efid(5, { ucnt: 1 }));
    const { fields } = await peer.expect('EFNA');
    assert.ok(['06', '12', '99'].includes(fields['reas']!), fields['reas']);
    await transfer(peer, sample(10));
  });
}

test('C-206 e.stream takes the file instead of the disk', async () => {
  const chunks: Buffer[] = [];
  const host = await TestServer.start({
    on: {
      acceptFile: (event) => {
        event.stream = new Writable({
          write: (chunk: Buffer, _encoding, done) => {
            chunks.push(Buffer.from(chunk));
            done();
          },
        });
      },
    },
  });
  const { peer } = await host.session();
  await transfer(peer, sample(5000), { fsiz: 5 });
  assert.ok(Buffer.concat(chunks).equals(sample(5000)));
  assert.equal(host.delivered(), []);
});

test.run();

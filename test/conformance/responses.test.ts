/** End responses of plain files: RFC 5024 §3.3.5, §3.3.6, §4.3.6 to §4.3.8, §5.3.13 to §5.3.15. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanUp } from '../support/cleanup.js';
import { HUB, PARTNER } from '../support/parties.js';
import type { RawPeer } from '../support/peer.js';
import { open, receive, sample, transfer } from '../support/scenario.js';
import { serverThatSends } from '../support/sending.js';
import { type TestEvent, TestServer } from '../support/server.js';
import { cd, cdt, data, eerp, efid, esid, type Level, nerp, rtr, sfid, sfpa, stb } from '../support/wire.js';

test.after.each(cleanUp);

for (const level of [1, 2, 4, 5] as Level[]) {
  const length = level < 5 ? 106 : 110;
  test(`C-210 C-212 C-213 C-214 C-215 C-225 level ${level}: EERP of ${length} octets, the parties swapped`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session({ level });
    await transfer(peer, sample(10), { dsn: 'INVOICES', user: 'USERDATA', orig: 'O0013BRANCH' });
    peer.send(cd());
    const { octets, fields } = await peer.expect('EERP');
    assert.is(octets.length, length);
    assert.is(fields['dsn'], 'INVOICES'.padEnd(26));
    assert.is(octets.toString('latin1', level < 4 ? 36 : 30, 48), level < 4 ? '240229123456' : '202402291234560001');
    assert.is(octets.toString('latin1', 56, 81), 'O0013BRANCH'.padEnd(25));
    assert.is(octets.toString('latin1', 81, 106), HUB.code.padEnd(25));
    assert.match(fields['user']!, /^(USERDATA| {8})$/);
    if (level === 5) assert.is(octets.toString('hex', 106), '00000000');
    peer.send(rtr());
    await peer.expect('CD');
    peer.send(esid(level, 0));
    await peer.expectClose();
  });
}

test('C-211 no end response before the turn is handed over, nor between the files', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  await transfer(peer, sample(10), { dsn: 'FIRST' });
  await peer.expectSilence();
  await transfer(peer, sample(10), { dsn: 'SECOND' });
  await peer.expectSilence();
});

test('C-210 an EERP that had no turn comes in the next session, and only once', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  await transfer(peer, sample(10));
  peer.send(esid(5, 0));
  await peer.expectClose();
  const { peer: second } = await host.session();
  second.send(cd());
  await second.expect('EERP', { dsn: 'TESTFILE'.padEnd(26) });
  second.send(rtr());
  await second.expect('CD');
  second.send(esid(5, 0));
  await second.expectClose();
  const { peer: third } = await host.session();
  third.send(cd());
  await third.expectEsid(0);
});

test('C-248 an EERP that got no RTR is sent again in the next session', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  await transfer(peer, sample(10));
  peer.send(cd());
  const { octets } = await peer.expect('EERP');
  peer.reset();
  await host.events.next('disconnected');
  const { peer: next } = await host.session();
  next.send(cd());
  assert.equal((await next.expect('EERP')).octets, octets);
});

test('C-216 after an EERP the server waits for RTR, whatever else it has', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  await transfer(peer, sample(10), { dsn: 'FIRST' });
  await transfer(peer, sample(10), { dsn: 'SECOND' });
  peer.send(cd());
  await peer.expect('EERP', { dsn: 'FIRST'.padEnd(26) });
  await peer.expectSilence();
  peer.send(rtr());
  await peer.expect('EERP', { dsn: 'SECOND'.padEnd(26) });
});

test('C-217 C-218 C-247 after the last RTR comes CD, not ESID 00, when there is nothing more', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  await transfer(peer, sample(10));
  peer.send(cd());
  await peer.expect('EERP');
  peer.send(rtr());
  await peer.expect('CD');
  await peer.expectSilence();
});

test('C-217 after the RTR a file may follow: responses go first, then files, then CD', async () => {
  const { host } = await serverThatSends();
  const { peer } = await host.session();
  await transfer(peer, sample(10));
  peer.send(cd());
  await peer.expect('EERP');
  peer.send(rtr());
  await receive(peer);
  await peer.expect('CD');
});

for (const level of [1, 2, 4, 5] as Level[]) {
  test(`C-219 C-220 level ${level}: each EERP is answered with RTR of one octet, for unknown files too`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session({ level });
    for (const dsn of ['NEVER-SENT', 'NEVER-SENT-EITHER']) {
      peer.send(eerp(level, { dsn }));
      const { octets } = await peer.expect('RTR');
      assert.is(octets.toString('latin1'), 'P');
    }
    const { virtualFileName, originator, destination, reasonCode } = await host.events.next('endResponse');
    assert.equal([virtualFileName, originator, destination, reasonCode], ['NEVER-SENT', PARTNER.code, HUB.code, 0]);
    peer.send(cd());
    await peer.expectEsid(0);
  });
}

for (const level of [4, 5] as const) {
  test(`C-219 C-235 level ${level}: a NERP is answered with RTR, the event tells reason and creator`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session({ level });
    peer.send(nerp(level, { dsn: 'LOST', crea: 'O0013CLEARING', reas: 34, text: 'no good' }));
    await peer.expect('RTR');
    const event = await host.events.next('endResponse');
    assert.equal([event.virtualFileName, event.reasonCode, event.creator], ['LOST', 34, 'O0013CLEARING']);
    if (level === 5) assert.is(event.reasonText, 'no good');
  });
}

for (const level of [1, 2] as const) {
  test(`C-236 level ${level}: there is no NERP, the octet N is unknown`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session({ level });
    peer.send(nerp(4));
    await peer.expectEsid(1, 2);
  });
}

for (const [name, buffer] of [
  ['EERP', eerp(5)],
  ['NERP', nerp(5)],
] as const) {
  test(`C-221 ${name} while a file is open is a protocol violation`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session();
    await open(peer);
    peer.send(buffer);
    await peer.expectEsid(2);
    assert.equal(host.delivered(), []);
  });

  test(`C-221 two ${name} in one write: an RTR for each, or ESID 02`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session();
    peer.send(buffer, buffer);
    const first = await peer.expectOneOf('RTR', 'ESID');
    const last = first.name === 'ESID' ? first : await peer.expectOneOf('RTR', 'ESID');
    if (last.name === 'ESID') assert.is(last.fields['reas'], '02');
  });
}

test('C-222 an RTR nobody asked for is a protocol violation', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  peer.send(rtr());
  await peer.expectEsid(2);
});

const NOT_RTR: Readonly<Record<string, Buffer>> = { CD: cd(), SFPA: sfpa(5), CDT: cdt(), SFID: sfid(5), EERP: eerp(5) };

for (const [name, buffer] of Object.entries(NOT_RTR)) {
  test(`C-223 ${name} in answer to an EERP is a protocol violation`, async () => {
    const host = await TestServer.start();
    const { peer } = await host.session();
    await transfer(peer, sample(10));
    peer.send(cd());
    await peer.expect('EERP');
    peer.send(buffer);
    await peer.expectEsid(2);
  });
}

for (const [what, fields] of [
  ['a hash of 10 octets announced as 20', { hash: sample(10), hshl: 20 }],
  ['a hash announced and missing', { hshl: 20 }],
  ['a signature of 100 octets announced as 99', { hash: sample(20), signature: sample(100), sigl: 99 }],
  ['a signature announced and missing', { sigl: 0xffff }],
] as const) {
  test(`C-224 EERP and NERP with ${what} are a size error`, async () => {
    const host = await TestServer.start();
    for (const buffer of [eerp(5, fields), nerp(5, fields)]) {
      const { peer } = await host.session();
      peer.send(buffer);
      await peer.expectEsid(7);
    }
    assert.equal(host.events.named('endResponse'), []);
  });
}

test('C-224 a NERP whose text is announced longer than the buffer is a size error', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  peer.send(stb(Buffer.concat([nerp(4).subarray(4), Buffer.from('999short')])));
  await peer.expectEsid(7);
});

test('C-233 an EERP with a wrong hash and an unreadable signature is answered with RTR all the same', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  peer.send(eerp(5, { hash: sample(20), signature: sample(300) }));
  await peer.expect('RTR');
  peer.send(cd());
  await peer.expectEsid(0);
});

/** A server whose endTransfer handler fails for received files. */
function failing(): Promise<TestServer> {
  return TestServer.start({ on: { endTransfer: () => Promise.reject(new Error('cannot be processed')) } });
}

for (const level of [4, 5] as const) {
  const length = level === 4 ? 128 : 135;
  test(`C-235 C-237 C-238 C-239 level ${level}: a failed endTransfer is a NERP 34 instead of the EERP`, async () => {
    const host = await failing();
    const { peer } = await host.session({ level });
    await transfer(peer, sample(10), { dsn: 'BROKEN', orig: 'O0013BRANCH' });
    peer.send(cd());
    const { octets, fields } = await peer.expect('NERP', { reas: '34' });
    assert.is(octets.length, length + Buffer.byteLength(fields['text'] ?? ''));
    assert.is(octets.toString('latin1', 1, 27), 'BROKEN'.padEnd(26));
    assert.is(octets.toString('latin1', 33, 51), '202402291234560001');
    assert.is(octets.toString('latin1', 51, 76), 'O0013BRANCH'.padEnd(25));
    assert.is(octets.toString('latin1', 76, 101), HUB.code.padEnd(25));
    assert.is(octets.toString('latin1', 101, 126), HUB.code.padEnd(25));
    peer.send(rtr());
    await peer.expect('CD');
  });
}

for (const level of [1, 2] as const) {
  test(`C-236 level ${level}: a failed endTransfer sends no response, and an error says so`, async () => {
    const host = await failing();
    const { peer } = await host.session({ level });
    await transfer(peer, sample(10));
    await host.events.next('error');
    peer.send(cd());
    await peer.expectEsid(0);
  });
}

for (const response of ['EERP', 'NERP'] as const) {
  test(`C-319 a response that the application holds back goes out as ${response} when it is released`, async () => {
    const held: TestEvent[] = [];
    const host = await TestServer.start({
      config: ['VirtualFileDateFormat=yyyyMMddHHmmssffff'],
      on: {
        endTransfer: (event) => {
          event.sendEndResponse = false;
          held.push(event);
        },
        readyToSend: async ({ connection }) => {
          const file = held.pop();
          if (file === undefined) return;
          await connection.sendEndResponse({
            virtualFileName: file.virtualFileName,
            virtualFileDate: file.virtualFileDate,
            destination: file.originator,
            originator: file.destination,
            creator: HUB.code,
            ...(response === 'NERP' ? { reasonCode: 50, reasonText: 'stopped' } : {}),
          });
        },
      },
    });
    const { peer } = await host.session();
    await transfer(peer, sample(10));
    peer.send(cd());
    const { fields } = await peer.expect(response, { date: '20240229', time: '1234560001' });
    assert.is(fields['dest'], PARTNER.code.padEnd(25));
    assert.is(fields['orig'], HUB.code.padEnd(25));
    if (response === 'NERP') assert.equal([fields['reas'], fields['text']], ['50', 'stopped']);
    peer.send(rtr());
    await peer.expect('CD');
  });
}

test('C-247 a held back response is not sent by itself', async () => {
  const host = await TestServer.start({
    on: {
      endTransfer: (event) => {
        event.sendEndResponse = false;
      },
    },
  });
  const { peer } = await host.session();
  await transfer(peer, sample(10));
  peer.send(cd());
  await peer.expectEsid(0);
});

test('an endResponse handler that throws leaves the EERP unanswered: no RTR, ESID 99', async () => {
  const host = await TestServer.start({ on: { endResponse: () => Promise.reject(new Error('store down')) } });
  const { peer } = await host.session();
  peer.send(eerp(5));
  await peer.expectEsid(99);
});

test('C-247 a file that ended with EFNA gets no response', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  await refusedAtTheEnd(peer);
  peer.send(cd());
  await peer.expectEsid(0);
});

async function refusedAtTheEnd(peer: RawPeer): Promise<void> {
  await open(peer);
  peer.send(data('x', { endOfRecord: true }), efid(5, { ucnt: 2 }));
  await peer.expect('EFNA');
}

test.run();

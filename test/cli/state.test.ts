/** What outlives the process: `statePath` of the server, `--state` of the clients. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanUp } from '../support/cleanup.js';
import { folderWith } from '../support/folder.js';
import { HUB, PARTNER } from '../support/parties.js';
import { type RawPeer, RawResponder } from '../support/peer.js';
import type { Received } from '../support/received.js';
import { receiveUpToEfid, sample, transfer } from '../support/scenario.js';
import { cd, cdt, data, eerp, efpa, esid, rtr, sfid, sfpa, ssid, ssrm } from '../support/wire.js';
import { configText, oftp, Serving, startOftp, stderrOf, writeSettled } from './oftp.js';

test.after.each(cleanUp);

const DURABLE = configText().replace('statePath: null', 'statePath: state');

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  test(`after ${signal} and a restart the end response follows, and a file sent again is known`, async () => {
    const folder = folderWith({ 'oftp.yaml': DURABLE });
    const args = ['--config', join(folder, 'oftp.yaml')];
    const first = await Serving.start(args);
    const before = await first.session();
    await transfer(before.peer, sample(5000));
    before.peer.send(cd());
    await before.peer.expect('EERP');
    first.child.signal(signal);
    await before.peer.expectEsidOrClose(5);
    await first.child.finished;
    const second = await Serving.start(args);
    const { peer } = await second.session();
    peer.send(sfid(5));
    await peer.expect('SFNA', { reas: '13', rrtr: 'N' });
    peer.send(cd());
    await peer.expect('EERP', { dsn: 'TESTFILE'.padEnd(26) });
    peer.send(rtr());
    await peer.expect('CD');
  });
}

test('a file of the outbox whose EFPA was lost and whose EERP comes is put away, not sent again', async () => {
  const text = DURABLE.replace('outbox: outbox', 'outbox: outbox\n    sent: done');
  const folder = folderWith({ 'oftp.yaml': text });
  mkdirSync(join(folder, 'outbox'));
  writeSettled(join(folder, 'outbox', 'order.edi'), 'x');
  const args = ['--config', join(folder, 'oftp.yaml')];
  const first = await Serving.start(args);
  const before = await first.session();
  before.peer.send(cd());
  const { fields } = (await receiveUpToEfid(before.peer)).sfid;
  before.peer.reset();
  await first.logged(/order\.edi stays in the outbox/);
  const { peer: answering } = await first.session();
  const { date = '', time = '' } = fields;
  answering.send(eerp(5, { dsn: 'ORDER.EDI', date, time }));
  await answering.expect('RTR');
  first.child.signal('SIGKILL');
  await first.child.finished;
  const second = await Serving.start(args);
  const { peer } = await second.session();
  peer.send(cd());
  await peer.expect('ESID', { reas: '00' });
  await second.logged(/session closed, 0 received, 1 sent/);
  assert.equal(readdirSync(join(folder, 'outbox')), ['failed']);
  assert.equal(readdirSync(join(folder, 'done')), ['order.edi']);
});

test('a transfer that SIGTERM has cut goes on where it stopped', async () => {
  const folder = folderWith({ 'oftp.yaml': DURABLE });
  const args = ['--config', join(folder, 'oftp.yaml')];
  const first = await Serving.start(args);
  const before = await first.session({ rest: 'Y' });
  before.peer.send(sfid(5, { fsiz: 10 }));
  await before.peer.expect('SFPA');
  for (let at = 0; at < 4096; at += 1024) before.peer.send(data(sample(4096).subarray(at, at + 1024)));
  await first.logged(/receiving TESTFILE/);
  first.child.signal('SIGTERM');
  await before.peer.expectEsid(5);
  assert.is((await first.child.finished).code, 0);
  const second = await Serving.start(args);
  const { peer } = await second.session({ rest: 'Y' });
  peer.send(sfid(5, { fsiz: 10, rest: 9 }));
  const { fields } = await peer.expect('SFPA');
  assert.is(Number(fields['acnt']), 4);
});

test('a second server on the same state does not start, and says who has it', async () => {
  const folder = folderWith({ 'oftp.yaml': DURABLE });
  const first = await Serving.start(['--config', join(folder, 'oftp.yaml')]);
  assert.ok(first.port > 0);
  const result = await oftp(['serve', '--config', 'oftp.yaml', '--port', '0'], { cwd: folder });
  assert.is(result.code, 1);
  assert.match(stderrOf(result), /^oftp: the state in \S+ is in use by process \d+, since /);
});

test('oftp send --state: the next command goes on with the file where the first one was cut', async () => {
  const folder = folderWith({});
  const octets = sample(300_000);
  writeFileSync(join(folder, 'big.edi'), octets);
  const responder = await RawResponder.listen();
  const own = ['--to', `127.0.0.1:${responder.port}`, '--from', PARTNER.code, '--state', 'state'];
  const begin = async () => {
    const child = startOftp(['send', 'big.edi', ...own], { cwd: folder });
    const peer = await responder.accept();
    peer.send(ssrm());
    await peer.expect('SSID');
    peer.send(ssid({ code: HUB.code, rest: 'Y' }));
    return { child, peer };
  };
  const first = await begin();
  const { fields: offer } = await first.peer.expect('SFID', { rest: '0'.padStart(17, '0') });
  first.peer.send(sfpa(5));
  for (let count = 0; count < 99; count += 1) await first.peer.expect('DATA');
  first.peer.reset();
  assert.is((await first.child.finished).code, 1);
  const second = await begin();
  const { fields } = await second.peer.expect('SFID', { dsn: String(offer['dsn']), time: String(offer['time']) });
  assert.ok(Number(fields['rest']) > 0);
  second.peer.send(sfpa(5, 100));
  const { fields: end } = await receiveRest(second.peer);
  assert.is(Number(end['ucnt']), octets.length);
  second.peer.send(efpa());
  await second.peer.expect('CD');
  second.peer.send(esid(5, 0));
  await second.peer.expectClose();
  assert.is((await second.child.finished).code, 0);
});

/** DATA up to EFID. */
async function receiveRest(peer: RawPeer): Promise<Received> {
  for (let count = 1; ; count += 1) {
    const next = await peer.expectOneOf('DATA', 'EFID');
    if (next.name === 'EFID') return next;
    if (count % 99 === 0) peer.send(cdt());
  }
}

test('oftp receive --state: an end response that was cut off goes out with the next command', async () => {
  const folder = folderWith({});
  const responder = await RawResponder.listen();
  const address = `127.0.0.1:${responder.port}`;
  const own = ['--from', address, '--into', 'in', '--ssid', PARTNER.code, '--state', 'state'];
  const begin = async () => {
    const child = startOftp(['receive', ...own], { cwd: folder });
    const peer = await responder.accept();
    peer.send(ssrm());
    await peer.expect('SSID');
    peer.send(ssid({ code: HUB.code }));
    return { child, peer };
  };
  const first = await begin();
  await first.peer.expect('CD');
  await transfer(first.peer, Buffer.from('x'), { dest: PARTNER.code, orig: HUB.code });
  first.peer.reset();
  assert.is((await first.child.finished).code, 1);
  const second = await begin();
  await second.peer.expect('EERP', { dsn: 'TESTFILE'.padEnd(26) });
  second.peer.send(rtr());
  await second.peer.expect('CD');
  second.peer.send(esid(5, 0));
  await second.peer.expectClose();
  const { code, stdout } = await second.child.finished;
  assert.is(code, 0);
  assert.match(stdout, /TESTFILE: end response sent\n/);
});

test.run();

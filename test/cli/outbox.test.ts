/** Files that wait for a partner: what goes out, in which order, and what becomes of them. */
import { appendFileSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanUp } from '../support/cleanup.js';
import type { RawPeer } from '../support/peer.js';
import { receive, receiveUpToEfid } from '../support/scenario.js';
import { cd, efna, efpa, esid, sfna, sfpa } from '../support/wire.js';
import { AS_PARTNER, configText, Hub, oftp, PARTNER_ENV, takeAll, writeSettled } from './oftp.js';

test.after.each(cleanUp);

/** Ends the session in good order. */
async function leave(peer: RawPeer): Promise<void> {
  peer.send(esid(5, 0));
  await peer.expectClose();
}

test('files go out by their age, then by name, each removed when it is acknowledged', async () => {
  const hub = await Hub.start(configText(), { 'outbox/z.edi': '1', 'outbox/b.edi': '2', 'outbox/a.edi': '3' });
  const past = 1_700_000_000;
  for (const name of ['a.edi', 'b.edi']) utimesSync(hub.path(`outbox/${name}`), past, past + 1);
  utimesSync(hub.path('outbox/z.edi'), past, past);
  const { peer } = await hub.serving.session();
  assert.equal(await takeAll(peer), ['Z.EDI', 'A.EDI', 'B.EDI']);
  await leave(peer);
  await hub.serving.logged(/session closed, 0 received, 3 sent/);
  assert.equal(hub.names('outbox'), ['failed']);
});

test('oftp receive takes them all, octet for octet, and confirms each; they are moved to sent', async () => {
  const hub = await Hub.start(configText('sent: done'), { 'outbox/one.edi': 'first', 'outbox/two.edi': 'second' });
  const args = ['receive', '--from', hub.serving.address, '--into', 'new', '--name-format', '%VirtualFileName%'];
  const { code, output } = await oftp([...args, ...AS_PARTNER], { cwd: hub.folder, env: PARTNER_ENV });
  assert.is(code, 0, output);
  assert.equal(hub.names('new'), ['ONE.EDI', 'TWO.EDI']);
  assert.is(readFileSync(hub.path('new/ONE.EDI'), 'utf8'), 'first');
  assert.is(readFileSync(hub.path('new/TWO.EDI'), 'utf8'), 'second');
  assert.equal(hub.names('done'), ['one.edi', 'two.edi']);
  await hub.serving.logged(/end response received: TWO\.EDI was delivered \(EERP\)/);
});

test('hidden files, unfinished ones and folders are left alone', async () => {
  const left = ['.hidden', 'a.tmp', 'b.PART'];
  const files = Object.fromEntries(['ok.edi', ...left].map((name) => [`outbox/${name}`, 'x']));
  const hub = await Hub.start(configText(), { ...files, 'outbox/folder/in.edi': 'x' });
  const { peer } = await hub.serving.session();
  assert.equal(await takeAll(peer), ['OK.EDI']);
  await leave(peer);
  await hub.serving.logged(/session closed/);
  assert.equal(hub.names('outbox'), ['.hidden', 'a.tmp', 'b.PART', 'failed', 'folder']);
});

test('a file name that is no virtual file name is mapped, and goes along as description', async () => {
  const hub = await Hub.start(configText(), { 'outbox/Bestellung_März.edi': 'x' });
  const { peer } = await hub.serving.session();
  peer.send(cd());
  const { sfid } = await receive(peer);
  assert.is(sfid.fields['dsn'], 'BESTELLUNG-MARZ.EDI'.padEnd(26));
  assert.is(sfid.fields['desc'], 'Bestellung_März.edi');
});

test('a file that is still being written is not sent, neither whole nor half; the next turn takes it', async () => {
  const hub = await Hub.start();
  const path = hub.path('outbox/growing.edi');
  writeFileSync(path, 'start');
  const writer = setInterval(() => appendFileSync(path, '.'), 50);
  const { peer } = await hub.serving.session();
  const names = await takeAll(peer).finally(() => clearInterval(writer));
  assert.equal(names, []);
  const { length } = readFileSync(path);
  const { peer: next } = await hub.serving.session();
  next.send(cd());
  const { efid } = await receive(next);
  assert.is(Number(efid.fields['ucnt']), length);
});

test('a file that has just been put there is sent in the same turn when it stays as it is', async () => {
  const hub = await Hub.start();
  writeFileSync(hub.path('outbox/new.edi'), 'complete');
  const { peer } = await hub.serving.session();
  assert.equal(await takeAll(peer), ['NEW.EDI']);
});

test('refused for good (SFNA, retry N): moved to failed/ beside a note, and the next file follows', async () => {
  const hub = await Hub.start(configText(), { 'outbox/bad.edi': 'refused', 'outbox/good.edi': 'taken' });
  const { peer } = await hub.serving.session();
  peer.send(cd());
  await peer.expect('SFID', { dsn: 'BAD.EDI'.padEnd(26) });
  peer.send(sfna(5, 2, 'N', 'no such station'));
  const { sfid } = await receive(peer);
  assert.is(sfid.fields['dsn'], 'GOOD.EDI'.padEnd(26));
  await peer.expect('CD');
  await hub.serving.logged(/bad\.edi is now /);
  assert.equal(hub.names('outbox'), ['failed']);
  assert.equal(hub.names('outbox/failed'), ['bad.edi', 'bad.edi.reason.txt']);
  assert.is(readFileSync(hub.path('outbox/failed/bad.edi'), 'utf8'), 'refused');
  const note = readFileSync(hub.path('outbox/failed/bad.edi.reason.txt'), 'utf8');
  assert.match(note, /^File: bad\.edi\nVirtual file name: BAD\.EDI\nPartner: O0013PARTNER\nRefused: \S+Z\n/);
  assert.match(note, /\nReason: 2 no such station\n/);
  assert.match(note, `move it back to ${hub.path('outbox')}`);
});

test('failed: names another folder for them', async () => {
  const hub = await Hub.start(configText('failed: refused'), { 'outbox/bad.edi': 'x' });
  const { peer } = await hub.serving.session();
  peer.send(cd());
  await peer.expect('SFID');
  peer.send(sfna(5, 1, 'N'));
  await peer.expect('CD');
  await hub.serving.logged(/bad\.edi is now /);
  assert.equal(hub.names('refused'), ['bad.edi', 'bad.edi.reason.txt']);
});

for (const [answer, reply] of [
  ['SFNA, retry Y', (peer: RawPeer) => peer.send(sfna(5, 12, 'Y'))],
  [
    'EFNA',
    async (peer: RawPeer) => {
      peer.send(sfpa(5));
      await peer.expect('DATA');
      await peer.expect('EFID');
      peer.send(efna(5, 11));
    },
  ],
] as const) {
  test(`refused for now (${answer}): it stays, and is offered again in the next session only`, async () => {
    const hub = await Hub.start(configText(), { 'outbox/later.edi': 'x' });
    const { peer } = await hub.serving.session();
    peer.send(cd());
    await peer.expect('SFID');
    await reply(peer);
    await peer.expect('CD');
    await leave(peer);
    await hub.serving.logged(/later\.edi stays in the outbox: .*may be sent again later/);
    assert.equal(hub.names('outbox'), ['failed', 'later.edi']);
    const { peer: next } = await hub.serving.session();
    assert.equal(await takeAll(next), ['LATER.EDI']);
  });
}

test('a connection that is lost in the middle leaves the file, and those behind it, for the next session', async () => {
  const hub = await Hub.start(configText(), { 'outbox/1.edi': 'x', 'outbox/2.edi': 'y' });
  const { peer } = await hub.serving.session();
  peer.send(cd());
  await receiveUpToEfid(peer);
  peer.reset();
  await hub.serving.logged(/session closed, 0 received, 0 sent/);
  const { peer: next } = await hub.serving.session();
  assert.equal(await takeAll(next), ['1.EDI', '2.EDI']);
  assert.match(hub.serving.child.output, /1\.edi stays in the outbox/);
  assert.not.match(hub.serving.child.output, /2\.edi stays/);
});

test('two sessions of the partner at the same time do not get the same file', async () => {
  const hub = await Hub.start(configText(), { 'outbox/1.edi': 'x', 'outbox/2.edi': 'y' });
  const { peer: first } = await hub.serving.session();
  const { peer: second } = await hub.serving.session();
  first.send(cd());
  await first.expect('SFID', { dsn: '1.EDI'.padEnd(26) });
  assert.equal(await takeAll(second), ['2.EDI']);
  first.send(sfpa(5));
  await first.expect('DATA');
  await first.expect('EFID');
  first.send(efpa());
  await first.expect('CD');
});

test('a partner that only sends (SSIDSR S) gets nothing', async () => {
  const hub = await Hub.start(configText(), { 'outbox/1.edi': 'x' });
  const { peer } = await hub.serving.session({ sr: 'S' });
  assert.equal(await takeAll(peer), []);
});

test('a file that was acknowledged but cannot be put away is not sent twice', async () => {
  const hub = await Hub.start(configText('sent: done'), { 'outbox/1.edi': 'x' });
  rmSync(hub.path('done'), { recursive: true });
  writeFileSync(hub.path('done'), 'a file');
  const { peer } = await hub.serving.session();
  assert.equal(await takeAll(peer), ['1.EDI']);
  await leave(peer);
  const { level } = await hub.serving.logged(/1\.edi was sent but cannot be moved: .* or it is sent twice/);
  assert.is(level, 'error');
  const { peer: next } = await hub.serving.session();
  assert.equal(await takeAll(next), []);
  writeSettled(hub.path('outbox/1.edi'), 'another content');
  const { peer: last } = await hub.serving.session();
  assert.equal(await takeAll(last), ['1.EDI']);
});

test('an outbox that is gone is an error in the log, and the session goes on', async () => {
  const hub = await Hub.start();
  rmSync(hub.path('outbox'), { recursive: true });
  const { peer } = await hub.serving.session();
  assert.equal(await takeAll(peer), []);
  await hub.serving.logged(/readyToSend failed: ENOENT/);
  mkdirSync(hub.path('outbox'));
  writeSettled(hub.path('outbox/back.edi'), 'x');
  const { peer: next } = await hub.serving.session();
  assert.equal(await takeAll(next), ['BACK.EDI']);
});

test.run();

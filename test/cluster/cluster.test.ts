/** One port, one state, several processes. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runChild } from '../support/child.js';
import { cleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import { RawPeer } from '../support/peer.js';
import { PROJECT_ROOT } from '../support/project.js';
import { open, receive, sample, transfer } from '../support/scenario.js';
import { clientIdentity, keyPem, pem, tlsClient, tlsPeer } from '../support/tls.js';
import { cd, data, dataBuffers, efid, rtr, sfid, ssid } from '../support/wire.js';
import { Station } from './support.js';

test.after.each(cleanUp);

/** Hands over the turn and confirms what comes, until there is nothing more; the names of the answered files. */
async function answered(peer: RawPeer): Promise<string[]> {
  const names: string[] = [];
  peer.send(cd());
  for (;;) {
    const command = await peer.expectOneOf('EERP', 'CD', 'ESID');
    if (command.name !== 'EERP') return names;
    names.push(String(command.fields['dsn']).trim());
    peer.send(rtr());
  }
}

test('two workers: clients of one port come to both, and both have the settings of the primary', async () => {
  const statePath = temporaryFolder();
  const station = await Station.start({ shared: { statePath, maxConnections: 7 } });
  const [one, other] = await station.apart();
  assert.is.not(one.pid, other.pid);
  const told = station.output.match(/^port .*$/gm) ?? [];
  assert.is(told.length, 2);
  assert.is(told[0], told[1], 'the same port');
  assert.match(told[0] ?? '', `max 7 state ${statePath}`);
});

const OVER_TLS = {
  own: `${keyPem('server-rsa')}${pem('server-rsa')}${pem('issuing')}`,
  trusted: pem('root'),
  partner: pem('client'),
};

test('over TLS: the certificate of a partner is wanted on every worker, its ticket resumes where it is from', async () => {
  const station = await Station.start({ tls: OVER_TLS });
  const seen = new Set<string>();
  let last: { readonly pid: number; readonly ticket: Buffer } | undefined;
  for (let tries = 0; tries < 20 && seen.size < 2; tries += 1) {
    const session = last === undefined ? {} : { session: last.ticket };
    const socket = await tlsClient(station.port, { ...clientIdentity('client'), ...session });
    const { pid } = await station.placed(new RawPeer(socket));
    if (last !== undefined) {
      // On another worker it costs a whole handshake, and is as good.
      assert.is(socket.isSessionReused(), last.pid === pid);
      seen.add(last.pid === pid ? 'the same' : 'another');
    }
    // Every other time, so that both are seen where workers take turns.
    if (last === undefined || tries % 2 === 0) last = { pid, ticket: socket.getSession() as Buffer };
    socket.destroy();
  }
  assert.equal([...seen].sort(), ['another', 'the same']);
  for (let count = 0; count < 2; count += 1) {
    const peer = await tlsPeer(station.port, clientIdentity('client-ecdsa'));
    await peer.expect('SSRM');
    peer.send(ssid());
    await peer.expectEsid(99);
  }
});

test('MaxConnections=12 over two workers: a 13th client gets ESID 08 on whichever it comes to', async () => {
  const station = await Station.start({ shared: { maxConnections: 12 } });
  const { peer } = await station.session();
  for (let count = 1; count < 12; count += 1) await station.session();
  // A tenth of them, rounded up, are still told so.
  for (let count = 0; count < 2; count += 1) {
    const beyond = await RawPeer.connect(station.port);
    await beyond.expect('SSRM');
    beyond.send(ssid());
    await beyond.expect('ESID', { reas: '08' });
  }
  const turnedAway = await RawPeer.connect(station.port);
  assert.is(await turnedAway.next(), undefined, 'without a word');
  peer.reset();
  // The place is free as soon as the worker has seen the end of the connection.
  for (;;) {
    const next = await RawPeer.connect(station.port);
    if ((await next.next()) === undefined) continue;
    next.send(ssid());
    if ((await next.expectOneOf('SSID', 'ESID')).name === 'SSID') break;
    next.reset();
  }
});

test('a worker that is killed: its places of MaxConnections are free again', async () => {
  const station = await Station.start({ shared: { maxConnections: 2 } });
  const [one, other] = await station.apart();
  await station.kill(one.pid);
  await station.joined(3);
  await station.session();
  assert.not.ok(await other.peer.somethingWithin(0), 'the other connection stays');
});

test('a file that another worker is receiving is refused with retry (SFNA), and not written twice', async () => {
  const station = await Station.start();
  const [one, other] = await station.apart();
  const octets = sample(5000);
  await open(one.peer, { dsn: 'ORDERS' });
  other.peer.send(sfid(5, { dsn: 'ORDERS' }));
  await other.peer.expect('SFNA', { rrtr: 'Y' });
  one.peer.send(...dataBuffers(octets), efid(5, { ucnt: octets.length }));
  await one.peer.expect('EFPA');
  assert.ok(station.content('ORDERS').equals(octets));
});

test('a file that another worker has acknowledged is a duplicate (SFNA 13), and its name is answered once', async () => {
  const station = await Station.start();
  const [one, other] = await station.apart();
  await transfer(one.peer, sample(3000), { dsn: 'ORDERS' });
  other.peer.send(sfid(5, { dsn: 'ORDERS' }));
  await other.peer.expect('SFNA', { reas: '13', rrtr: 'N' });
  const names = [...(await answered(other.peer)), ...(await answered(one.peer))];
  assert.equal(names, ['ORDERS']);
});

test('30 end responses, taken by sessions on two workers at a time: each goes out once', async () => {
  const station = await Station.start();
  const [one, other] = await station.apart();
  const wanted: string[] = [];
  for (let count = 0; count < 30; count += 1) {
    wanted.push(`ORDERS${count}`);
    await transfer(one.peer, sample(10), { dsn: `ORDERS${count}` });
  }
  const names = (await Promise.all([answered(one.peer), answered(other.peer)])).flat();
  assert.equal(names.sort(), wanted.sort());
});

test('SIGKILL in the middle of a file: other connections go on, and the file is sent again to another worker', async () => {
  const station = await Station.start({ shared: { statePath: temporaryFolder() } });
  const [one, other] = await station.apart();
  const octets = sample(100_000);
  await open(one.peer, { dsn: 'ORDERS' });
  one.peer.send(data(octets.subarray(0, 2000)));
  await station.kill(one.pid);
  assert.is(await one.peer.next(), undefined, 'its connection is gone');
  await transfer(other.peer, octets, { dsn: 'ORDERS' });
  assert.ok(station.content('ORDERS').equals(octets));
  assert.equal(readdirSync(station.inbox), ['ORDERS']);
  await station.joined(3);
  assert.is.not((await station.elsewhere(other.pid)).pid, one.pid, 'a new worker has taken its place');
});

test('SIGKILL between EFPA and EERP: the next session on another worker answers the file', async () => {
  const station = await Station.start({ shared: { statePath: temporaryFolder() } });
  const one = await station.session();
  await transfer(one.peer, sample(3000), { dsn: 'HOLD' });
  await station.seen(new RegExp(`ended ${one.pid} received HOLD`));
  const other = await station.elsewhere(one.pid);
  assert.equal(await answered(other.peer), [], 'a session on another worker leaves it to the one that has it');
  await station.kill(one.pid);
  const next = await station.session();
  assert.equal(await answered(next.peer), ['HOLD']);
});

test('the same file for two sessions on two workers: it is sent by one of them', async () => {
  const outbox = temporaryFolder();
  writeFileSync(join(outbox, 'PRICES'), sample(500));
  const station = await Station.start({ outbox });
  const [one, other] = await station.apart();
  one.peer.send(cd());
  const offer = await one.peer.expect('SFID', { dsn: 'PRICES'.padEnd(26) });
  other.peer.send(cd());
  await other.peer.expect('ESID', { reas: '00' });
  await station.seen(/kept PRICES .*another session/);
  assert.is(offer.name, 'SFID');
});

test('new virtual files of one name from two workers: no two have the same stamp', async () => {
  const outbox = temporaryFolder();
  for (const name of ['A', 'B', 'C', 'D', 'E']) writeFileSync(join(outbox, name), sample(10));
  const station = await Station.start({ outbox });
  const stamps: string[] = [];
  const take = async (peer: RawPeer): Promise<void> => {
    peer.send(cd());
    for (let count = 0; count < 5; count += 1) {
      const { sfid: offer } = await receive(peer);
      stamps.push(`${offer.fields['date']}${offer.fields['time']}`);
    }
    await peer.expect('CD');
  };
  const [one, other] = await station.apart();
  await take(one.peer);
  await take(other.peer);
  assert.is(new Set(stamps).size, 10, stamps.join(' '));
});

test('a state that the primary has closed: a file is refused for now, nothing hangs', async () => {
  const station = await Station.start();
  const { peer } = await station.session();
  await transfer(peer, sample(10), { dsn: 'PRICES' });
  station.signal('SIGUSR2');
  await station.seen(/closed/);
  peer.send(sfid(5, { dsn: 'ORDERS' }));
  await peer.expect('SFNA', { rrtr: 'Y' });
});

test('the primary is killed: its workers end, and the next cluster knows what was acknowledged', async () => {
  const statePath = temporaryFolder();
  const before = await Station.start({ shared: { statePath } });
  const { peer } = await before.session();
  await transfer(peer, sample(3000), { dsn: 'ORDERS' });
  before.signal('SIGKILL');
  await before.finished;
  assert.is(await peer.next(), undefined, 'the worker is gone');
  const after = await Station.start({ shared: { statePath } });
  const next = await after.session();
  next.peer.send(sfid(5, { dsn: 'ORDERS' }));
  await next.peer.expect('SFNA', { reas: '13' });
});

test("shareState in a worker is refused (10022): the state is the primary's", async () => {
  const index = pathToFileURL(join(PROJECT_ROOT, 'dist', 'src', 'index.js'));
  const program = `
    const { shareState } = await import('${index}');
    const outcome = await shareState({ statePath: null }).then(() => 'shared', ({ code }) => String(code));
    console.log(outcome);
    process.exit();`;
  // What Node.js knows a worker of a cluster by.
  const { stdout, output } = await runChild(process.execPath, ['--input-type=module', '-e', program], {
    limitMs: 30_000,
    env: { ...process.env, NODE_UNIQUE_ID: '1' },
  });
  assert.is(stdout.trim(), '10022', output);
});

test('a worker whose statePath is not that of the primary does not start', async () => {
  const station = Station.started({ workers: 1, server: { statePath: '/elsewhere' } });
  await station.seen(/failed statePath is \/elsewhere here and null in shareState of the primary: set it only there/);
  await station.seen(/exit/);
});

test.run();

/** Secured files across the end of the process, a lost worker and a whole client and server. */
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OFTPClient } from '../../src/index.js';
import { TASK_MODULES, type TaskName } from '../../src/pool/tasks.js';
import { SqlStore } from '../../src/store/sql-store.js';
import { text } from '../security/support.js';
import { known, own } from '../support/certificates.js';
import { until } from '../support/channels.js';
import { cleanUp, onCleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import { outcomeOf, within } from '../support/outcome.js';
import { HUB, PARTNER } from '../support/parties.js';
import { contentOf } from '../support/received.js';
import { receive, transfer } from '../support/scenario.js';
import { aliceSends, decryptBy, expectBob, made } from '../support/secured.js';
import { type TestEvent, TestServer, type TestServerOptions } from '../support/server.js';
import { cd, esid, rtr } from '../support/wire.js';

test.after.each(cleanUp);

const CONTENT = text(30_000);
const SIGNED = { sec: 2, ciph: 4, env: 1, sign: 'Y' } as const;

/** A hub that has its partner's certificate, or loses it as soon as it has taken a file. */
async function hub(statePath: string | null, loses = false, on: TestServerOptions['on'] = {}): Promise<TestServer> {
  const acceptFile = ({ connection }: TestEvent): void => {
    if (loses) setImmediate(() => Object.assign(connection, { recipientCertificate: null }));
  };
  const host = await TestServer.start({
    settings: { statePath },
    on: { acceptConnection: expectBob, acceptFile, ...on },
  });
  host.server.certificate = own('alice');
  return host;
}

/** Replaces the module of a task for one test. */
function replaceTask(name: TaskName, module: string): () => void {
  const modules = TASK_MODULES as Record<TaskName, string>;
  const before = modules[name];
  modules[name] = new URL(module, import.meta.url).href;
  const restore = (): void => {
    modules[name] = before;
  };
  onCleanUp(restore);
  return restore;
}

test('an acknowledged file is finished by the next life of the server, and answered with a signature', async () => {
  const statePath = temporaryFolder();
  const before = await hub(statePath, true);
  const { peer } = await before.session();
  await transfer(peer, await made(CONTENT, { signer: 'bob' }), SIGNED);
  assert.is((await before.events.next('error')).errorCode, 689);
  peer.reset();
  await before.server.shutdown();
  assert.equal(before.delivered(), []);

  const after = await hub(statePath);
  const { peer: next } = await after.session();
  next.send(cd());
  const { octets } = await next.expect('EERP');
  assert.is(octets.readUInt16BE(106), 32, 'EERPHSHL');
  assert.ok(octets.length > 140, 'signed');
  assert.equal(before.content('TESTFILE'), CONTENT);
  assert.equal(readdirSync(before.inbox), ['TESTFILE']);
  const [ended] = after.events.named('endTransfer');
  assert.is((ended as unknown as { replayed: boolean }).replayed, true);
});

/** State with a plain file that was acknowledged, whose `endTransfer` has not run, and that is not there any more. */
async function stateWithPlainFile(security: { readonly ciph: number; readonly sign: boolean }): Promise<string> {
  const statePath = temporaryFolder();
  const store = await SqlStore.open(statePath);
  const attributes = { fmt: 'U', lrecl: 0, sec: 0, comp: 0, env: 0, fsiz: 1, osiz: 1, ...security };
  await store.acknowledge({
    partner: PARTNER.code,
    name: 'ORDERS',
    date: '20240229',
    time: '1234560001',
    destination: HUB.code,
    originator: PARTNER.code,
    localFile: '/somewhere/ORDERS',
    size: 100,
    level: 5,
    userData: 'USER',
    description: '',
    attributes: JSON.stringify({ ...attributes, relayed: false, overwrite: false, enveloped: false }),
  });
  await store.close();
  return statePath;
}

test('a plain file whose endTransfer has not run is told of in the next life of the server, and answered', async () => {
  const host = await hub(await stateWithPlainFile({ ciph: 0, sign: false }));
  const { peer } = await host.session();
  peer.send(cd());
  await peer.expect('EERP', { dsn: 'ORDERS'.padEnd(26), date: '20240229', time: '1234560001', user: 'USER    ' });
  const ended = (await host.events.next('endTransfer')) as TestEvent & { replayed: boolean };
  assert.equal([ended.localFile, ended.fileSize, ended.replayed], ['/somewhere/ORDERS', 100, true]);
});

test('a plain file that is gone before its hash is known: an end response without it, and error 684', async () => {
  const host = await hub(await stateWithPlainFile({ ciph: 4, sign: true }));
  const { peer } = await host.session();
  peer.send(cd());
  const { octets } = await peer.expect('EERP');
  assert.equal([...octets.subarray(106)], [0, 0, 0, 0], 'neither EERPHSH nor EERPSIG');
  assert.is((await host.events.next('error')).errorCode, 684);
});

test('a worker that ends under a file: the file is tried again, then answered by NERP 34', async () => {
  const host = await hub(null);
  replaceTask('unwrapFile', '../pool/crashing-task.js');
  const { peer } = await host.session();
  await transfer(peer, await made(CONTENT, { signer: 'bob' }), { ...SIGNED, sign: 'N' });
  peer.send(cd());
  await peer.expect('NERP', { reas: '34' });
  peer.send(rtr());
  await peer.expect('CD');
  assert.equal(readdirSync(host.inbox), []);
  assert.is(host.events.named('error')[0]?.errorCode, 684);
});

test('a worker that ends under an outgoing file: sendFile rejects, and the session goes on', async () => {
  const sending = await aliceSends({ compress: true }, { names: ['ONE'] });
  replaceTask('protectFile', '../pool/crashing-task.js');
  const { peer } = await sending.host.session();
  peer.send(cd());
  await peer.expectEsid(0);
  assert.is((await sending.outcomes())[0]?.error?.code, 684);
});

test('a prepared file survives the server: the next life sends the same octets', async () => {
  const statePath = temporaryFolder();
  const first = await aliceSends({ security: 'encrypted' }, { octets: CONTENT, settings: { statePath } });
  const path = first.host.outgoing('SAME', CONTENT);
  first.host.server.removeAllListeners('readyToSend');
  first.host.server.on('readyToSend', ({ connection }) =>
    connection.sendFile({ path, virtualFileName: 'SAME', security: 'encrypted' }).then(
      () => {},
      () => {},
    ),
  );
  const { peer } = await first.host.session();
  peer.send(cd());
  const taken = await receive(peer, { answer: esid(5, 99) });
  await peer.expectClose();
  await first.host.server.shutdown();

  const second = await aliceSends({}, { names: [], settings: { statePath } });
  second.host.server.on('readyToSend', async ({ connection }) => {
    await connection.sendFile({ path, virtualFileName: 'SAME', security: 'encrypted' });
  });
  const { peer: again } = await second.host.session();
  again.send(cd());
  const repeated = await receive(again);
  assert.equal(contentOf(repeated.data), contentOf(taken.data));
  assert.is(repeated.sfid.fields['time'], taken.sfid.fields['time']);
  assert.equal(decryptBy('bob', contentOf(repeated.data)), CONTENT);
});

test('a prepared file whose record has been given up goes when a session opens', async () => {
  const statePath = temporaryFolder();
  mkdirSync(join(statePath, 'outgoing'));
  const path = join(statePath, 'outgoing', '.oftp-00000000-0000-4000-8000-000000000000.cms');
  writeFileSync(path, 'envelope');
  utimesSync(path, 0, 0);
  const host = await hub(statePath);
  await host.session();
  await until(() => !existsSync(path), 'the removal of the old file');
});

test('client and server: signed, compressed, encrypted, with a signed receipt, both ways', async () => {
  const inbox = temporaryFolder();
  const host = await hub(null, false, {
    readyToSend: async ({ connection }) => {
      if (host.events.named('readyToSend').length > 1) return;
      const path = host.outgoing('ANSWER', CONTENT);
      await connection.sendFile({
        path,
        virtualFileName: 'ANSWER',
        security: 'encryptedAndSigned',
        compress: true,
        signedReceipt: true,
      });
    },
  });
  const client = new OFTPClient({
    host: '127.0.0.1',
    port: host.server.localPort,
    clientSsidCode: PARTNER.code,
    clientPassword: PARTNER.password,
    statePath: null,
    secureAuthentication: 'required',
    certificate: own('bob'),
    recipientCertificate: known('alice'),
  });
  const problems: string[] = [];
  const verified: (boolean | null)[] = [];
  client.on('error', ({ description }) => void problems.push(description));
  client.on('endResponse', (event) => void (event.direction === 'received' && verified.push(event.verified)));
  onCleanUp(() => within(client.shutdown()));
  await client.connect();
  const services = { security: 'encryptedAndSigned', compress: true, signedReceipt: true } as const;
  const sent = await outcomeOf(
    client.sendFile({ path: host.outgoing('ASK', CONTENT), virtualFileName: 'ASK', ...services }),
  );
  assert.is(sent.error, undefined);
  const received = await within(client.receiveFiles({ downloadDirectory: inbox }));
  await client.logoff();
  assert.equal(host.content('ASK'), CONTENT);
  assert.equal(
    received.map(({ virtualFileName, fileSize }) => [virtualFileName, fileSize]),
    [['ANSWER', CONTENT.length]],
  );
  assert.equal(verified, [true]);
  assert.equal(problems, []);
  assert.equal(host.events.named('error'), []);
});

test.run();

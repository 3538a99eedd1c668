/** Signed end responses of a server whose process ended between an acknowledgement and its record of `endTransfer`. */
import { createHash } from 'node:crypto';
import { cpSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { own } from '../support/certificates.js';
import { cleanUp, onCleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import { gate } from '../support/gate.js';
import type { Received } from '../support/received.js';
import { sample, transfer } from '../support/scenario.js';
import { expectBob, made } from '../support/secured.js';
import { type Handlers, type TestEvent, TestServer } from '../support/server.js';
import { cd, rtr, type SfidFields } from '../support/wire.js';

test.after.each(cleanUp);

const CONTENT = sample(20_000);

/** A hub that is alice, with bob as partner. */
async function hub(statePath: string, on: Handlers): Promise<TestServer> {
  const host = await TestServer.start({ settings: { statePath }, on: { acceptConnection: expectBob, ...on } });
  host.server.certificate = own('alice');
  return host;
}

/**
 * Sends a file to a hub whose handler of `endTransfer` never comes to an end, and takes the end response of another hub
 * that finds the state as a crash in that moment leaves it.
 */
async function answerAfterCrash(octets: Buffer, fields: SfidFields, on: Handlers): Promise<Received> {
  const statePath = temporaryFolder();
  const crashed = gate();
  const endTransfer = async (event: TestEvent): Promise<void> => {
    await on.endTransfer?.(event);
    await crashed.opened;
  };
  const before = await hub(statePath, { ...on, endTransfer });
  onCleanUp(() => crashed.open());
  const { peer } = await before.session();
  await transfer(peer, octets, { sign: 'Y', ciph: 4, ...fields });
  await before.events.next('endTransfer');
  const copy = temporaryFolder();
  cpSync(statePath, copy, { recursive: true });
  peer.reset();

  const { peer: next } = await (await hub(copy, {})).session();
  next.send(cd());
  const answer = await next.expect('EERP');
  next.send(rtr());
  await next.expect('CD');
  return answer;
}

/** EERPHSHL, EERPHSH and EERPSIGL (RFC 5024 §5.3.13). */
function assertSigned({ octets }: Received, transmitted: Buffer): void {
  const hash = createHash('sha256').update(transmitted).digest();
  assert.is(octets.readUInt16BE(106), hash.length);
  assert.ok(octets.subarray(108, 108 + hash.length).equals(hash));
  assert.ok(octets.readUInt16BE(108 + hash.length) > 0, 'signed');
}

test('C-227 a plain file that the handler of endTransfer has moved away: its hash is still known', async () => {
  const elsewhere = temporaryFolder();
  const answer = await answerAfterCrash(
    CONTENT,
    {},
    { endTransfer: ({ localFile }) => renameSync(localFile, join(elsewhere, 'MOVED')) },
  );
  assertSigned(answer, CONTENT);
});

test('C-227 a secured file that went to a stream: its hash is still known', async () => {
  const octets = await made(CONTENT, { signer: 'bob' });
  const acceptFile = (event: TestEvent): void => {
    event.stream = new Writable({ write: (_piece, _encoding, done) => done() });
  };
  assertSigned(await answerAfterCrash(octets, { sec: 2, env: 1 }, { acceptFile }), octets);
});

test.run();

/** Secured files that the application takes as streams: what becomes of the streams, and of the end responses. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { text } from '../security/support.js';
import { own } from '../support/certificates.js';
import { cleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import { within } from '../support/outcome.js';
import { open } from '../support/scenario.js';
import { expectBob, made } from '../support/secured.js';
import { TestServer } from '../support/server.js';
import { dataBuffers, efid, sfid } from '../support/wire.js';

test.after.each(cleanUp);

const CONTENT = text(50_000);
const SIGNED = { sec: 2, ciph: 4, env: 1 } as const;

interface StreamHub {
  readonly host: TestServer;
  readonly tempPath: string;
  /** Settles when the stream has been closed, by whatever way, with what it has got. */
  readonly closed: Promise<Buffer>;
}

/** A hub that is alice and takes every file by one stream. */
async function streamHub(tempPath = temporaryFolder()): Promise<StreamHub> {
  const pieces: Buffer[] = [];
  const stream = new Writable({
    write(piece: Buffer, _encoding, done) {
      pieces.push(Buffer.from(piece));
      done();
    },
  });
  const closed = new Promise<Buffer>((resolve) => stream.on('close', () => resolve(Buffer.concat(pieces))));
  const host = await TestServer.start({
    settings: { tempPath },
    on: {
      acceptConnection: expectBob,
      acceptFile: (event) => {
        event.stream = stream;
      },
    },
  });
  host.server.certificate = own('alice');
  return { host, tempPath, closed };
}

test('a lost connection closes the stream, and nothing is kept of a file that cannot be resumed', async () => {
  const { host, tempPath, closed } = await streamHub();
  const octets = await made(CONTENT, { signer: 'bob' });
  const { peer } = await host.session({ rest: 'Y' });
  await open(peer, SIGNED);
  peer.send(...dataBuffers(octets.subarray(0, 20_000)));
  peer.end();
  assert.is((await within(closed)).length, 0);
  assert.is((await host.events.next('endTransfer')).reasonCode, 99);
  assert.equal(readdirSync(tempPath), []);
});

test('EFNA closes the stream', async () => {
  const { host, tempPath, closed } = await streamHub();
  const octets = await made(CONTENT, { signer: 'carol' });
  const { peer } = await host.session();
  await open(peer, SIGNED);
  peer.send(...dataBuffers(octets), efid(5, { ucnt: octets.length }));
  await peer.expect('EFNA', { reas: '21' });
  assert.is((await within(closed)).length, 0);
  assert.equal(readdirSync(tempPath), []);
});

test('a folder for temporary files that cannot be used: SFNA 12, and the stream is closed', async () => {
  const blocked = join(temporaryFolder(), 'no-folder');
  writeFileSync(blocked, '');
  const { host, closed } = await streamHub(blocked);
  const { peer } = await host.session();
  peer.send(sfid(5, SIGNED));
  await peer.expect('SFNA', { reas: '12', rrtr: 'Y' });
  assert.is((await within(closed)).length, 0);
});

test.run();

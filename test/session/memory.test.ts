/** Many files at a time in the smallest memory there is: three slabs. They take turns, and none waits for ever. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanUp } from '../support/cleanup.js';
import type { RawPeer } from '../support/peer.js';
import { contentOf, type Received } from '../support/received.js';
import { lines, prefixed, recordsIn } from '../support/records.js';
import { open, receive, sample, transfer } from '../support/scenario.js';
import { TestServer, type TestServerOptions } from '../support/server.js';
import { cd, cdt, data, efid, efpa, type SfidFields, type SsidFields, sfpa } from '../support/wire.js';

test.after.each(cleanUp);

const CONNECTIONS = 40;

async function sessions({
  session = { sdeb: 99_999 },
  settings,
  ...options
}: TestServerOptions & { session?: SsidFields }): Promise<{ host: TestServer; peers: RawPeer[] }> {
  const host = await TestServer.start({
    ...options,
    settings: { transferMemory: 1, exchangeBufferSize: 99_999, ...settings },
  });
  const peers: RawPeer[] = [];
  while (peers.length < CONNECTIONS) peers.push((await host.session(session)).peer);
  return { host, peers };
}

for (const [what, file, rcnt] of [
  ['octets', { fmt: 'U' }, 0],
  ['records', { fmt: 'V', lrecl: 80 }, 1],
] as const) {
  const fields = (at: number): SfidFields => ({ ...file, dsn: `FILE${at}` });

  test(`${CONNECTIONS} files of ${what} that have all begun are all received`, async () => {
    const { host, peers } = await sessions({});
    for (const [at, peer] of peers.entries()) {
      await open(peer, fields(at));
      peer.send(data('be'));
    }
    for (const peer of peers) peer.send(data('gun', { endOfRecord: true }), efid(5, { rcnt, ucnt: 5 }));
    for (const [at, peer] of peers.entries()) {
      await peer.expect('EFPA');
      assert.is(host.content(`FILE${at}`).toString(), rcnt === 0 ? 'begun' : 'begun\r\n');
    }
  });
}

const RECORDS = Array.from({ length: 100 }, (_, at) => 'r'.repeat(7_000 - at));
const FIXED = Array.from({ length: 100 }, () => sample(7_000));
const V = { format: 'variable', maxRecordSize: 7_000 } as const;
const F = { format: 'fixed', maxRecordSize: 7_000 } as const;

/** Local files of about 700,000 octets, and what of them the received DATA must be. */
const SENT = [
  { what: 'octets', file: {}, recordDelimiter: 'crlf', content: sample(700_000), decode: contentOf },
  {
    what: 'lines',
    file: V,
    recordDelimiter: 'crlf',
    content: lines(RECORDS),
    decode: (data: readonly Received[]) => lines(recordsIn(data)),
  },
  {
    what: 'records behind their lengths',
    file: V,
    recordDelimiter: 'length',
    content: prefixed(RECORDS),
    decode: (data: readonly Received[]) => prefixed(recordsIn(data)),
  },
  {
    what: 'records back to back',
    file: F,
    recordDelimiter: 'none',
    content: Buffer.concat(FIXED),
    decode: (data: readonly Received[]) => Buffer.concat(recordsIn(data)),
  },
] as const;

for (const { what, file, recordDelimiter, content, decode } of SENT) {
  test(`${CONNECTIONS} files of ${what} are sent at the same time`, async () => {
    const { host, peers } = await sessions({
      settings: { recordDelimiter },
      on: {
        readyToSend: async ({ connection }) => {
          await connection.sendFile({ path, virtualFileName: `FILE${connection.id}`, ...file });
        },
      },
    });
    const path = host.outgoing('FILE', content);
    for (const peer of peers) peer.send(cd());
    const files = await Promise.all(peers.map((peer) => receive(peer)));
    for (const { data: buffers } of files) assert.ok(decode(buffers).equals(content));
  });
}

/** Takes a file exchange buffer by exchange buffer: the window is one. */
async function receiveSlowly(peer: RawPeer): Promise<Received[]> {
  const buffers: Received[] = [];
  for (;;) {
    peer.send(cdt());
    const received = await peer.expectOneOf('DATA', 'EFID');
    if (received.name === 'EFID') break;
    buffers.push(received);
  }
  peer.send(efpa());
  return buffers;
}

for (const { what, file, recordDelimiter, content, decode } of SENT) {
  test(`a file is received while ${CONNECTIONS} files of ${what} wait for credit, which go on later`, async () => {
    const { host, peers } = await sessions({
      session: { cred: 1, sdeb: 4096 },
      settings: { recordDelimiter },
      on: {
        readyToSend: async ({ connection }) => {
          await connection.sendFile({ path, virtualFileName: `FILE${connection.id}`, ...file });
        },
      },
    });
    const path = host.outgoing('FILE', content);
    const first: Received[] = [];
    for (const peer of peers) {
      peer.send(cd());
      await peer.expect('SFID');
      peer.send(sfpa(5));
      first.push(await peer.expect('DATA'));
    }
    const { peer: receiver } = await host.session();
    await transfer(receiver, sample(1000));
    const files = await Promise.all(peers.map(receiveSlowly));
    for (const [at, buffers] of files.entries()) assert.ok(decode([first[at]!, ...buffers]).equals(content));
  });
}

test.run();

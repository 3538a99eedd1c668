/** Records between a client and a server, and at every place where a stream of them can be cut. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OFTPClient, type SendFileOptions } from '../../src/index.js';
import { cleanUp, onCleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import { within } from '../support/outcome.js';
import { PARTNER } from '../support/parties.js';
import { dataOf, lines, prefixed, recordBuffers, sendBuffers, subrecordsFor, unitCount } from '../support/records.js';
import { open, sample } from '../support/scenario.js';
import { TestServer } from '../support/server.js';
import { efid, rawData } from '../support/wire.js';

test.after.each(cleanUp);

type ClientOptions = ConstructorParameters<typeof OFTPClient>[0];
type RecordDelimiter = NonNullable<ClientOptions['recordDelimiter']>;

async function clientOf(host: TestServer, options: Partial<ClientOptions> = {}): Promise<OFTPClient> {
  const client = new OFTPClient({
    host: '127.0.0.1',
    port: host.server.localPort,
    clientSsidCode: PARTNER.code,
    clientPassword: PARTNER.password,
    statePath: null,
    ...options,
  });
  onCleanUp(() => within(client.shutdown()));
  await client.connect();
  return client;
}

/** A record list with a local file of it. */
interface Sample {
  readonly file: Pick<SendFileOptions, 'format' | 'maxRecordSize'>;
  readonly records: readonly Uint8Array[];
}

const octet = fc.oneof(fc.nat(255), fc.constantFrom(0x20, 0x0d, 0x0a));
const content = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const variable: fc.Arbitrary<Sample> = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: fc.array(octet, { maxLength: 300 }).map((octets) => Uint8Array.from(octets)) },
      { weight: 1, arbitrary: fc.constant(new Uint8Array(0)) },
      { weight: 1, arbitrary: fc.nat(99_999).map((length) => Buffer.alloc(length, 'long      ')) },
    ),
    { maxLength: 40 },
  )
  .map((records) => ({
    records,
    file: { format: 'variable', maxRecordSize: Math.max(1, ...records.map(({ length }) => length)) },
  }));
const fixed: fc.Arbitrary<Sample> = fc
  .integer({ min: 1, max: 700 })
  .chain((maxRecordSize) =>
    fc
      .array(content(maxRecordSize), { maxLength: 40 })
      .map((records) => ({ records, file: { format: 'fixed', maxRecordSize } })),
  );

/** The local file of records; undefined where the delimiter cannot express them. */
function localFile(records: readonly Uint8Array[], delimiter: RecordDelimiter): Buffer | undefined {
  if (delimiter === 'none') return Buffer.concat(records);
  if (delimiter === 'length') return records.some(({ length }) => length > 65_535) ? undefined : prefixed(records);
  return records.some((record) => Buffer.from(record).includes('\r\n')) ? undefined : lines(records);
}

const delimiter = fc.constantFrom<RecordDelimiter>('crlf', 'length', 'none');
const network = fc.record({
  exchangeBufferSize: fc.oneof(fc.integer({ min: 128, max: 2048 }), fc.constant(99_999)),
  creditCount: fc.integer({ min: 1, max: 50 }),
  bufferCompression: fc.boolean(),
});

test('any records arrive as they were sent, by all delimiters, buffer sizes, credits, with compression', async () => {
  const runs = fc.tuple(fc.oneof(variable, fixed), delimiter, delimiter, network);
  await fc.assert(
    fc.asyncProperty(runs, async ([{ records, file }, from, to, settings]) => {
      const local = localFile(records, from);
      const expected = localFile(records, to);
      const asV = file.format === 'variable';
      fc.pre(local !== undefined && expected !== undefined && !(asV && (from === 'none' || to === 'none')));
      fc.pre(to !== 'length' || (file.maxRecordSize ?? 0) <= 65_535);
      const host = await TestServer.start({ settings: { ...settings, bufferCompression: true, recordDelimiter: to } });
      const client = await clientOf(host, { ...settings, recordDelimiter: from });
      const path = join(temporaryFolder(), 'FILE');
      writeFileSync(path, local as Buffer);
      const sent = await within(client.sendFile({ path, virtualFileName: 'FILE', ...file }));
      assert.is(sent.fileSize, unitCount(records));
      assert.ok(host.content('FILE').equals(expected as Buffer), 'the delivered file differs');
      assert.equal(host.delivered(), ['FILE']);
      await cleanUp();
    }),
    { numRuns: 60 },
  );
});

test('a client receives records as it sends them', async () => {
  const records = ['from', '', 'the server', Buffer.alloc(70_000, 'long ')];
  const host: TestServer = await TestServer.start({
    on: {
      readyToSend: async ({ connection }) => {
        await connection.sendFile({ path, virtualFileName: 'FILE', format: 'variable', maxRecordSize: 70_000 });
      },
    },
  });
  const path = host.outgoing('FILE', lines(records));
  const downloadDirectory = temporaryFolder();
  const client = await clientOf(host, { downloadDirectory });
  await within(client.receiveFiles({ downloadDirectory }));
  assert.ok(readFileSync(join(downloadDirectory, 'FILE')).equals(lines(records)));
});

/** Records whose subrecords meet every border: full ones, one octet, none, three subrecords. */
const BORDERS = ['A', '', 'x'.repeat(63), 'y'.repeat(64), '', '', 'z'.repeat(130), 'B'];
const V = { fmt: 'V', lrecl: 130 };

test('C-161 C-170 records may be split between two buffers at every octet', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  const starts = BORDERS.map((_, at) => unitCount(BORDERS.slice(0, at)));
  let names = 0;
  for (const [at, record] of BORDERS.entries()) {
    for (let cut = 0; cut <= record.length; cut += 1) {
      const head = BORDERS.slice(0, at).flatMap((earlier) => subrecordsFor(earlier));
      const tail = BORDERS.slice(at + 1).flatMap((later) => subrecordsFor(later));
      const [left, right] = [record.slice(0, cut), record.slice(cut)];
      const first = [...head, ...subrecordsFor(left, { ends: false })];
      const second = [...subrecordsFor(right), ...tail];
      names += 1;
      await open(peer, { ...V, dsn: `CUT${names}` });
      peer.send(...dataOf(first), ...dataOf(second), efid(5, { rcnt: BORDERS.length, ucnt: unitCount(BORDERS) }));
      await peer.expect('EFPA');
      assert.ok(host.content(`CUT${names}`).equals(lines(BORDERS)), `cut at ${(starts[at] ?? 0) + cut}`);
    }
  }
});

test('records may come one octet a segment', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  await open(peer, V);
  await peer.sendOctetwise(Buffer.concat(recordBuffers(BORDERS, 128)));
  peer.send(efid(5, { rcnt: BORDERS.length, ucnt: unitCount(BORDERS) }));
  await peer.expect('EFPA');
  assert.ok(host.content('TESTFILE').equals(lines(BORDERS)));
});

test('the stream of records may come in two segments, cut at every octet', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  const stream = Buffer.concat(recordBuffers(BORDERS, 128));
  for (let cut = 1; cut < stream.length; cut += 1) {
    await open(peer, { ...V, dsn: `CUT${cut}` });
    peer.send(stream.subarray(0, cut));
    await new Promise(setImmediate);
    peer.send(stream.subarray(cut), efid(5, { rcnt: BORDERS.length, ucnt: unitCount(BORDERS) }));
    await peer.expect('EFPA');
    assert.ok(host.content(`CUT${cut}`).equals(lines(BORDERS)), `cut at ${cut}`);
  }
});

for (const [what, length, count] of [
  ['one octet', 1, 300_000],
  ['no octet', 0, 300_000],
  ['99999 octets', 99_999, 7],
  ['65,530 octets, whose marks meet the end of a slab', 65_530, 9],
] as const) {
  test(`${count} records of ${what} are more than one slab holds`, async () => {
    const record = sample(length).map((value) => value | 0x20);
    const settings = { exchangeBufferSize: 99_999, creditCount: 999 };
    const host = await TestServer.start({ settings });
    const { peer } = await host.session({ sdeb: 99_999, cred: 999 });
    await open(peer, { fmt: 'V', lrecl: Math.max(1, length) });
    const subrecords = subrecordsFor(record);
    const buffer =
      length > 1
        ? dataOf(subrecords, 99_999)
        : [rawData(Buffer.concat(Array.from({ length: 10_000 }, () => subrecords).flat()))];
    const repeats = length > 1 ? count : count / 10_000;
    await sendBuffers(peer, Array.from({ length: repeats }, () => buffer).flat(), 999);
    peer.send(efid(5, { rcnt: count, ucnt: count * length }));
    await peer.expect('EFPA');
    const line = lines([record]);
    assert.ok(host.content('TESTFILE').equals(Buffer.alloc(count * line.length, line)));
  });
}

test.run();

/** Files of format F and V that are sent: RFC 5024 §1.5.3, §1.5.4, §5.3.3, §5.3.8, §7. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { SendFileOptions } from '../../src/index.js';
import { cleanUp } from '../support/cleanup.js';
import type { Outcome } from '../support/outcome.js';
import type { RawPeer } from '../support/peer.js';
import { subrecordsOf } from '../support/received.js';
import { lines, octetsOf, prefixed, type RecordList, recordsIn } from '../support/records.js';
import { receive, receiveUpToEfid, sample } from '../support/scenario.js';
import { serverThatSends } from '../support/sending.js';
import { TestServer, type TestServerOptions } from '../support/server.js';
import { cd, cdt, efna, type Level, type SsidFields, sfpa } from '../support/wire.js';

test.after.each(cleanUp);

const V = { format: 'variable', maxRecordSize: 80 } as const;
const F = { format: 'fixed', maxRecordSize: 4 } as const;

/** What the server sends of a local file. */
async function sent(
  content: Uint8Array | string,
  file: Partial<SendFileOptions>,
  { session = {}, ...options }: TestServerOptions & { session?: SsidFields } = {},
) {
  const { host } = await serverThatSends({ ...options, octets: Buffer.from(content as string), file });
  const { peer } = await host.session(session);
  peer.send(cd());
  const { sfid, data, efid } = await receive(peer, { window: session.cred === undefined ? 99 : Number(session.cred) });
  await peer.expect('CD');
  return { offer: sfid.fields, data, counts: [Number(efid.fields['rcnt']), Number(efid.fields['ucnt'])] };
}

/** How `sendFile` fails for a file that cannot be sent so; the peer gets no SFID, and with nothing sent ESID 00. */
async function refused(
  content: Uint8Array | string,
  file: Partial<SendFileOptions>,
  options: TestServerOptions = {},
): Promise<NonNullable<Outcome<unknown>['error']>> {
  const { host, outcomes } = await serverThatSends({ ...options, octets: Buffer.from(content as string), file });
  const { peer } = await host.session();
  peer.send(cd());
  await peer.expectEsid(0);
  const [outcome] = await outcomes();
  if (outcome?.error === undefined) throw new Error('the file was sent');
  return outcome.error;
}

function assertRecords(found: readonly Buffer[], expected: RecordList): void {
  assert.is(found.length, expected.length);
  for (const [at, record] of expected.entries()) assert.ok(found[at]?.equals(octetsOf(record)), `record ${at + 1}`);
}

for (const level of [1, 2, 4, 5] as Level[]) {
  test(`B-113 C-191 level ${level}: the lines AB, nothing and CDE are sent as three V records`, async () => {
    const { offer, data, counts } = await sent('AB\r\n\r\nCDE\r\n', V, { session: { level } });
    assert.equal([offer['fmt'], offer['lrecl'], Number(offer['fsiz'])], ['V', '00080', 1]);
    assert.equal(
      data.map(({ octets }) => octets.toString('hex')),
      ['44824142808343444 5'.replaceAll(' ', '')],
    );
    assert.equal(counts, [3, 5]);
  });
}

test('B-112 lines of exactly maxRecordSize octets are sent as F records; the last one needs no CR LF', async () => {
  const { offer, data, counts } = await sent('ABCD\r\nEFGH', F);
  assert.equal([offer['fmt'], offer['lrecl']], ['F', '00004']);
  assert.equal(
    data.map(({ octets }) => octets.toString('hex')),
    ['4484414243448445464748'],
  );
  assert.equal(counts, [2, 8]);
});

for (const file of [V, F]) {
  test(`an empty file of format ${file.format} has no record: no DATA, both counts zero`, async () => {
    const { data, offer, counts } = await sent('', file);
    assert.equal([data.length, Number(offer['fsiz']), counts], [0, 0, [0, 0]]);
  });
}

for (const [what, content, file, message] of [
  ['B-112 a line that is shorter', 'ABCD\r\nEFG\r\n', F, /line 2 has the length 3 instead of 4/],
  ['B-112 a last line that is shorter', 'ABCD\r\nEFGH\r\nE', F, /line 3 has the length 1 instead of 4/],
  ['B-112 an empty line', 'ABCD\r\n\r\nABCD\r\n', F, /line 2 has the length 0 instead of 4/],
  ['B-112 a line that is longer', 'ABCD\r\nEFGHI\r\n', F, /line 2 is longer than 4 octets/],
  ['B-113 a line that is longer', `a\r\n${'b'.repeat(80)}\r\n${'c'.repeat(81)}`, V, /line 3 is longer than 80 octets/],
] as const) {
  test(`${what} than maxRecordSize allows (${file.format}) is error 679, and nothing is offered`, async () => {
    const error = await refused(content, file);
    assert.is(error.code, 679);
    assert.match(error.message, message);
  });
}

test('RecordDelimiter length: records behind their lengths, whatever they contain', async () => {
  const records = ['\r\n', '', sample(70)];
  const { data, counts } = await sent(prefixed(records), V, { config: ['RecordDelimiter=1'] });
  assertRecords(recordsIn(data), records);
  assert.equal(counts, [3, 72]);
});

test('RecordDelimiter none: every maxRecordSize octets are a record', async () => {
  const { data, counts } = await sent('AB\r\n\r\nCD', F, { settings: { recordDelimiter: 'none' } });
  assertRecords(recordsIn(data), ['AB\r\n', '\r\nCD']);
  assert.equal(counts, [2, 8]);
});

for (const [recordDelimiter, content, file] of [
  ['length', prefixed(['ab']).subarray(0, 3), V],
  ['length', Buffer.from([0, 1, 0x61, 0]), V],
  ['none', Buffer.from('ABCDEF'), F],
] as const) {
  test(`RecordDelimiter ${recordDelimiter}: a file that ends in the middle of a record is error 679`, async () => {
    const error = await refused(content, file, { settings: { recordDelimiter } });
    assert.is(error.code, 679);
    assert.match(error.message, /ends in the middle of record [12]/);
  });
}

for (const [what, file, message] of [
  ['B-082 maxRecordSize with text', { format: 'text', maxRecordSize: 80 }, /maxRecordSize is 80: it must be 0/],
  ['B-082 maxRecordSize without a format', { maxRecordSize: 80 }, /maxRecordSize is 80: it must be 0/],
  ['B-083 fixed with 0', { format: 'fixed', maxRecordSize: 0 }, /maxRecordSize is 0: .* 1 to 99999/],
  ['B-083 variable without maxRecordSize', { format: 'variable' }, /maxRecordSize is 0: .* 1 to 99999/],
  [
    'R-13 a maxRecordSize of six digits',
    { ...V, maxRecordSize: 100_000 },
    /maxRecordSize cannot be 100000\. .* 0 to 99999/,
  ],
  [
    'a maxRecordSize that is no whole number',
    { ...V, maxRecordSize: 1.5 },
    /maxRecordSize cannot be 1\.5\. .* 0 to 99999/,
  ],
  ['an unknown format', { format: 'F' as 'fixed' }, /one of 'unstructured', 'text', 'fixed', 'variable'/],
] as const) {
  test(`${what} is an error of sendFile`, async () => {
    const error = await refused('ABCD\r\n', file);
    assert.is(error.code, 10022);
    assert.match(error.message, message);
  });
}

test('variable records back to back cannot be told apart: an error of sendFile', async () => {
  const error = await refused('ABCD', V, { settings: { recordDelimiter: 'none' } });
  assert.is(error.code, 10022);
  assert.match(error.message, /RecordDelimiter is none/);
});

test('connection.outgoing holds format and record size for the files that say nothing themselves', async () => {
  const { data, offer } = await sent(
    'ABCD\r\n',
    {},
    {
      on: { acceptConnection: ({ connection }) => void Object.assign(connection.outgoing, F) },
    },
  );
  assert.equal([offer['fmt'], offer['lrecl']], ['F', '00004']);
  assertRecords(recordsIn(data), ['ABCD']);
});

for (const [octets, blocks] of [
  [1024, 1],
  [1025, 2],
] as const) {
  test(`B-113 SFIDFSIZ of ${octets} octets in records is ${blocks}, delimiters left aside`, async () => {
    const records = Array.from({ length: octets }, () => 'x');
    const { offer, data, counts } = await sent(lines(records), { ...V, maxRecordSize: 1 });
    assert.equal([Number(offer['fsiz']), Number(offer['osiz'])], [blocks, blocks]);
    assertRecords(recordsIn(data), records);
    assert.equal(counts, [octets, octets]);
  });
}

for (const [cmpr, compressing] of [
  ['N', 'as they are'],
  ['Y', 'with compression'],
] as const) {
  test(`C-170 C-155 records of 99999 octets ${compressing}: whole subrecords, a flag each`, async () => {
    const records = [Buffer.alloc(99_999, 'text with many      blanks'), 'b', Buffer.alloc(99_999, ' ')];
    const options = { settings: { bufferCompression: true }, session: { cmpr, sdeb: 128, cred: 7 } };
    const { data, offer, counts } = await sent(lines(records), { ...V, maxRecordSize: 99_999 }, options);
    assert.is(offer['lrecl'], '99999');
    assertRecords(recordsIn(data), records);
    assert.equal(counts, [3, 199_999]);
    assert.is(
      data.flatMap(subrecordsOf).some(({ compressed }) => compressed),
      cmpr === 'Y',
    );
  });
}

const RECORDS = Array.from({ length: 40 }, (_, at) => `record ${at + 1}`.padEnd(60, '.'));

/** A server that sends the same file in every turn. */
async function persistentServer(file: Partial<SendFileOptions> = {}): Promise<TestServer> {
  const host: TestServer = await TestServer.start({
    on: {
      readyToSend: async ({ connection }) => {
        await connection.sendFile({ path, virtualFileName: 'OUT', ...V, ...file }).catch(() => {});
      },
    },
  });
  const path = host.outgoing('OUT', lines(RECORDS));
  return host;
}

async function turn(host: TestServer, fields: SsidFields): Promise<RawPeer> {
  const { peer } = await host.session({ rest: 'Y', ...fields });
  peer.send(cd());
  return peer;
}

test('C-145 C-140 a broken file is offered by records, and goes on with the record after the answer', async () => {
  const host = await persistentServer();
  // Buffers of 128 octets hold two records of 61 octets each: the third one is under way when the credit is used up.
  const first = await turn(host, { sdeb: 128, cred: 2 });
  const { fields } = await first.expect('SFID', { rest: '0'.repeat(17) });
  first.send(sfpa(5));
  await first.expect('DATA');
  await first.expect('DATA');
  first.reset();
  await host.events.next('endTransfer');
  // Four whole records were with the network then, and all of them in each later attempt.
  for (const [offered, answer] of [
    [4, 2],
    [40, 0],
    [40, 39],
    [40, 40],
  ] as const) {
    const peer = await turn(host, {});
    const { sfid, data, efid } = await receiveUpToEfid(peer, { position: answer });
    assert.is(Number(sfid.fields['rest']), offered);
    assert.equal([sfid.fields['date'], sfid.fields['time']], [fields['date'], fields['time']], 'the same virtual file');
    assertRecords(recordsIn(data), RECORDS.slice(answer));
    assert.equal([Number(efid.fields['rcnt']), Number(efid.fields['ucnt'])], [40, 2400], 'counts of the whole file');
    peer.reset();
    await host.events.next('endTransfer');
  }
});

test('C-145 a restart position given to sendFile is offered in records, but never more than there are', async () => {
  for (const [restart, offered] of [
    [7, 7],
    [41, 40],
  ] as const) {
    const peer = await turn(await persistentServer({ restart }), {});
    const { sfid, data } = await receiveUpToEfid(peer, { position: 7 });
    assert.is(Number(sfid.fields['rest']), offered);
    assertRecords(recordsIn(data), RECORDS.slice(7));
  }
});

test('another format or record size of the same path is another virtual file', async () => {
  const stamps = new Set<string>();
  const files = [
    V,
    { ...V, maxRecordSize: 81 },
    { format: 'fixed', maxRecordSize: 60 },
    { format: 'text' },
    V,
  ] as const;
  const queue = [...files];
  const host: TestServer = await TestServer.start({
    on: {
      readyToSend: async ({ connection }) => {
        await connection.sendFile({ path, virtualFileName: 'OUT', ...queue.shift() }).catch(() => {});
      },
    },
  });
  const path = host.outgoing('OUT', lines(RECORDS));
  for (const _ of files) {
    const peer = await turn(host, {});
    const { fields } = await peer.expect('SFID');
    stamps.add(`${fields['date']}${fields['time']}`);
    peer.reset();
    await host.events.next('endTransfer');
  }
  assert.is(stamps.size, files.length - 1, 'only the last one is the first one again');
});

test('a file that changes while its records are sent is given up by counts that nobody can believe', async () => {
  const { host, outcomes } = await serverThatSends({ octets: lines(RECORDS), file: V });
  const { peer } = await host.session({ cred: 1, sdeb: 128 });
  peer.send(cd());
  await peer.expect('SFID');
  peer.send(sfpa(5));
  await peer.expect('DATA');
  host.outgoing('OUT', lines([...RECORDS, 'one more']));
  peer.send(cdt());
  let received = await peer.expectOneOf('DATA', 'EFID');
  while (received.name === 'DATA') {
    peer.send(cdt());
    received = await peer.expectOneOf('DATA', 'EFID');
  }
  assert.equal([Number(received.fields['rcnt']), Number(received.fields['ucnt'])], [0, 2401]);
  peer.send(efna(5, 11));
  await peer.expect('CD');
  const [{ error } = {}] = await outcomes();
  assert.is(error?.code, 679);
});

test.run();

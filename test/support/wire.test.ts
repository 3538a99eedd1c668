/** The tools of the conformance tests, against figures of RFC 5024 §5.3 and RFC 2204 §5.3. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanUp } from './cleanup.js';
import { RawPeer, RawResponder } from './peer.js';
import { contentOf, read, subrecordsOf } from './received.js';
import {
  cd,
  data,
  dataBuffers,
  eerp,
  efid,
  efna,
  efpa,
  esid,
  type Level,
  nerp,
  patched,
  resized,
  rtr,
  sfid,
  sfna,
  sfpa,
  ssid,
  ssrm,
  stb,
} from './wire.js';

test.after.each(cleanUp);

const LEVELS: readonly Level[] = [1, 2, 4, 5];

/** The octets behind the stream header of every command, at levels below 5 and at 5, without variable parts. */
const LENGTHS: readonly [name: string, build: (level: Level) => Buffer, below5: number, at5: number][] = [
  ['SSRM', () => ssrm(), 19, 19],
  ['SSID', (level) => ssid({ level }), 61, 61],
  ['SFID', (level) => sfid(level), 128, 165],
  ['SFPA', (level) => sfpa(level), 10, 18],
  ['SFNA', (level) => sfna(level, 1), 4, 7],
  ['EFID', (level) => efid(level, { ucnt: 1 }), 22, 35],
  ['EFPA', () => efpa(), 2, 2],
  ['EFNA', (level) => efna(level, 1), 3, 6],
  ['ESID', (level) => esid(level, 1), 4, 7],
  ['EERP', (level) => eerp(level), 106, 110],
  ['CD', () => cd(), 1, 1],
  ['RTR', () => rtr(), 1, 1],
];

for (const [name, build, below5, at5] of LENGTHS) {
  test(`${name} is built with the length of the RFC and read again at every level`, () => {
    for (const level of LEVELS) {
      const buffer = build(level);
      assert.is(buffer.length - 4, level < 5 ? below5 : at5);
      assert.is(buffer.readUInt32BE(), 0x10000000 + buffer.length);
      assert.is(read(level, buffer.subarray(4)).name, name);
    }
  });
}

test('NERP has 128 octets at level 4 and 135 at level 5', () => {
  assert.is(nerp(4).length - 4, 128);
  assert.is(nerp(5).length - 4, 135);
  assert.is(read(5, nerp(5, { text: 'é', hash: new Uint8Array(20) }).subarray(4)).fields['text'], 'é');
});

for (const [what, buffer] of [
  ['a wrong length', resized(sfpa(5), 1)],
  ['a letter in a number', patched(sfpa(5), 3, 'A')],
  ['a filled reserved octet', patched(eerp(5), 28, 'A')],
  ['a text that is not left justified', patched(sfid(5), 1, ' ')],
  ['an unknown value', efpa('X')],
  ['an unknown command', stb('Z')],
] as const) {
  test(`reading fails on ${what}`, () => {
    assert.throws(() => read(5, buffer.subarray(4)));
  });
}

for (const length of [0, 1, 63, 64, 2000]) {
  test(`DATA buffers of ${length} octets: the content, one end of record, none above the size`, () => {
    const octets = Buffer.from(Uint8Array.from({ length }, (_, at) => at & 0xff));
    for (const size of [128, 129, 130, 2048]) {
      const buffers = dataBuffers(octets, size).map((buffer) => read(5, buffer.subarray(4)));
      assert.equal(contentOf(buffers), octets);
      assert.ok(buffers.every((buffer) => buffer.octets.length <= size));
      const ends = buffers.flatMap(subrecordsOf).map(({ endOfRecord }) => endOfRecord);
      assert.equal(ends.indexOf(true), ends.length - 1);
    }
  });
}

async function pair(): Promise<[initiator: RawPeer, responder: RawPeer]> {
  const responder = await RawResponder.listen();
  return [await RawPeer.connect(responder.port), await responder.accept()];
}

test('a peer reads buffers that come octet by octet, several at a time, and the end', async () => {
  const [initiator, responder] = await pair();
  await initiator.sendOctetwise(ssid());
  await responder.expect('SSID', { lev: '5' });
  initiator.send(sfid(5), data('x'), cd());
  for (const name of ['SFID', 'DATA', 'CD'] as const) await responder.expect(name);
  initiator.send(esid(5, 2));
  initiator.end();
  assert.is(await responder.expectEsid(1, 2), 2);
});

test('a peer tells a reset from silence', async () => {
  const [initiator, responder] = await pair();
  await responder.expectSilence(20);
  initiator.reset();
  assert.is(await responder.expectClose(), 'RST');
});

for (const [what, expectation] of [
  ['another command', (peer: RawPeer) => peer.expect('SFPA')],
  ['another field', (peer: RawPeer) => peer.expect('SFNA', { reas: '02' })],
  ['an ESID', (peer: RawPeer) => peer.expectEsid(2)],
  ['silence', (peer: RawPeer) => peer.expectSilence()],
  ['the end', (peer: RawPeer) => peer.expectClose()],
] as const) {
  test(`a peer that expects ${what} fails and says what came`, async () => {
    const [initiator, responder] = await pair();
    initiator.send(sfna(5, 1));
    const failure = await expectation(responder).then(
      () => undefined,
      (error: Error) => error,
    );
    assert.match(failure?.message ?? '', /SFNA reas=01 rrtr=N.* \[33 30 31 4e/);
  });
}

for (const [what, octets] of [
  ['version 2', '2000000552'],
  ['a flag', '1100000552'],
  ['a length of 4', '10000004'],
  ['a length of 100004', '100186a452'],
] as const) {
  test(`a peer fails on a stream header with ${what}`, async () => {
    const [initiator, responder] = await pair();
    initiator.send(Buffer.from(octets, 'hex'));
    const failure = await responder.next().catch((error: Error) => error.message);
    assert.match(String(failure), /not a Stream Transmission Header/);
  });
}

test.run();

/**
 * Each call to the file system fails once while a server sends: sendFile tells so by error 679, the peer keeps nothing
 * of the broken attempt because its EFID cannot be believed, and in the same turn the file is sent after all.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { SendFileOptions } from '../../src/index.js';
import { cleanUp } from '../support/cleanup.js';
import { type Outcome, outcomeOf } from '../support/outcome.js';
import { HUB, PARTNER } from '../support/parties.js';
import type { RawPeer } from '../support/peer.js';
import { contentOf, type Received } from '../support/received.js';
import { lines, recordsIn, unitCount } from '../support/records.js';
import { sample } from '../support/scenario.js';
import type { TestServer } from '../support/server.js';
import { cd, cdt, eerp, efna, efpa, sfpa } from '../support/wire.js';
import { atEachCall, FailingDisk, REASONS } from './failing-disk.js';

test.after.each(cleanUp);

const WINDOW = 99;
const CONTENT = sample(700_000);
const RECORDS = Array.from({ length: 300 }, (_, at) => `record ${at}`);

interface Situation {
  readonly file: Partial<SendFileOptions>;
  readonly local: Uint8Array;
  /** Whether these DATA and this EFID are the whole file. */
  whole(data: readonly Received[], efid: Received): boolean;
}

const SITUATIONS: Readonly<Record<string, Situation>> = {
  'an unstructured file': {
    file: {},
    local: CONTENT,
    whole: (data, efid) => Number(efid.fields['ucnt']) === CONTENT.length && contentOf(data).equals(CONTENT),
  },
  'a text file': {
    file: { format: 'text' },
    local: lines(RECORDS),
    whole: (data, efid) =>
      Number(efid.fields['ucnt']) === lines(RECORDS).length && contentOf(data).equals(lines(RECORDS)),
  },
  'a file of records': {
    file: { format: 'variable', maxRecordSize: 80 },
    local: lines(RECORDS),
    whole: (data, efid) =>
      Number(efid.fields['ucnt']) === unitCount(RECORDS) &&
      Number(efid.fields['rcnt']) === RECORDS.length &&
      recordsIn(data).join() === RECORDS.join(),
  },
};

/** Takes one file as a peer that looks at counts; whether it was whole. Its SFID tells which one it was. */
async function take(peer: RawPeer, { whole }: Situation): Promise<boolean> {
  peer.send(sfpa(5));
  const data: Received[] = [];
  for (;;) {
    const received = await peer.expectOneOf('DATA', 'EFID');
    if (received.name === 'EFID') {
      const complete = whole(data, received);
      peer.send(complete ? efpa() : efna(5, 11));
      return complete;
    }
    data.push(received);
    if (data.length % WINDOW === 0) peer.send(cdt());
  }
}

/** The files of one turn that arrived whole, and all SFIDs in their order. */
async function takeTurn(peer: RawPeer, situation: Situation): Promise<{ whole: Received[]; offers: Received[] }> {
  const [whole, offers]: Received[][] = [[], []];
  peer.send(cd());
  for (;;) {
    const received = await peer.expectOneOf('SFID', 'CD');
    if (received.name === 'CD') return { whole: whole!, offers: offers! };
    offers!.push(received);
    if (await take(peer, situation)) whole!.push(received);
  }
}

/** A server that sends a file in each turn, and once more if that failed. */
async function sendingTwice(
  situation: Situation,
  code: string,
): Promise<{ host: TestServer; disk: FailingDisk; outcomes: Outcome<unknown>[]; arm(nth: number): void }> {
  const outcomes: Outcome<unknown>[] = [];
  let nth = 0;
  const { host, disk } = await FailingDisk.start({
    on: {
      readyToSend: async ({ connection }) => {
        const virtualFileName = `FILE${nth}`;
        const path = host.outgoing(virtualFileName, situation.local);
        const send = () => outcomeOf(connection.sendFile({ path, virtualFileName, ...situation.file }));
        disk.failAt(nth, code);
        outcomes.push(await send());
        if (outcomes.at(-1)?.error === undefined) return;
        outcomes.push(await send());
      },
    },
  });
  const arm = (at: number) => {
    nth = at;
    outcomes.length = 0;
  };
  return { host, disk, outcomes, arm };
}

for (const [name, situation] of Object.entries(SITUATIONS)) {
  for (const code of Object.keys(REASONS)) {
    test(`${name}, ${code} at each call: error 679, and sent once in the same turn, with the same stamp`, async () => {
      const { host, disk, outcomes, arm } = await sendingTwice(situation, code);
      const { peer } = await host.session();
      const faults = await atEachCall(async (nth) => {
        arm(nth);
        const { whole, offers } = await takeTurn(peer, situation);
        const where = `${disk.failed}, ${outcomes.map(({ error }) => error?.message)}`;
        assert.is(whole.length, 1, where);
        for (const { octets } of offers) assert.equal(octets, whole[0]?.octets, where);
        // A file that was only read loses nothing when it is closed.
        if (disk.failed?.startsWith('close') === false) {
          assert.is(outcomes[0]?.error?.code, 679, where);
          assert.match(outcomes[0]?.error?.message ?? '', code, where);
        }
        assert.is(outcomes.at(-1)?.error, undefined, where);
        assert.is(disk.descriptors, 0, `${where}: files left open`);
        const { date = '', time = '' } = whole[0]?.fields ?? {};
        peer.send(eerp(5, { dsn: `FILE${nth}`, date, time, dest: HUB.code, orig: PARTNER.code }));
        await peer.expect('RTR');
        return disk.failed !== undefined;
      });
      assert.ok(faults >= 5, `${faults} faults`);
    });
  }
}

test.run();

/**
 * Each call to the file system fails once while a server receives: the file is refused with the right reason and may
 * come again, nothing half is published, and the same session goes on (RFC 5024 §5.3.5 reasons 06 and 12, §5.3.10).
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { removeStalePartFiles } from '../../src/files/stale.js';
import { cleanUp } from '../support/cleanup.js';
import type { RawPeer } from '../support/peer.js';
import type { Received } from '../support/received.js';
import { lines, recordBuffers, unitCount } from '../support/records.js';
import { open, sample, transfer } from '../support/scenario.js';
import type { TestEvent, TestServer } from '../support/server.js';
import { cd, dataBuffers, efid, rtr, type SfidFields, sfid } from '../support/wire.js';
import { assertNothingHidden, atEachCall, FailingDisk, REASONS } from './failing-disk.js';

test.after.each(cleanUp);

const CONTENT = sample(9_000);
const RECORDS = Array.from({ length: 100 }, (_, at) => `record ${at} ${'x'.repeat(at)}`);
const OLD = Buffer.from('what stood there before');

interface Situation {
  readonly fields: SfidFields;
  /** What is sent after a restart at its beginning, and what its EFID says. */
  readonly buffers: readonly Buffer[];
  readonly counts: { readonly rcnt: number; readonly ucnt: number };
  readonly delivered: Buffer;
  /** What stands under the final name before. */
  readonly before?: Buffer;
  /** Octets that an earlier session has left, of which whole blocks are kept. */
  readonly broken?: number;
}

const PLAIN: Situation = {
  fields: { fsiz: 9 },
  buffers: dataBuffers(CONTENT),
  counts: { rcnt: 0, ucnt: CONTENT.length },
  delivered: CONTENT,
};

const SITUATIONS: Readonly<Record<string, Situation>> = {
  'a new file': PLAIN,
  'a file of records': {
    fields: { fmt: 'V', lrecl: 200, fsiz: 9 },
    buffers: recordBuffers(RECORDS),
    counts: { rcnt: RECORDS.length, ucnt: unitCount(RECORDS) },
    delivered: lines(RECORDS),
  },
  'a file that replaces another': { ...PLAIN, before: OLD },
  'a file that goes on after a cut': { ...PLAIN, broken: 5_000 },
};

interface Stage {
  readonly host: TestServer;
  readonly disk: FailingDisk;
  readonly peer: RawPeer;
  readonly situation: Situation;
}

/** Leaves the first octets of the file behind, as a lost connection does. */
async function cut(host: TestServer, { fields, broken = 0 }: Situation, dsn: string): Promise<void> {
  const { peer } = await host.session({ rest: 'Y' });
  await open(peer, { ...fields, dsn });
  peer.send(...dataBuffers(CONTENT.subarray(0, broken)));
  peer.reset();
  for (;;) {
    const { virtualFileName, reasonCode } = await host.events.next('endTransfer');
    if (virtualFileName === dsn && reasonCode !== 0) return;
  }
}

/** Offers and sends a file, going on where the server says; the answer that settled it. */
async function attempt(peer: RawPeer, situation: Situation, dsn: string): Promise<Received> {
  const rest = situation.broken === undefined ? 0 : 99;
  peer.send(sfid(5, { ...situation.fields, dsn, rest }));
  const answer = await peer.expectOneOf('SFPA', 'SFNA');
  if (answer.name === 'SFNA') return answer;
  const start = Number(answer.fields['acnt']) * 1024;
  const buffers = start === 0 ? situation.buffers : dataBuffers(CONTENT.subarray(start));
  peer.send(...buffers, efid(5, situation.counts));
  return peer.expectOneOf('EFPA', 'EFNA');
}

/** What stands under the final name when the server has refused the file or taken it. */
function assertWholeOrNothing(path: string, answer: Received, { before, delivered }: Situation, where: string): void {
  const found = existsSync(path) ? readFileSync(path) : undefined;
  if (answer.name === 'EFPA') assert.ok(found?.equals(delivered), `${where}: delivered`);
  else if (before === undefined) assert.is(found, undefined, `${where}: published`);
  else assert.ok(found?.equals(before) || found?.equals(delivered), `${where}: half replaced`);
}

/** One file, and a fault at one call to the file system; whether there was such a call. */
async function faultAt(stage: Stage, nth: number, code: string): Promise<boolean> {
  const { host, disk, peer, situation } = stage;
  const dsn = `FILE${nth}`;
  const path = join(host.inbox, dsn);
  if (situation.before !== undefined) writeFileSync(path, situation.before);
  if (situation.broken !== undefined) await cut(host, situation, dsn);
  disk.failAt(nth, code);
  const answer = await attempt(peer, situation, dsn);
  const { failed } = disk;
  disk.failAt(0);
  const where = `${failed}: ${answer.octets}`;
  assertWholeOrNothing(path, answer, situation, where);
  if (answer.name === 'EFPA') {
    // What cannot be removed behind the acknowledgement goes when it is stale.
    if (failed !== undefined) assert.match(failed, /^unlink (part|json|tmp|done|new)$/, where);
    await removeStalePartFiles(host.inbox, -60_000);
  } else {
    assert.is(answer.fields['reas'], REASONS[code], where);
    if (answer.name === 'SFNA') assert.is(answer.fields['rrtr'], 'Y', where);
    assert.match(host.events.named('error').at(-1)?.description ?? 'no error event', code, where);
    const again = await attempt(peer, situation, dsn);
    assert.is(again.name, 'EFPA', `${where}: the next attempt`);
    assertWholeOrNothing(path, again, situation, where);
  }
  assertNothingHidden(host.inbox, where);
  assert.is(disk.descriptors, 0, `${where}: files left open`);
  return failed !== undefined;
}

for (const [name, situation] of Object.entries(SITUATIONS)) {
  for (const [code, reason] of Object.entries(REASONS)) {
    test(`C-151 C-206 ${name}, ${code} at each call: reason ${reason}, and taken the next time`, async () => {
      const on = {
        acceptFile: (event: TestEvent) => {
          event.overwrite = situation.before !== undefined;
        },
      };
      const { disk, host } = await FailingDisk.start({ on });
      const { peer } = await host.session({ rest: 'Y' });
      const { peer: other } = await host.session();
      const faults = await atEachCall((nth) => faultAt({ host, disk, peer, situation }, nth, code));
      assert.ok(faults > 10, `${faults} faults`);
      await transfer(other, sample(10), { dsn: 'OTHER' });
      peer.send(cd());
      for (let nth = 1; nth <= faults + 1; nth += 1) {
        await peer.expect('EERP', { dsn: `FILE${nth}`.padEnd(26) });
        peer.send(rtr());
      }
      await peer.expect('EERP', { dsn: 'OTHER'.padEnd(26) });
      peer.send(rtr());
      await peer.expect('CD');
    });
  }
}

test.run();

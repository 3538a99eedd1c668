/**
 * A program for the tests that kill a store or fill its disk: opens the store and prints its process id, `open`, and a
 * line for each operation as soon as it has settled.
 *
 *     node write-and-report.js <folder> <prefix of the names> <octets of description>
 *
 * Several files at a time are acknowledged (`acknowledged NAME`), finished together with their response (`finished
 * NAME`), and every third response is confirmed (`confirmed NAME`); every second name is also sent (`sent NAME`). After
 * an error it prints `failed CODE` and `found` if it can still read, closes the store and ends. A prefix of `-` only
 * holds the store.
 */

import { writeSync } from 'node:fs';
import { OFTPError } from '../../src/settings/errors.js';
import { SqlStore } from '../../src/store/sql-store.js';
import { eerp, identity, outgoing, PARTNER, received, STAMP } from './support.js';

const CALLERS = 8;
const [folder = '', prefix = '', descriptionLength = '0'] = process.argv.slice(2);

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

const store = await SqlStore.open(folder);
const description = 'd'.repeat(Number(descriptionLength));
let files = 0;

async function processFile(): Promise<void> {
  const number = files;
  files += 1;
  const name = `${prefix}${number}`;
  const { id } = await store.acknowledge({ ...received(name), description });
  say(`acknowledged ${name}`);
  await store.finish(id, eerp(name));
  say(`finished ${name}`);
  if (number % 3 === 0) {
    const pending = await store.pendingResponses(PARTNER);
    const response = pending.find(({ file }) => file.name === name);
    if (response !== undefined) {
      await store.confirmResponse(response.id);
      say(`confirmed ${name}`);
    }
  }
  if (number % 2 === 0) {
    const sent = await store.beginOutgoing(outgoing(name), () => STAMP);
    await store.outgoingPhase(sent.id, 'sent');
    say(`sent ${name}`);
  }
}

async function fill(): Promise<void> {
  let failed = false;
  const caller = async () => {
    while (!failed) await processFile();
  };
  const results = Array.from({ length: CALLERS }, () =>
    caller().finally(() => {
      failed = true;
    }),
  );
  const rejected = (await Promise.allSettled(results)).find((result) => result.status === 'rejected');
  const error: unknown = rejected?.reason;
  say(`failed ${error instanceof OFTPError ? error.code : error}`);
  if (await store.findReceived(identity(`${prefix}0`))) say('found');
  await store.close();
}

say(`process ${process.pid} open`);
if (prefix === '-') setInterval(() => {}, 60_000);
else await fill();

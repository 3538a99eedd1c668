/**
 * A program for the kill tests: receives a file and stops for ever before one of its calls to the file system, so that
 * the test can kill it there. Prints each call, `stopped` when it stopped, `done` when it came to its end.
 *
 *     node receive-and-stop.js <folder> <where> <overwrite> <content: octets | records> <links>
 *
 * `overwrite` and `links` (hard links) are true or false. `where` is the number of the call, the first being 1, or its
 * text and which of the calls with this text it is: `link ORDERS#2`.
 */

import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { IncomingFile } from '../../src/files/incoming.js';
import { OCTET_LAYOUT } from '../../src/files/part-layout.js';
import { TargetName } from '../../src/files/publish.js';
import { errno, IDENTITY, intercepted, MARKED, sample, write } from './support.js';

const [directory = '', where = '', overwrite = '', kind = '', links = ''] = process.argv.slice(2);
const OCTETS = { identity: IDENTITY, content: sample(9_000), layout: () => OCTET_LAYOUT };
const { identity, content, layout } = kind === 'records' ? MARKED : OCTETS;
const steps: string[] = [];

async function stopAt(step: string): Promise<void> {
  steps.push(step);
  writeSync(1, `${step}\n`);
  const occurrence = steps.filter((text) => text === step).length;
  if (where !== String(steps.length) && where !== `${step}#${occurrence}`) return;
  writeSync(1, 'stopped\n');
  setInterval(() => {}, 60_000); // A pending promise alone does not keep a process alive.
  await new Promise(() => {});
}

const fileSystem = intercepted(async ({ name, text }) => {
  await stopAt(text);
  if (name === 'link' && links === 'false') throw errno('EPERM');
});
const target = await TargetName.reserve(join(directory, 'ORDERS'), {
  identity,
  overwrite: overwrite === 'true',
  fileSystem,
});
const { conversion, resume } = layout();
const file = await IncomingFile.open({ directory, identity, conversion, fileSystem });
await resume(file, 99_999n);
await write(file, content.subarray(file.length, 6_000));
await file.sync();
await write(file, content.subarray(file.length));
await file.commit(target, { recorded: () => stopAt('record') });
writeSync(1, 'done\n');

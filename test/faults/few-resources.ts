/**
 * A program for processes with few resources: plays the scene that its argument names, and prints that it is done. A
 * broken expectation ends it with an error.
 */
import { closeSync, openSync, readdirSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { cleanUp } from '../support/cleanup.js';
import { sendBuffers } from '../support/records.js';
import { open, sample, transfer } from '../support/scenario.js';
import { TestServer } from '../support/server.js';
import { dataBuffers, efid, sfid } from '../support/wire.js';

/** Opens files until the process has no descriptor left; returns what closes them again. */
function useUpDescriptors(): () => void {
  const open: number[] = [];
  try {
    for (;;) open.push(openSync('/dev/null', 'r'));
  } catch (error) {
    assert.is((error as NodeJS.ErrnoException).code, 'EMFILE');
  }
  return () => {
    for (const fd of open) closeSync(fd);
  };
}

async function fewDescriptors(): Promise<void> {
  const host = await TestServer.start();
  const { peer } = await host.session();
  const { peer: other } = await host.session();
  await open(other, { dsn: 'OPEN' });
  const free = useUpDescriptors();
  peer.send(sfid(5));
  await peer.expect('SFNA', { reas: '12', rrtr: 'Y' });
  assert.match((await host.events.next('error')).description, 'EMFILE');
  // A file under way needs no more descriptors than it has.
  other.send(...dataBuffers(sample(10)), efid(5, { ucnt: 10 }));
  await other.expect('EFPA');
  free();
  await transfer(peer, sample(10));
  assert.equal(readdirSync(host.inbox).sort(), ['OPEN', 'TESTFILE']);
}

async function shortFiles(): Promise<void> {
  const host = await TestServer.start();
  const { peer } = await host.session();
  const content = sample(400_000);
  await open(peer, { dsn: 'LONG' });
  await sendBuffers(peer, dataBuffers(content));
  peer.send(efid(5, { ucnt: content.length }));
  await peer.expect('EFNA', { reas: '06' });
  assert.match((await host.events.next('error')).description, 'EFBIG');
  await transfer(peer, content.subarray(0, 10_000), { dsn: 'SHORT' });
  assert.equal(readdirSync(host.inbox), ['SHORT']);
}

const SCENES: Readonly<Record<string, () => Promise<void>>> = { descriptors: fewDescriptors, length: shortFiles };

const scene = process.argv[2] ?? '';
await SCENES[scene]?.();
await cleanUp();
console.log(`${scene}: done`);

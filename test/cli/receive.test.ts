/** `oftp receive` before a scripted server. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Child } from '../support/child.js';
import { cleanUp } from '../support/cleanup.js';
import { folderWith } from '../support/folder.js';
import { HUB, PARTNER } from '../support/parties.js';
import { type RawPeer, RawResponder } from '../support/peer.js';
import { open, transfer } from '../support/scenario.js';
import { cd, data, efid, esid, rtr, sfid, ssid, ssrm } from '../support/wire.js';
import { AS_PARTNER, oftp, PARTNER_ENV, startOftp, stderrOf } from './oftp.js';

test.after.each(cleanUp);

const TO_PARTNER = { dest: PARTNER.code, orig: HUB.code };

/** Starts `oftp receive`; the scripted server has the turn. */
async function receiving(...args: string[]): Promise<{ child: Child; peer: RawPeer; folder: string }> {
  const folder = folderWith({});
  const responder = await RawResponder.listen();
  const own = ['--from', `127.0.0.1:${responder.port}`, '--into', 'in', ...AS_PARTNER, ...args];
  const child = startOftp(['receive', ...own], { cwd: folder, env: PARTNER_ENV });
  const peer = await responder.accept();
  peer.send(ssrm());
  await peer.expect('SSID');
  peer.send(ssid({ code: HUB.code, password: HUB.password }));
  await peer.expect('CD');
  return { child, peer, folder };
}

test('each file gets its end response; the server is asked until a turn brings nothing', async () => {
  const { child, peer, folder } = await receiving();
  for (const dsn of ['FIRST', 'SECOND']) {
    await transfer(peer, Buffer.from(dsn), { ...TO_PARTNER, dsn });
    peer.send(cd());
    await peer.expect('EERP', { dsn: dsn.padEnd(26), dest: HUB.code.padEnd(25), orig: PARTNER.code.padEnd(25) });
    peer.send(rtr());
    await peer.expect('CD');
  }
  peer.send(esid(5, 0));
  await peer.expectClose();
  const { code, stdout } = await child.finished;
  assert.is(code, 0);
  const path = (name: string) => join(folder, 'in', `${name}_202402291234560001`);
  assert.is(
    stdout,
    `FIRST: received, 5 octets, as ${path('FIRST')}\nFIRST: end response sent\n` +
      `SECOND: received, 6 octets, as ${path('SECOND')}\nSECOND: end response sent\n`,
  );
});

test('--into a file: exit code 2 before anybody is called', async () => {
  const folder = folderWith({ taken: '' });
  const args = ['--from', '127.0.0.1:1', '--into', 'taken', ...AS_PARTNER];
  const result = await oftp(['receive', ...args], { cwd: folder, env: PARTNER_ENV });
  assert.is(result.code, 2);
  assert.is(stderrOf(result), `oftp: the folder ${join(folder, 'taken')} cannot be made: a file has this name\n`);
});

test('a server without files: exit code 0, and it is told', async () => {
  const { child, peer } = await receiving();
  peer.send(esid(5, 0));
  await peer.expectClose();
  const { code, stdout } = await child.finished;
  assert.is(code, 0);
  assert.is(stdout, 'the server has no files\n');
});

test('a file that breaks off: exit code 1, and nothing of it under a name that looks complete', async () => {
  const { child, peer, folder } = await receiving();
  await open(peer, TO_PARTNER);
  peer.send(data('half'));
  peer.reset();
  const result = await child.finished;
  assert.is(result.code, 1);
  assert.match(stderrOf(result), /TESTFILE: not received, reason 99: /);
  const complete = readdirSync(join(folder, 'in')).filter((name) => !name.startsWith('.'));
  assert.equal(complete, []);
});

test('a file whose count is wrong: exit code 1', async () => {
  const { child, peer } = await receiving();
  await open(peer, TO_PARTNER);
  peer.send(data('four', { endOfRecord: true }), efid(5, { ucnt: 5 }));
  await peer.expect('EFNA', { reas: '11' });
  peer.send(cd());
  await peer.expectOneOf('ESID', 'CD');
  peer.end();
  const result = await child.finished;
  assert.is(result.code, 1);
  assert.match(stderrOf(result), /^TESTFILE: not received, reason 11: /);
});

test('--name-format names the files, and a file that is there is not overwritten', async () => {
  const { child, peer, folder } = await receiving('--name-format', '%Originator%-%VirtualFileName%.edi');
  await transfer(peer, Buffer.from('one'), TO_PARTNER);
  const again = { ...TO_PARTNER, time: '1234560002' };
  peer.send(sfid(5, again));
  await peer.expect('SFNA', { reas: '13' });
  peer.send(cd());
  await peer.expect('EERP');
  peer.send(rtr());
  await peer.expect('CD');
  peer.send(esid(5, 0));
  await peer.expectClose();
  const { output } = await child.finished;
  assert.match(output, /TESTFILE: received, 3 octets/);
  assert.equal(readdirSync(join(folder, 'in')), [`${HUB.code}-TESTFILE.edi`]);
});

test.run();

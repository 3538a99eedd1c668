/** How far a compressed file may expand: MaxExpansionRatio, the size it is announced with, MaxFileSize. */
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fixture, text } from '../security/support.js';
import { cleanUp } from '../support/cleanup.js';
import { transfer } from '../support/scenario.js';
import { made } from '../support/secured.js';
import { TestServer, type TestServerOptions } from '../support/server.js';
import { cd } from '../support/wire.js';

test.after.each(cleanUp);

/** 3 MB that are compressed to less than a tenth. */
const SPARSE = Buffer.concat(Array.from({ length: 10_000 }, () => [randomBytes(16), Buffer.alloc(284)]).flat());
/** 32 MiB of zeros, a thousand times as much as they are compressed to. */
const BOMB = fixture('cms/bomb.cms');

/** The end response to a compressed file, and what is left of it. `osiz`: SFIDOSIZ, in KiB. */
async function answerTo(octets: Uint8Array, osiz: number, options: TestServerOptions): Promise<string> {
  const host = await TestServer.start(options);
  const { peer } = await host.session();
  await transfer(peer, octets, { comp: 1, env: 1, fsiz: Math.ceil(octets.length / 1024), osiz });
  peer.send(cd());
  const { name, fields } = await peer.expectOneOf('EERP', 'NERP');
  assert.equal(readdirSync(host.inbox), name === 'EERP' ? ['TESTFILE'] : []);
  return name === 'EERP' ? name : `NERP ${fields['reas']}`;
}

for (const [what, octets, osiz, config, answer] of [
  ['a bomb of unknown size', BOMB, 0, 'MaxExpansionRatio=200', 'NERP 32'],
  ['a bomb announced as what it is', BOMB, 32_768, 'MaxExpansionRatio=200', 'NERP 32'],
  ['a bomb announced as what it is', BOMB, 32_768, 'MaxExpansionRatio=1100', 'EERP'],
  ['a bomb', BOMB, 1, 'MaxExpansionRatio=0', 'EERP'],
  ['3 MB announced as 300 KiB', SPARSE, 300, 'MaxExpansionRatio=200', 'NERP 32'],
  ['3 MB announced as a third of it', SPARSE, 1000, 'MaxExpansionRatio=200', 'EERP'],
  ['3 MB announced as less than what is transmitted', SPARSE, 1, 'MaxExpansionRatio=200', 'EERP'],
  ['3 MB of unknown size', SPARSE, 0, 'MaxExpansionRatio=200', 'EERP'],
] as const) {
  test(`C-295 ${what} (SFIDOSIZ ${osiz}) under ${config}: ${answer}`, async () => {
    const compressed = octets === BOMB ? octets : await made(octets, { compress: true });
    assert.is(await answerTo(compressed, osiz, { config: [config] }), answer);
  });
}

test('MaxFileSize holds for what is inside as well', async () => {
  const octets = await made(text(50_000), { compress: true });
  assert.is(await answerTo(octets, 49, { settings: { maxFileSize: 20_000 } }), 'NERP 32');
});

test.run();

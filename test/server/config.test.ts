/** `config()` of a server and of a connection, and what comes of it on the wire: rows B-123 to B-125, B-306. */

import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OFTPServer } from '../../src/index.js';
import { SETTING_NAMES, SETTINGS } from '../../src/settings/table.js';
import { cleanUp } from '../support/cleanup.js';
import { TestClient } from '../support/client.js';
import { folderWith } from '../support/folder.js';
import { type Outcome, outcomeOf } from '../support/outcome.js';
import { PARTNER } from '../support/parties.js';
import { refusal } from '../support/refusal.js';
import { receive } from '../support/scenario.js';
import { serverThatSends } from '../support/sending.js';
import { TestServer } from '../support/server.js';
import { cd, type Level, sfna } from '../support/wire.js';

test.after.each(cleanUp);

for (const [text, read, offer, field, wire] of [
  ['CreditCount=7', '7', { cred: 99 }, 'cred', '007'],
  ['ExchangeBufferSize=1000', '1000', { sdeb: 2048 }, 'sdeb', '01000'],
  ['ServerPassword=NEWPASS', 'NEWPASS', {}, 'password', 'NEWPASS '],
  ['ServerSSIDCode=O0013OTHER', 'O0013OTHER', {}, 'code', 'O0013OTHER'.padEnd(25)],
  ['ConnectionType=2', '2', { sr: 'B' }, 'sr', 'R'],
] as const) {
  const [name] = text.split('=') as [string];
  test(`B-123 B-125 config('${text}') writes, config('${name}') reads '${read}', and the SSID says so`, async () => {
    const host = await TestServer.start();
    assert.is(host.server.config(text), '');
    assert.is(host.server.config(name), read);
    const { answer } = await host.session(offer);
    assert.is(answer.fields[field], wire);
  });
}

test('B-123 the same for one connection: Name[id]=Value counts there, and nowhere else', async () => {
  const host = await TestServer.start({
    on: {
      acceptConnection: ({ connectionId, connection }) => {
        if (connectionId !== 1) return;
        assert.is(host.server.config(`CreditCount[${connectionId}]=3`), '');
        assert.is(connection.config('ExchangeBufferSize=500'), '');
      },
    },
  });
  const [first, second] = [await host.session(), await host.session()];
  const agreed = ({ answer: { fields } }: typeof first) => [fields['cred'], fields['sdeb']];
  assert.equal(
    [agreed(first), agreed(second)],
    [
      ['003', '00500'],
      ['099', '02048'],
    ],
  );
  const { server } = host;
  assert.equal([server.config('CreditCount[1]'), server.config('ExchangeBufferSize[1]')], ['3', '500']);
  assert.equal([server.config('CreditCount[2]'), server.config('CreditCount')], ['99', '99']);
});

const WORDS: Readonly<Record<'True' | 'False', readonly string[]>> = {
  True: ['True', 'true', 'TRUE', '1', 'Yes', 'yes', 'YES', 'yEs'],
  False: ['False', 'false', 'FALSE', '0', 'No', 'no', 'NO', 'nO'],
};

for (const [read, words] of Object.entries(WORDS)) {
  test(`B-124 ${words.join(', ')} are all ${read}: reading, as a property, and in SSIDREST`, async () => {
    const host = await TestServer.start();
    for (const word of words) {
      host.server.restart = read === 'False';
      host.server.config(`Restart=${word}`);
      assert.is(host.server.config('Restart'), read, word);
      assert.is(host.server.restart, read === 'True', word);
      const { answer } = await host.session({ rest: 'Y' });
      assert.is(answer.fields['rest'], read === 'True' ? 'Y' : 'N', word);
    }
  });
}

test('B-124 another word is refused with those that are right, and changes nothing', async () => {
  const host = await TestServer.start();
  for (const word of ['on', '2', '-1', '', 'Y', 'truth']) {
    refusal(() => host.server.config(`Restart=${word}`), 10022, 'True, False, Yes, No, 1 or 0');
    assert.is(host.server.config('Restart'), 'True');
  }
  assert.is((await host.session({ rest: 'Y' })).answer.fields['rest'], 'Y');
});

test('B-125 every setting reads as a string, of a server and of a connection in its session', async () => {
  const host = await TestServer.start();
  await host.session();
  const { connection } = await host.events.next('acceptConnection');
  for (const name of SETTING_NAMES) {
    const { config, onServer, scope, changes } = SETTINGS[name];
    if (scope === 'connection') {
      assert.type(host.server.config(`${config}[${connection.id}]`), 'string', config);
      assert.type(connection.config(config), 'string', config);
    }
    if (scope === 'server' || changes !== 'never')
      assert.type(host.server.config(onServer?.config ?? config), 'string');
  }
  assert.type(new OFTPServer().config('MaxConnections'), 'string');
});

/** SFNARRTR, and what `Retry[id]` says then. */
const RETRIES = [
  ['Y', 'True', true],
  ['N', 'False', false],
] as const;

for (const level of [1, 2, 4, 5] as Level[]) {
  for (const [rrtr, read, retry] of RETRIES) {
    test(`B-306 level ${level}: SFNA with retry ${rrtr} makes Retry[id] ${read}`, async () => {
      const { host, outcomes } = await serverThatSends();
      const { peer } = await host.session({ level });
      const { connection } = await host.events.next('acceptConnection');
      assert.is(host.server.config(`Retry[${connection.id}]`), 'False', 'before anything was sent');
      peer.send(cd());
      await peer.expect('SFID');
      peer.send(sfna(level, 6, rrtr));
      const [outcome] = (await outcomes()) as [Outcome<unknown>];
      assert.equal([outcome.error?.code, outcome.error?.reasonCode, outcome.error?.retry], [687, 6, retry]);
      assert.is(host.server.config(`Retry[${connection.id}]`), read);
      assert.equal([connection.config('Retry'), connection.retry], [read, retry]);
      refusal(() => host.server.config(`Retry[${connection.id}]=True`), 10022, 'can only be read');
    });
  }
}

test('B-306 Retry is that of the last refusal, and of its own connection', async () => {
  const { host, outcomes } = await serverThatSends({ names: ['ONE', 'TWO', 'THREE'] });
  const { peer } = await host.session();
  const { connection } = await host.events.next('acceptConnection');
  const other = await host.session();
  const stranger = (await host.events.next('acceptConnection')).connection;
  peer.send(cd());
  const seen: string[] = [];
  for (const [rrtr] of RETRIES) {
    await peer.expect('SFID');
    peer.send(sfna(5, 6, rrtr));
    // The next offer, or the answer to it, comes after the refusal has been taken in.
    await peer.somethingWithin(5000);
    seen.push(connection.config('Retry'));
  }
  await receive(peer);
  await outcomes();
  assert.equal([seen, stranger.config('Retry')], [['True', 'False'], 'False']);
  other.peer.send(cd());
  await other.peer.expectEsid(0);
});

for (const [rrtr, read] of RETRIES) {
  test(`B-306 of a client: SFNA with retry ${rrtr} makes Retry[id] ${read}`, async () => {
    const host = await TestClient.create();
    const peer = await host.session();
    const { client } = host;
    const sending = outcomeOf(client.sendFile({ path: join(folderWith({ OUT: 'content' }), 'OUT') }));
    await peer.expect('SFID', { orig: PARTNER.code.padEnd(25) });
    peer.send(sfna(5, 6, rrtr));
    assert.is((await sending).error?.retry, rrtr === 'Y');
    assert.is(client.config(`Retry[${client.connection?.id}]`), read);
  });
}

test.run();

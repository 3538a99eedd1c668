/** What settings and methods of the reference component do to the octets of a session, seen by a scripted peer. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OFTPError, type SentFile } from '../../src/index.js';
import { cleanUp } from '../support/cleanup.js';
import { within } from '../support/outcome.js';
import { contentOf } from '../support/received.js';
import { refusal } from '../support/refusal.js';
import { receive } from '../support/scenario.js';
import { TestServer } from '../support/server.js';
import { cd, efpa, type Level, sfpa } from '../support/wire.js';

test.after.each(cleanUp);

test('B-056 B-057 a password of 8 characters goes out in the SSID, a shorter one padded; 9 are refused', async () => {
  const host = await TestServer.start({ settings: { serverPassword: '12345678' } });
  assert.is((await host.session()).answer.fields['password'], '12345678');
  host.server.serverPassword = 'ABC';
  assert.is((await host.session()).answer.fields['password'], 'ABC     ');
  refusal(() => host.server.config('ServerPassword=123456789'), 10022, 'ServerPassword');
  assert.is(host.server.serverPassword, 'ABC');
});

test('B-061 B-062 a code of 25 characters fills SSIDCODE, a shorter one is padded; 26 are refused', async () => {
  const longest = 'O'.padEnd(25, '7');
  const host = await TestServer.start({ settings: { serverSsidCode: longest } });
  assert.is((await host.session()).answer.fields['code'], longest);
  host.server.serverSsidCode = 'ABC';
  assert.is((await host.session()).answer.fields['code'], 'ABC'.padEnd(25));
  refusal(() => host.server.config(`ServerSSIDCode=${longest}7`), 10022, 'ServerSSIDCode');
});

for (const [name, wanted] of [
  ['B-269 the exchange buffer is 2048', { sdeb: '02048' }],
  ['B-256 the credit is 099', { cred: '099' }],
] as const) {
  test(`${name} by default, however much the client offers`, async () => {
    const host = await TestServer.start();
    const { answer } = await host.session({ sdeb: 99_999, cred: 999 });
    for (const [field, value] of Object.entries(wanted)) assert.is(answer.fields[field], value);
  });
}

for (const [row, name, least, most] of [
  ['B-256', 'CreditCount', 1, 999],
  ['B-269', 'ExchangeBufferSize', 128, 99_999],
] as const) {
  test(`${row} ${name} takes ${least} to ${most}, and both ends of that go out`, async () => {
    for (const value of [least, most]) {
      const host = await TestServer.start({ config: [`${name}=${value}`] });
      const { fields } = (await host.session({ sdeb: 99_999, cred: 999 })).answer;
      assert.is(Number(fields[name === 'CreditCount' ? 'cred' : 'sdeb']), value);
      for (const wrong of [least - 1, most + 1]) refusal(() => host.server.config(`${name}=${wrong}`), 10022, name);
    }
  });
}

/** Octets of an SFID (RFC 5024 §5.3.3); before 2.0 it ends with SFIDREST. */
const SFID_LENGTHS: readonly [Level, number][] = [
  [1, 128],
  [2, 128],
  [4, 128],
  [5, 165],
];

/** A server that sends one text file as soon as the client hands the turn over, and what became of it. */
async function sending(content: string | null) {
  let settle = (_outcome: unknown): void => {};
  const result = new Promise((resolve) => {
    settle = resolve;
  });
  const host: TestServer = await TestServer.start({
    on: {
      readyToSend: async ({ connection }) => {
        const path = content === null ? `${host.inbox}/missing` : host.outgoing('OUT', content);
        const sent = connection.sendFile({ path, format: 'text', virtualFileName: 'OUT' });
        await sent.then(settle, settle);
      },
    },
  });
  return { host, result };
}

for (const [level, length] of SFID_LENGTHS) {
  test(`B-104 level ${level}: the SFID has ${length} octets, and the session goes on in that version`, async () => {
    const { host, result } = await sending('one line\r\n');
    const { peer } = await host.session({ level });
    peer.send(cd());
    const { octets } = await peer.expect('SFID');
    assert.is(octets.length, length);
    peer.send(sfpa(level, 0));
    assert.is((await peer.expect('DATA')).name, 'DATA');
    assert.is((await peer.expect('EFID')).octets.length, level === 5 ? 35 : 22);
    peer.send(efpa());
    assert.is(((await within(result)) as SentFile).fileSize, 10);
  });
}

test('B-111 a line of 2048 characters goes out as it is, in a file of format T', async () => {
  const content = `${'x'.repeat(2048)}\r\nshort\r\n`;
  const { host, result } = await sending(content);
  const { peer } = await host.session();
  peer.send(cd());
  const { sfid, data, efid } = await receive(peer);
  assert.equal([sfid.fields['fmt'], sfid.fields['lrecl'], Number(efid.fields['rcnt'])], ['T', '00000', 0]);
  assert.is(contentOf(data).toString(), content);
  await within(result);
});

for (const [row, content, code] of [
  ['B-111 a line of 2049 characters', `${'x'.repeat(2049)}\r\n`, 679],
  ['B-156 a file that is not there', null, 679],
] as const) {
  test(`${row}: sendFile rejects, and nothing of it goes out`, async () => {
    const { host, result } = await sending(content);
    const { peer } = await host.session();
    peer.send(cd());
    const error = await within(result);
    assert.instance(error, OFTPError);
    assert.is((error as OFTPError).code, code);
    await peer.expectEsid(0);
  });
}

test.run();

/** SIGHUP: another configuration without another process. */
import { chmodSync, writeFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanUp } from '../support/cleanup.js';
import { sample, transfer } from '../support/scenario.js';
import { cd } from '../support/wire.js';
import { AS_PARTNER, configText, Hub, oftp, PARTNER_ENV, writeSettled } from './oftp.js';

test.after.each(cleanUp);

const SECOND = `
  - code: O0013SECOND
    password: SECOND
    inbox: second/inbox
    outbox: second/outbox
`;

const AS_SECOND = ['--ssid', 'O0013SECOND', '--password', 'SECOND'];

function reload(hub: Hub, text: string): void {
  writeFileSync(hub.path('oftp.yaml'), text);
  chmodSync(hub.path('oftp.yaml'), 0o600);
  hub.serving.child.signal('SIGHUP');
}

test('a partner that was added is let in and has its folders; a session under way does not notice', async () => {
  const hub = await Hub.start();
  const { peer } = await hub.serving.session();
  assert.is((await oftp(['check', hub.serving.address, ...AS_SECOND])).code, 1);
  reload(hub, configText() + SECOND);
  await hub.serving.logged(/reloaded .*oftp\.yaml: 2 partners/);
  assert.is((await oftp(['check', hub.serving.address, ...AS_SECOND])).code, 0);
  assert.equal(hub.names('second'), ['inbox', 'outbox']);
  await transfer(peer, sample(10));
  assert.is(hub.names('inbox').length, 1);
});

test('a partner that was removed is refused from then on; its session goes on with its folders', async () => {
  const hub = await Hub.start(configText() + SECOND, { 'outbox/waits.edi': 'x' });
  const { peer } = await hub.serving.session();
  reload(hub, `identity: { ssid: O0013HUB }\nstatePath: null\npartners: ${SECOND}`);
  await hub.serving.logged(/reloaded .*oftp\.yaml: 1 partner/);
  const { code } = await oftp(['check', hub.serving.address, ...AS_PARTNER], { env: PARTNER_ENV });
  assert.is(code, 1);
  peer.send(cd());
  await peer.expect('SFID', { dsn: 'WAITS.EDI'.padEnd(26) });
});

test('a new password counts for the next session', async () => {
  const hub = await Hub.start();
  reload(hub, configText().replace('PARTPW', 'CHANGED'));
  await hub.serving.logged(/reloaded/);
  const check = (password: string) =>
    oftp(['check', hub.serving.address, '--ssid', 'O0013PARTNER', '--password', password]);
  assert.is((await check('PARTPW')).code, 1);
  assert.is((await check('CHANGED')).code, 0);
});

test('a file that is wrong changes nothing, and the log says what is wrong', async () => {
  const hub = await Hub.start();
  reload(hub, configText('inbix: oops'));
  const { level } = await hub.serving.logged(
    /not reloaded, the configuration stays what it was: .*oftp\.yaml:\d+: partners\[0\]\.inbix: there is no such key/,
  );
  assert.is(level, 'error');
  assert.is((await oftp(['check', hub.serving.address, ...AS_PARTNER], { env: PARTNER_ENV })).code, 0);
});

test('settings change for new sessions, go back when removed, and some wait for a restart', async () => {
  const hub = await Hub.start(configText('', 'settings: { CreditCount: 9, ExchangeBufferSize: 512 }'));
  reload(hub, configText('', 'settings: { ExchangeBufferSize: 1024, MaxConnections: 7 }'));
  await hub.serving.logged(/CreditCount has changed/);
  await hub.serving.logged(/ExchangeBufferSize has changed/);
  await hub.serving.logged(/MaxConnections has changed in the file: restart the server for it/);
  await hub.serving.logged(/reloaded/);
  const { stdout } = await oftp(['check', hub.serving.address, ...AS_PARTNER], { env: PARTNER_ENV });
  assert.match(stdout, /buffer +1024 octets, credit 99/);
});

test('settings of a partner hold for its sessions only', async () => {
  const hub = await Hub.start(configText('settings: { CreditCount: 5, ServerPassword: FORYOU }') + SECOND);
  const { answer } = await hub.serving.session();
  assert.is(answer.fields['cred'], '005');
  assert.is(answer.fields['password'], 'FORYOU  ');
  const { answer: other } = await hub.serving.session({ code: 'O0013SECOND', password: 'SECOND' });
  assert.is(other.fields['cred'], '099');
  assert.is(other.fields['password'], 'HUBPW   ');
});

test('a new outbox takes the place of the old one', async () => {
  const hub = await Hub.start();
  reload(hub, configText().replace('outbox: outbox', 'outbox: elsewhere'));
  await hub.serving.logged(/reloaded/);
  writeSettled(hub.path('outbox/old.edi'), 'x');
  writeSettled(hub.path('elsewhere/new.edi'), 'x');
  const { peer } = await hub.serving.session();
  peer.send(cd());
  await peer.expect('SFID', { dsn: 'NEW.EDI'.padEnd(26) });
});

test.run();

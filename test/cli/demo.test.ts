/** `oftp serve` without a configuration: what a new user does first. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runChild } from '../support/child.js';
import { cleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import { sample } from '../support/scenario.js';
import { oftp, Serving, writeSettled } from './oftp.js';

test.after.each(cleanUp);

const DEMO = ['--ssid', 'O0013DEMO', '--password-file', 'oftp-data/demo.password'];

test('the first start makes its folder, says who it is, and prints a command that sends a file', async () => {
  const cwd = temporaryFolder();
  const serving = await Serving.start([], { cwd });
  const listening = await serving.logged(/listening on/);
  assert.is(
    listening.msg,
    `listening on ${serving.address} as SSID O0013OFTPSERVER, SFID O0013OFTPSERVER, for 1 partner`,
  );
  const { command } = await serving.logged(/to send it a file from a second terminal/);
  const { HOME, PATH } = process.env;
  const second = await runChild('sh', ['-c', String(command)], { cwd, limitMs: 30_000, env: { HOME, PATH } });
  assert.is(second.code, 0, second.output);
  assert.is(second.output, 'hello.txt: sent as HELLO.TXT, 31 octets\nhello.txt: delivered (EERP)\n');
  const arrived = await serving.logged(/received HELLO\.TXT/);
  assert.is(arrived['partner'], 'O0013DEMO');
  assert.is(arrived['size'], 31);
  const [name] = readdirSync(join(cwd, 'oftp-data', 'inbox'));
  assert.match(String(name), /^HELLO\.TXT_\d{18}$/);
  assert.is(arrived['path'], join(cwd, 'oftp-data', 'inbox', String(name)));
  assert.is(readFileSync(String(arrived['path']), 'utf8'), 'Hello from the other terminal.\n');
  await serving.logged(/end response sent: HELLO\.TXT was delivered/);
});

test('a file of many exchange buffers arrives with equal octets, and one comes back from the outbox', async () => {
  const cwd = temporaryFolder();
  const serving = await Serving.start([], { cwd });
  const octets = sample(3_000_001);
  writeFileSync(join(cwd, 'orders.edi'), octets);
  const sent = await oftp(['send', 'orders.edi', '--to', serving.address, ...DEMO], { cwd });
  assert.is(sent.code, 0, sent.output);
  const [name] = readdirSync(join(cwd, 'oftp-data', 'inbox'));
  assert.ok(readFileSync(join(cwd, 'oftp-data', 'inbox', String(name))).equals(octets));
  writeSettled(join(cwd, 'oftp-data', 'outbox', 'reply.edi'), 'thank you');
  const received = await oftp(['receive', '--from', serving.address, '--into', 'new/in', ...DEMO], { cwd });
  assert.is(received.code, 0, received.output);
  const [reply] = readdirSync(join(cwd, 'new', 'in'));
  assert.match(String(reply), /^REPLY\.EDI_\d{18}$/);
  assert.is(readFileSync(join(cwd, 'new', 'in', String(reply)), 'utf8'), 'thank you');
  assert.equal(readdirSync(join(cwd, 'oftp-data', 'sent')), ['reply.edi']);
});

test('passwords are readable for the user alone and appear in no output', async () => {
  const cwd = temporaryFolder();
  const serving = await Serving.start(['--log-level', 'trace'], { cwd });
  await oftp(['send', 'oftp-data/hello.txt', '--to', serving.address, '-v', ...DEMO], { cwd });
  const password = readFileSync(join(cwd, 'oftp-data', 'demo.password'), 'utf8');
  assert.match(password, /^[A-Z2-9]{8}\n$/);
  for (const name of ['demo.password', 'oftp.yaml']) {
    assert.is(statSync(join(cwd, 'oftp-data', name)).mode & 0o777, 0o600, name);
  }
  assert.is(statSync(join(cwd, 'oftp-data')).mode & 0o777, 0o700);
  await serving.logged(/session closed/);
  assert.match(serving.child.output, /received SSID .*pswd=\*+/);
  assert.not.ok(serving.child.output.includes(password.trim()));
});

test('the next start is the same: identity, password, and changes that were made to the configuration', async () => {
  const cwd = temporaryFolder();
  const first = await Serving.start([], { cwd });
  assert.is((await first.stop()).code, 0);
  const password = readFileSync(join(cwd, 'oftp-data', 'demo.password'), 'utf8');
  const config = join(cwd, 'oftp-data', 'oftp.yaml');
  writeFileSync(config, readFileSync(config, 'utf8').replaceAll('O0013OFTPSERVER', 'O0013RENAMED'));
  const second = await Serving.start([], { cwd });
  assert.is(readFileSync(join(cwd, 'oftp-data', 'demo.password'), 'utf8'), password);
  const { code, stdout } = await oftp(['check', second.address, ...DEMO], { cwd });
  assert.is(code, 0);
  assert.match(stdout, /server +O0013RENAMED/);
});

test('two folders have two passwords', async () => {
  const cwd = temporaryFolder();
  for (const data of ['one', 'two']) await (await Serving.start(['--data', data], { cwd })).stop();
  const passwords = ['one', 'two'].map((data) => readFileSync(join(cwd, data, 'demo.password'), 'utf8'));
  assert.is.not(passwords[0], passwords[1]);
});

test('text on request: the introduction is a block to read, and each event a line with its time', async () => {
  const cwd = temporaryFolder();
  const serving = await Serving.start(['--log-format', 'text'], { cwd });
  await serving.child.waitForOutput(/Ctrl-C stops the server/);
  assert.match(serving.child.output, /^\d\d:\d\d:\d\d listening on 127\.0\.0\.1:\d+ as SSID O0013OFTPSERVER/);
  assert.match(
    serving.child.output,
    /\n {2}node \S+ send oftp-data\/hello\.txt --to 127\.0\.0\.1:\d+ --from O0013DEMO /,
  );
  assert.is((await serving.stop()).code, 0);
  assert.match(serving.child.output, /\d\d:\d\d:\d\d stopped\n$/);
});

test('a folder that cannot be made ends the start: it is named, and what stands in its way', async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'oftp-data'), 'a file has the name');
  const { code, output } = await oftp(['serve', '--port', '0'], { cwd });
  assert.is(code, 2);
  assert.is(output, 'oftp: the folder oftp-data cannot be made: a file has this name\n');
});

test('what a start that was cut short left behind is completed', async () => {
  const cwd = temporaryFolder();
  mkdirSync(join(cwd, 'oftp-data'));
  writeFileSync(join(cwd, 'oftp-data', 'demo.password'), 'ALREADY2\n');
  const serving = await Serving.start([], { cwd });
  const { code } = await oftp(['check', serving.address, '--ssid', 'O0013DEMO', '--password', 'ALREADY2'], { cwd });
  assert.is(code, 0);
});

test.run();

import { once } from 'node:events';
import { Socket } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { canTakeOver, octetsTaken, takeOver } from '../../src/transport/internals.js';
import { connectEnds, testTransport, turnOfEventLoop, until } from '../support/channels.js';
import { runChild } from '../support/child.js';
import { cleanUp } from '../support/cleanup.js';
import { PROJECT_ROOT } from '../support/project.js';

test.after.each(cleanUp);

const ONREAD = { buffer: new Uint8Array(16), callback: () => true };

test('the self-test passes on this runtime and is run once', async () => {
  assert.is(await canTakeOver(), true);
  assert.is(canTakeOver(), canTakeOver());
});

test('the self-test leaves no connection and no server behind', async () => {
  const script = `
    const { canTakeOver } = await import('./dist/src/transport/internals.js');
    const result = await canTakeOver();
    process.on('exit', () => console.log(result));`;
  const args = ['--input-type=module', '--eval', script];
  const { stdout, code } = await runChild(process.execPath, args, { cwd: PROJECT_ROOT, limitMs: 20_000 });
  assert.is(code, 0);
  assert.is(stdout.trim(), 'true');
});

/** Ways in which a Node.js of the future may differ, each as code that runs before the self-test. */
const DIFFERENCES: Readonly<Record<string, string>> = {
  'sockets have no _handle': `
    const { emit } = net.Server.prototype;
    net.Server.prototype.emit = function (name, socket) {
      if (name === 'connection') Object.defineProperty(socket, '_handle', { value: undefined });
      return emit.call(this, name, socket);
    };`,
  'handles cannot read into buffers': `
    const probe = net.createServer().listen(0, '127.0.0.1');
    await events.once(probe, 'listening');
    const socket = net.connect(probe.address().port, '127.0.0.1');
    await events.once(socket, 'connect');
    let home = Object.getPrototypeOf(socket._handle);
    while (home !== null) { delete home.useUserBuffer; home = Object.getPrototypeOf(home); }
    socket.destroy();
    probe.close();`,
  'read(0) does not start reading': `
    const { read } = net.Socket.prototype;
    net.Socket.prototype.read = function (n) { return n === 0 ? null : read.call(this, n); };`,
  'pause does not stop reading': `
    net.Socket.prototype.pause = function () { return this; };`,
  'the callback is not called as a method': `
    const { Socket } = net;
    net.Socket = class extends Socket {
      constructor(options) {
        const { onread } = options ?? {};
        super(onread ? { ...options, onread: { ...onread, callback: (n) => onread.callback(n) } } : options);
      }
    };
    module.syncBuiltinESMExports();`,
};

for (const [difference, code] of Object.entries(DIFFERENCES)) {
  test(`where ${difference}, connections are read by data events`, async () => {
    const script = `
      import net from 'node:net';
      import events from 'node:events';
      import module from 'node:module';
      ${code}
      const { canTakeOver } = await import('./dist/src/transport/internals.js');
      console.log(await canTakeOver());
      process.exit();`;
    const args = ['--input-type=module', '--eval', script];
    const { stdout, output } = await runChild(process.execPath, args, { cwd: PROJECT_ROOT, limitMs: 20_000 });
    assert.is(stdout.trim(), 'false', output);
  });
}

test('a socket that was closed, or that has no handle of the kind expected, is left as it is', async () => {
  const transport = await testTransport();
  const { arrival } = await connectEnds(transport);
  const { socket } = arrival;
  const handle = Reflect.get(socket, '_handle');
  Reflect.set(socket, '_handle', { close: (done: () => void) => done() });
  assert.is(takeOver(socket, ONREAD), undefined);
  Reflect.set(socket, '_handle', handle);
  assert.is(socket.destroyed, false);
  socket.destroy();
  assert.is(takeOver(socket, ONREAD), undefined);
  assert.is(takeOver(new Socket(), ONREAD), undefined);
});

test('the old socket closes, the new one is paused and has the connection', async () => {
  const { arrival, client } = await connectEnds(await testTransport());
  const { socket: old } = arrival;
  const closed = once(old, 'close');
  const taken = takeOver(old, ONREAD) as Socket;
  await closed;
  client.write('unread');
  await turnOfEventLoop();
  assert.is(taken.bytesRead, 0);
  assert.is(taken.remotePort, client.localPort);
  assert.is(taken.allowHalfOpen, true);
  taken.destroy();
});

test('octetsTaken counts what the kernel has taken, and knows nothing of other streams', async () => {
  const { arrival, client } = await connectEnds(await testTransport());
  const { socket } = arrival;
  assert.is(octetsTaken(socket), 0);
  socket.write(Buffer.alloc(32 * 1024 * 1024));
  const partial = octetsTaken(socket) as number;
  assert.ok(partial > 0 && partial < 32 * 1024 * 1024, String(partial));
  client.resume();
  await until(() => octetsTaken(socket) === 32 * 1024 * 1024, 'all of it');
  assert.is(octetsTaken({}), undefined);
  assert.is(octetsTaken(new Socket()), undefined);
});

test.run();

/** The hidden files of secured ones, when the process ends between their last steps: none is left, none is missed. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Store } from '../../src/store/store.js';
import { text } from '../security/support.js';
import { own } from '../support/certificates.js';
import { cleanUp } from '../support/cleanup.js';
import { temporaryFolder } from '../support/folder.js';
import { transfer } from '../support/scenario.js';
import { expectBob, made } from '../support/secured.js';
import { type Handler, type Handlers, TestServer, type TestServerOptions } from '../support/server.js';
import { cd, rtr } from '../support/wire.js';

test.after.each(cleanUp);

const CONTENT = text(5_000);
const FIELDS = { comp: 1, env: 1 } as const;

type Settings = NonNullable<TestServerOptions['settings']>;

/** One process after the other: the same state and the same folder. */
class Lives {
  readonly statePath = temporaryFolder();
  readonly inbox = temporaryFolder();
  readonly #settings: Settings;

  constructor(settings: Settings = {}) {
    this.#settings = settings;
  }

  async begin(on: Handlers = {}): Promise<TestServer> {
    const host = await TestServer.start({
      settings: { statePath: this.statePath, ...this.#settings },
      on: {
        ...on,
        acceptConnection: async (event) => {
          await expectBob(event);
          event.connection.downloadDirectory = this.inbox;
          await on.acceptConnection?.(event);
        },
      },
    });
    host.server.certificate = own('alice');
    return host;
  }

  get hidden(): string[] {
    const folders = [this.inbox, join(this.statePath, 'outgoing')];
    const names = folders.flatMap((folder) => {
      try {
        return readdirSync(folder);
      } catch {
        return [];
      }
    });
    return names.filter((name) => name.startsWith('.oftp-'));
  }
}

/** What a process does no more after a change of its store: the change is on the disk, and it does not hear of it. */
function endAfter(name: 'finish' | 'noteAttributes'): Handler {
  return ({ connection }) => {
    const { store } = connection.session.environment;
    const change = store[name] as (...args: unknown[]) => Promise<unknown>;
    Object.assign(store, {
      [name]: async (...args: unknown[]) => {
        await change.apply(store, args);
        throw new Error('the process has ended');
      },
    } satisfies Partial<Record<keyof Store, unknown>>);
  };
}

for (const [where, settings] of [
  ['after EFPA', {}],
  ['before EFPA', { unwrapInSession: 1_000_000 }],
] as const) {
  test(`unwrapped ${where}: the process ends when the file is finished, and nothing is left of it`, async () => {
    const lives = new Lives(settings);
    const host = await lives.begin({ acceptConnection: endAfter('finish') });
    const { peer } = await host.session();
    await transfer(peer, await made(CONTENT, { compress: true }), FIELDS);
    await host.events.next('error');
    peer.reset();
    await host.server.shutdown();
    const next = await lives.begin();
    const { peer: again } = await next.session();
    again.send(cd());
    await again.expect('EERP');
    again.send(rtr());
    await again.expect('CD');
    assert.equal(readdirSync(lives.inbox), ['TESTFILE']);
    assert.equal(next.events.named('endTransfer'), []);
  });

  test(`unwrapped ${where}: the process ends before the hidden files go, and the next one removes them`, async () => {
    const lives = new Lives(settings);
    const host = await lives.begin({ acceptConnection: endAfter('noteAttributes') });
    const { peer } = await host.session();
    await transfer(peer, await made(CONTENT, { compress: true }), FIELDS);
    await host.events.next('error');
    peer.reset();
    await host.server.shutdown();
    assert.ok(lives.hidden.length > 0);
    const next = await lives.begin();
    const { peer: again } = await next.session();
    const { replayed, fileSize, reasonCode } = await next.events.next('endTransfer');
    assert.equal([replayed, fileSize, reasonCode], [true, CONTENT.length, 0]);
    again.send(cd());
    await again.expect('EERP');
    assert.equal(readdirSync(lives.inbox), ['TESTFILE']);
  });
}

for (const deleteOnError of [true, false]) {
  test(`refused, DeleteOnError ${deleteOnError}: the next process answers as the one before would have`, async () => {
    const lives = new Lives({ deleteOnError });
    const host = await lives.begin({ acceptConnection: endAfter('noteAttributes') });
    const { peer } = await host.session();
    await transfer(peer, Buffer.from('no envelope'), FIELDS);
    await host.events.next('error');
    peer.reset();
    await host.server.shutdown();
    const next = await lives.begin();
    const { peer: again } = await next.session();
    const { localFile, reasonCode } = await next.events.next('endTransfer');
    assert.equal([localFile, reasonCode], [deleteOnError ? '' : join(lives.inbox, 'TESTFILE'), 32]);
    again.send(cd());
    await again.expect('NERP', { reas: '32' });
    assert.equal(readdirSync(lives.inbox), deleteOnError ? [] : ['TESTFILE']);
  });
}

test('given to a stream: the process ends with its EFPA, and the next one removes the hidden files', async () => {
  const lives = new Lives();
  const host = await lives.begin({
    acceptConnection: endAfter('noteAttributes'),
    acceptFile: (event) => {
      event.stream = new PassThrough().resume();
    },
  });
  const { peer } = await host.session();
  await transfer(peer, await made(CONTENT, { compress: true }), FIELDS);
  await host.events.next('error');
  peer.reset();
  await host.server.shutdown();
  assert.ok(lives.hidden.length > 0);
  const next = await lives.begin();
  const { peer: again } = await next.session();
  await next.events.next('endTransfer');
  again.send(cd());
  await again.expect('EERP');
  assert.equal(lives.hidden, []);
});

test.run();

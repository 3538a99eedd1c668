/** What every store does, whatever it is made of. */

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OFTPError } from '../../src/settings/errors.js';
import { type EndResponse, type FileIdentity, RESPONSES_PAGE } from '../../src/store/store.js';
import { cleanUp } from '../support/cleanup.js';
import {
  eerp,
  exchange,
  IDENTITY_PARTS,
  identity,
  outgoing,
  PARTNER,
  pendingNames,
  received,
  rejection,
  STAMP,
  STORES,
} from './support.js';

test.after.each(cleanUp);

const OTHER = 'O0013OTHER';

/** Texts that storing easily changes: U+0000, half surrogates, what could be an escape, spaces, case and accents. */
const HARD_TEXTS = ['A\0B', '\ud800', '\udc00x', '\\u0000', '\\\\0', "o'; --", ' x ', 'É', 'E\u0301', '\u{1F4E6}', ''];

for (const [kind, open] of Object.entries(STORES)) {
  test(`${kind}: an acknowledged file is found by its identity, with everything that was recorded`, async () => {
    const store = await open();
    assert.is(await store.findReceived(identity('ORDERS')), undefined);
    const acknowledged = await store.acknowledge(received('ORDERS'));
    assert.equal(acknowledged, { ...received('ORDERS'), id: acknowledged.id, finished: false });
    assert.equal(await store.findReceived(identity('ORDERS')), acknowledged);
  });

  test(`${kind}: another partner, name, date, time, destination or originator is another file`, async () => {
    const store = await open();
    await store.acknowledge(received('ORDERS'));
    for (const part of IDENTITY_PARTS) {
      for (const value of [`${received('ORDERS')[part]} `, received('ORDERS')[part].toLowerCase().slice(1)]) {
        const other: FileIdentity = { ...identity('ORDERS'), [part]: value };
        assert.is(await store.findReceived(other), undefined, `${part} ${value}`);
        await store.acknowledge({ ...received('ORDERS'), [part]: value });
      }
    }
  });

  test(`${kind}: the stamps of files of one name between the same parties, latest first`, async () => {
    const store = await open();
    const { date: _date, time: _time, ...wanted } = identity('ORDERS');
    assert.equal(await store.receivedStamps(wanted), []);
    for (const time of ['1234560002', '1234560001']) await store.acknowledge({ ...received('ORDERS'), time });
    for (const part of ['partner', 'name', 'destination', 'originator'] as const) {
      await store.acknowledge({ ...received('ORDERS'), [part]: 'OTHER', time: '1234560003' });
    }
    const { date } = received('ORDERS');
    assert.equal(await store.receivedStamps(wanted), [
      { date, time: '1234560001' },
      { date, time: '1234560002' },
    ]);
  });

  test(`${kind}: texts come back as they went in, and are told apart`, async () => {
    const store = await open();
    for (const text of HARD_TEXTS) {
      const file = { ...received(text), localFile: text, userData: text, description: text, attributes: text };
      await store.acknowledge(file);
      await store.queueResponse({ ...eerp(text), userData: text, creator: text, reasonText: text });
      await store.beginOutgoing({ ...outgoing('N'), path: text, version: text }, () => STAMP);
    }
    for (const text of HARD_TEXTS) {
      const found = await store.findReceived(identity(text));
      const { name, localFile, userData, description, attributes } = found!;
      assert.equal([name, localFile, userData, description, attributes], Array(5).fill(text), JSON.stringify(text));
    }
    const responses = await store.pendingResponses(PARTNER);
    assert.equal(
      responses.map(({ file, userData, creator, reasonText }) => [file.name, userData, creator, reasonText]),
      HARD_TEXTS.map((text) => Array(4).fill(text)),
    );
    const attempts = HARD_TEXTS.map((text) =>
      store.beginOutgoing({ ...outgoing('N'), path: text, version: text }, () => STAMP),
    );
    assert.is(new Set((await Promise.all(attempts)).map(({ id }) => id)).size, HARD_TEXTS.length);
  });

  test(`${kind}: sizes and positions beyond 32 bits are exact`, async () => {
    const store = await open();
    const size = Number.MAX_SAFE_INTEGER;
    await store.acknowledge({ ...received('HUGE'), size });
    assert.is((await store.findReceived(identity('HUGE')))?.size, size);
    const { id } = await store.beginOutgoing(outgoing('HUGE'), () => STAMP);
    await store.outgoingReached(id, size);
    assert.is((await store.beginOutgoing(outgoing('HUGE'), () => STAMP)).reached, size);
  });

  test(`${kind}: a file that is acknowledged twice is refused (671), and the first one stays`, async () => {
    const store = await open();
    const first = await store.acknowledge(received('ORDERS'));
    const error = await rejection(store.acknowledge({ ...received('ORDERS'), localFile: '/inbox/ORDERS.1' }));
    assert.instance(error, OFTPError);
    assert.is(error.code, 671);
    assert.match(error.message, 'ORDERS');
    assert.equal(await store.findReceived(identity('ORDERS')), first);
    assert.is((await store.unfinished(PARTNER)).length, 1);
  });

  test(`${kind}: what is noted about a file stays when it is finished`, async () => {
    const store = await open();
    const { id } = await store.acknowledge(received('ORDERS'));
    await store.acknowledge(received('OTHER'));
    await store.noteAttributes(id, '{"hash":"x"}');
    const attributes = (await store.unfinished(PARTNER)).map((file) => file.attributes);
    assert.equal(attributes, ['{"hash":"x"}', received('OTHER').attributes]);
    await store.finish(id, undefined);
    assert.is((await store.findReceived(identity('ORDERS')))?.attributes, '{"hash":"x"}');
  });

  test(`${kind}: what is unfinished is listed by partner, oldest first, until it is finished`, async () => {
    const store = await open();
    const ids: number[] = [];
    for (const name of ['B', 'A', 'C']) ids.push((await store.acknowledge(received(name))).id);
    const other = await store.acknowledge(received('A', OTHER));
    assert.equal(
      (await store.unfinished(PARTNER)).map(({ name }) => name),
      ['B', 'A', 'C'],
    );
    await store.finish(ids[1]!, undefined);
    assert.equal(
      (await store.unfinished(PARTNER)).map(({ name }) => name),
      ['B', 'C'],
    );
    assert.equal(await store.unfinished(OTHER), [other]);
    await store.finish(ids[0]!, eerp('B'));
    await store.finish(ids[2]!, undefined);
    assert.equal(await store.unfinished(PARTNER), []);
    assert.is((await store.findReceived(identity('A')))?.finished, true);
    assert.is((await store.findReceived(identity('A', OTHER)))?.finished, false);
    assert.equal(await pendingNames(store), ['B']);
  });

  test(`${kind}: a file that is finished twice gets one response`, async () => {
    const store = await open();
    const { id } = await store.acknowledge(received('ORDERS'));
    await store.finish(id, eerp('ORDERS'));
    await store.finish(id, eerp('ORDERS'));
    assert.equal(await pendingNames(store), ['ORDERS']);
    const [response] = await store.pendingResponses(PARTNER);
    await store.confirmResponse(response!.id);
    await store.finish(id, eerp('ORDERS'));
    assert.equal(await pendingNames(store), []);
  });

  test(`${kind}: a response comes back octet for octet`, async () => {
    const store = await open();
    const octets = Uint8Array.from({ length: 65_535 }, (_, index) => index * 7);
    const nerp: EndResponse = {
      ...eerp('ORDERS'),
      name: 'NERP',
      creator: 'O0013HUB',
      reasonCode: 34,
      reasonText: 'processing failed',
      hash: octets.subarray(10, 42),
      signature: octets,
    };
    await store.queueResponse(nerp);
    await store.queueResponse({ ...eerp('PLAIN'), hash: new Uint8Array(0), signature: new Uint8Array(0) });
    const [first, second] = await store.pendingResponses(PARTNER);
    const { id, ...content } = first!;
    assert.type(id, 'number');
    assert.equal(content, { ...nerp, hash: octets.slice(10, 42) });
    assert.equal([second?.hash.length, second?.signature.length], [0, 0]);
  });

  test(`${kind}: responses stay in the order of their queueing, by partner, until they are confirmed`, async () => {
    const store = await open();
    for (const name of ['C', 'A', 'B']) await store.queueResponse(eerp(name));
    await store.queueResponse(eerp('D', OTHER));
    assert.equal(await pendingNames(store), ['C', 'A', 'B']);
    assert.equal(await pendingNames(store, OTHER), ['D']);
    const [, a] = await store.pendingResponses(PARTNER);
    await store.confirmResponse(a!.id);
    await store.confirmResponse(a!.id);
    assert.equal(await pendingNames(store), ['C', 'B']);
    for (const { id } of await store.pendingResponses(PARTNER)) await store.confirmResponse(id);
    assert.equal(await pendingNames(store), []);
    assert.equal(await pendingNames(store, OTHER), ['D']);
    assert.equal(await pendingNames(store, 'O0013STRANGER'), []);
  });

  test(`${kind}: many responses come in pages, each after the id that ended the one before`, async () => {
    const store = await open();
    const names = Array.from({ length: RESPONSES_PAGE + 3 }, (_, index) => `F${index}`);
    await Promise.all(names.map((name) => store.queueResponse(eerp(name))));
    const first = await store.pendingResponses(PARTNER);
    assert.is(first.length, RESPONSES_PAGE);
    const second = await store.pendingResponses(PARTNER, first.at(-1)!.id);
    const seen = [...first, ...second].map(({ file }) => file.name);
    assert.equal(seen, names);
    assert.equal(await store.pendingResponses(PARTNER, second.at(-1)!.id), []);
  });

  test(`${kind}: calls that are not waited for take effect in their order`, async () => {
    const store = await open();
    const acknowledged = store.acknowledge(received('ORDERS'));
    const unfinished = store.unfinished(PARTNER);
    const queued = ['A', 'B', 'C'].map((name) => store.queueResponse(eerp(name)));
    const pending = store.pendingResponses(PARTNER);
    const late = store.queueResponse(eerp('D'));
    assert.equal(await unfinished, [await acknowledged]);
    assert.equal(
      (await pending).map(({ file }) => file.name),
      ['A', 'B', 'C'],
    );
    await Promise.all([...queued, late]);
    assert.equal(await pendingNames(store), ['A', 'B', 'C', 'D']);
  });

  test(`${kind}: a repeated file gets its confirmed response once more, at the end and under a new id`, async () => {
    const store = await open();
    await exchange(store, 'FIRST');
    await store.queueResponse(eerp('SECOND'));
    const [second] = await store.pendingResponses(PARTNER);
    await store.repeatResponse(identity('FIRST'));
    await store.repeatResponse(identity('FIRST'));
    assert.equal(await pendingNames(store), ['SECOND', 'FIRST']);
    const [, again] = await store.pendingResponses(PARTNER);
    assert.ok(again!.id > second!.id);
    const { id, ...content } = again!;
    assert.equal(content, eerp('FIRST'));
    await store.confirmResponse(id);
    await store.repeatResponse(identity('FIRST'));
    assert.equal(await pendingNames(store), ['SECOND', 'FIRST']);
  });

  test(`${kind}: a repeated file whose response is still queued gets no second one`, async () => {
    const store = await open();
    const { id } = await store.acknowledge(received('ORDERS'));
    await store.finish(id, eerp('ORDERS'));
    await store.repeatResponse(identity('ORDERS'));
    assert.equal(await pendingNames(store), ['ORDERS']);
  });

  test(`${kind}: a repeated file that is not finished, has no response or is not known queues nothing`, async () => {
    const store = await open();
    await store.acknowledge(received('UNFINISHED'));
    await store.queueResponse(eerp('UNFINISHED'));
    const [early] = await store.pendingResponses(PARTNER);
    await store.confirmResponse(early!.id);
    const { id } = await store.acknowledge(received('SILENT'));
    await store.finish(id, undefined);
    for (const name of ['UNFINISHED', 'SILENT', 'UNKNOWN']) await store.repeatResponse(identity(name));
    assert.equal(await pendingNames(store), []);
  });

  test(`${kind}: a response that the application sent itself is repeated like any other`, async () => {
    const store = await open();
    const { id } = await store.acknowledge(received('RELAYED'));
    await store.finish(id, undefined);
    await store.queueResponse(eerp('RELAYED'));
    const [response] = await store.pendingResponses(PARTNER);
    await store.confirmResponse(response!.id);
    await store.repeatResponse(identity('RELAYED'));
    assert.equal(await pendingNames(store), ['RELAYED']);
  });

  test(`${kind}: can be closed twice`, async () => {
    const store = await open();
    await store.acknowledge(received('ORDERS'));
    await store.close();
    await store.close();
  });
}

test.run();

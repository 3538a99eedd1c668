/** What every store does with the records of outgoing files. */

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { FileIdentity, OutgoingKey } from '../../src/store/store.js';
import { cleanUp } from '../support/cleanup.js';
import { IDENTITY_PARTS, outgoing, PARTNER, rejection, STAMP, STORES } from './support.js';

test.after.each(cleanUp);

for (const [kind, open] of Object.entries(STORES)) {
  test(`${kind}: an outgoing file keeps its stamp and its position until the peer has acknowledged it`, async () => {
    const store = await open();
    const first = await store.beginOutgoing(outgoing('ORDERS'), () => STAMP);
    const { id } = first;
    assert.equal(first, { ...outgoing('ORDERS'), ...STAMP, id, phase: 'started', reached: 0, attributes: '' });
    const fail = () => {
      throw new Error('the stamp of an earlier attempt is known');
    };
    await store.outgoingReached(id, 2048);
    assert.equal(await store.beginOutgoing(outgoing('ORDERS'), fail), { ...first, reached: 2048 });
    await store.outgoingPhase(id, 'sent');
    await store.outgoingPrepared(id, '{"path":"x"}');
    const prepared = { ...first, phase: 'sent', reached: 2048, attributes: '{"path":"x"}' };
    assert.equal(await store.beginOutgoing(outgoing('ORDERS'), fail), prepared);
    await store.outgoingPhase(id, 'acknowledged');
    const later = { date: '20240301', time: '0000000001' };
    const second = await store.beginOutgoing(outgoing('ORDERS'), () => later);
    assert.is.not(second.id, id);
    assert.equal(second, {
      ...outgoing('ORDERS'),
      ...later,
      id: second.id,
      phase: 'started',
      reached: 0,
      attributes: '',
    });
  });

  for (const phase of ['started', 'sent'] as const) {
    test(`${kind}: a file that is answered while it is ${phase} keeps its stamp until it ends`, async () => {
      const store = await open();
      const { id } = await store.beginOutgoing(outgoing('ORDERS'), () => STAMP);
      await store.outgoingPhase(id, phase);
      await store.outgoingPhase(id, 'answered');
      await store.outgoingPhase(id, 'answered');
      const later = { date: '20240301', time: '0000000001' };
      const again = await store.beginOutgoing(outgoing('ORDERS'), () => later);
      assert.equal([again.id, again.phase, again.date], [id, 'answered', STAMP.date]);
      assert.is((await store.findOutgoing({ ...outgoing('ORDERS'), ...STAMP }))?.id, id);
      await store.endOutgoing(id);
      assert.is((await store.beginOutgoing(outgoing('ORDERS'), () => later)).date, later.date);
    });
  }

  test(`${kind}: what is noted late about an answered file does not make it one that is to be sent`, async () => {
    const store = await open();
    const { id } = await store.beginOutgoing(outgoing('ORDERS'), () => STAMP);
    await store.outgoingPhase(id, 'answered');
    for (const phase of ['started', 'sent'] as const) await store.outgoingPhase(id, phase);
    await store.outgoingReached(id, 1024);
    assert.is((await store.beginOutgoing(outgoing('ORDERS'), () => STAMP)).phase, 'answered');
  });

  for (const [first, second] of [
    ['acknowledged', 'answered'],
    ['answered', 'acknowledged'],
  ] as const) {
    test(`${kind}: of a file that is ${first} and then ${second} nothing is left`, async () => {
      const store = await open();
      const { id } = await store.beginOutgoing(outgoing('ORDERS'), () => STAMP);
      await store.outgoingPhase(id, 'sent');
      await store.outgoingPhase(id, first);
      await store.outgoingPhase(id, second);
      assert.is(await store.findOutgoing({ ...outgoing('ORDERS'), ...STAMP }), undefined);
      await store.outgoingPhase(id, second);
      assert.is.not((await store.beginOutgoing(outgoing('ORDERS'), () => STAMP)).id, id);
    });
  }

  test(`${kind}: other content, another path or other parties make another outgoing file`, async () => {
    const store = await open();
    const first = await store.beginOutgoing(outgoing('ORDERS'), () => STAMP);
    for (const part of ['partner', 'name', 'destination', 'originator', 'path', 'version'] as const) {
      const key: OutgoingKey = { ...outgoing('ORDERS'), [part]: `${outgoing('ORDERS')[part]} ` };
      assert.is.not((await store.beginOutgoing(key, () => STAMP)).id, first.id, part);
    }
    assert.is((await store.beginOutgoing(outgoing('ORDERS'), () => STAMP)).id, first.id);
  });

  test(`${kind}: a stamp that cannot be made fails the call, and nothing is remembered`, async () => {
    const store = await open();
    const error = await rejection(
      store.beginOutgoing(outgoing('ORDERS'), () => {
        throw new RangeError('no more stamps');
      }),
    );
    assert.instance(error, RangeError);
    const { date } = await store.beginOutgoing(outgoing('ORDERS'), () => STAMP);
    assert.is(date, STAMP.date);
  });

  test(`${kind}: two sessions that begin the same file at the same time get the same record`, async () => {
    const store = await open();
    const stamps = [STAMP, { date: '20240301', time: '0000000002' }];
    const [one, two] = await Promise.all(stamps.map((stamp) => store.beginOutgoing(outgoing('ORDERS'), () => stamp)));
    assert.equal(one, two);
  });

  test(`${kind}: an outgoing file is found by the identity in its end response, until it ends`, async () => {
    const store = await open();
    const { id } = await store.beginOutgoing(outgoing('ORDERS'), () => STAMP);
    const file: FileIdentity = {
      partner: PARTNER,
      name: 'ORDERS',
      ...STAMP,
      destination: PARTNER,
      originator: 'O0013HUB',
    };
    assert.is((await store.findOutgoing(file))?.id, id);
    await store.outgoingPhase(id, 'acknowledged');
    assert.is((await store.findOutgoing(file))?.phase, 'acknowledged');
    for (const part of IDENTITY_PARTS) {
      assert.is(await store.findOutgoing({ ...file, [part]: `${file[part]}0` }), undefined, part);
    }
    await store.endOutgoing(id);
    await store.endOutgoing(id);
    assert.is(await store.findOutgoing(file), undefined);
    await store.outgoingReached(id, 1);
    await store.outgoingPhase(id, 'sent');
    assert.is(await store.findOutgoing(file), undefined);
  });

  test(`${kind}: of outgoing files with one identity, the acknowledged one is found`, async () => {
    const store = await open();
    const older = await store.beginOutgoing(outgoing('ORDERS'), () => STAMP);
    const newer = await store.beginOutgoing({ ...outgoing('ORDERS'), version: '2' }, () => STAMP);
    const file: FileIdentity = { ...outgoing('ORDERS'), ...STAMP };
    assert.is((await store.findOutgoing(file))?.id, older.id);
    await store.outgoingPhase(newer.id, 'acknowledged');
    assert.is((await store.findOutgoing(file))?.id, newer.id);
  });
}

test.run();

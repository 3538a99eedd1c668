import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ResponseClaims } from '../../src/session/response-claims.js';
import { MemoryStore } from '../../src/store/memory-store.js';

test('a response that one session is sending is not for another one', async () => {
  const claims = new ResponseClaims(new MemoryStore());
  const [one, other] = [claims.open('O0013PARTNER'), claims.open('O0013PARTNER')];
  assert.is(await claims.take(one, 7), true);
  assert.is(await claims.take(other, 7), false);
  assert.is(await claims.take(other, 8), true);
});

test('a response whose session ended before RTR is for the next one', async () => {
  const claims = new ResponseClaims(new MemoryStore());
  const [one, other] = [claims.open('O0013PARTNER'), claims.open('O0013PARTNER')];
  await claims.take(one, 7);
  claims.release(7);
  assert.is(await claims.take(other, 7), true);
});

test('a response that was confirmed does not go out again from a list that was read before', async () => {
  const claims = new ResponseClaims(new MemoryStore());
  const [one, other] = [claims.open('O0013PARTNER'), claims.open('O0013PARTNER')];
  await claims.take(one, 7);
  claims.confirm(one, 7);
  claims.close(one);
  assert.is(await claims.take(other, 7), false);
  assert.is(await claims.take(other, 8), true);
});

test('what is confirmed for one partner is not kept for the sessions of others', async () => {
  const claims = new ResponseClaims(new MemoryStore());
  const [one, stranger] = [claims.open('O0013PARTNER'), claims.open('O0013STRANGER')];
  await claims.take(one, 7);
  claims.confirm(one, 7);
  assert.is(stranger.confirmed.size, 0);
  assert.is(one.confirmed.size, 1);
});

test.run();

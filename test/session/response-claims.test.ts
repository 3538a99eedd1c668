import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ResponseClaims } from '../../src/session/response-claims.js';

test('a response that one session is sending is not for another one', () => {
  const claims = new ResponseClaims();
  const [one, other] = [claims.open('O0013PARTNER'), claims.open('O0013PARTNER')];
  assert.is(claims.take(one, 7), true);
  assert.is(claims.take(other, 7), false);
  assert.is(claims.take(other, 8), true);
});

test('a response whose session ended before RTR is for the next one', () => {
  const claims = new ResponseClaims();
  const [one, other] = [claims.open('O0013PARTNER'), claims.open('O0013PARTNER')];
  claims.take(one, 7);
  claims.release(7);
  assert.is(claims.take(other, 7), true);
});

test('a response that was confirmed does not go out again from a list that was read before', () => {
  const claims = new ResponseClaims();
  const [one, other] = [claims.open('O0013PARTNER'), claims.open('O0013PARTNER')];
  claims.take(one, 7);
  claims.confirm(one, 7);
  claims.close(one);
  assert.is(claims.take(other, 7), false);
  assert.is(claims.take(other, 8), true);
});

test('what is confirmed for one partner is not kept for the sessions of others', () => {
  const claims = new ResponseClaims();
  const [one, stranger] = [claims.open('O0013PARTNER'), claims.open('O0013STRANGER')];
  claims.take(one, 7);
  claims.confirm(one, 7);
  assert.is(stranger.confirmed.size, 0);
  assert.is(one.confirmed.size, 1);
});

test.run();

/** What two SSIDs agree on: RFC 5024 §3.2.1, §5.3.2, §9.8. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { SSID } from '../../src/protocol/commands/codec.js';
import { LEVELS, type Level } from '../../src/protocol/commands/version.js';
import {
  type Agreement,
  agreedLevel,
  type Negotiation,
  negotiateAsInitiator,
  negotiateAsResponder,
  type SessionOffer,
  ssidOf,
} from '../../src/protocol/negotiate.js';

const OFFER: SessionOffer = {
  level: 5,
  code: 'O0013HUB',
  password: 'HUBPW',
  mode: 'B',
  bufferSize: 2048,
  credit: 99,
  compression: true,
  restart: true,
  authentication: false,
  user: 'ME',
};

const PEER: SSID = {
  name: 'SSID',
  lev: 5,
  code: 'O0013PARTNER',
  pswd: 'PARTPW',
  sdeb: 2048,
  sr: 'B',
  cmpr: true,
  rest: true,
  spec: false,
  cred: 99,
  auth: false,
  user: '',
};

type Negotiate = (own: SessionOffer, peer: SSID) => Negotiation;

const SIDES: readonly [side: string, negotiate: Negotiate][] = [
  ['responder', negotiateAsResponder],
  ['initiator', negotiateAsInitiator],
];

function agreed(negotiation: Negotiation): Agreement {
  if (negotiation.outcome !== 'successful') throw new Error(`${negotiation.outcome}: ${negotiation.detail}`);
  return negotiation.agreement;
}

function refusal(negotiation: Negotiation): { outcome: string; reason: number; detail: string } {
  if (negotiation.outcome === 'successful') throw new Error('they agreed');
  return negotiation;
}

for (const [own, offered, level] of [
  [5, 1, 1],
  [5, 2, 2],
  [5, 4, 4],
  [5, 5, 5],
  [4, 5, 4],
  [2, 5, 2],
  [1, 5, 1],
  [1, 2, 1],
  [2, 1, 1],
  [5, 3, 2],
  [4, 3, 2],
  [2, 3, 2],
  [1, 3, 1],
  [5, 6, 5],
  [5, 9, 5],
  [4, 9, 4],
] as const) {
  test(`C-048 C-049 C-050 a responder of level ${own} answers an offer of level ${offered} by ${level}`, () => {
    assert.is(agreedLevel(own, offered), level);
    assert.is(agreed(negotiateAsResponder({ ...OFFER, level: own }, { ...PEER, lev: offered })).level, level);
  });
}

for (const [own, answered] of [
  [4, 5],
  [2, 4],
  [1, 2],
  [5, 3],
  [5, 9],
] as const) {
  test(`C-048 an initiator of level ${own} refuses the answer ${answered} with reason 10`, () => {
    const { outcome, reason, detail } = refusal(
      negotiateAsInitiator({ ...OFFER, level: own }, { ...PEER, lev: answered }),
    );
    assert.is(outcome, 'other');
    assert.is(reason, 10);
    assert.match(detail, `SSIDLEV ${answered} answered to an offer of ${own}`);
  });
}

for (const level of LEVELS) {
  test(`C-048 an initiator of level 5 takes the answer ${level}`, () => {
    assert.is(agreed(negotiateAsInitiator(OFFER, { ...PEER, lev: level })).level, level);
  });
}

for (const [own, offered, size] of [
  [4096, 128, 128],
  [4096, 2048, 2048],
  [4096, 99_999, 4096],
  [128, 99_999, 128],
] as const) {
  test(`C-055 C-061 buffer sizes ${own} and ${offered}: ${size} on both sides`, () => {
    for (const [, negotiate] of SIDES) {
      const { bufferSize } = agreed(negotiate({ ...OFFER, bufferSize: own }, { ...PEER, sdeb: offered }));
      assert.is(bufferSize, size);
    }
  });
}

for (const [own, offered, window] of [
  [99, 1, 1],
  [99, 50, 50],
  [99, 999, 99],
  [1, 999, 1],
] as const) {
  test(`C-059 a responder of credit ${own} answers an offer of ${offered} by ${window}`, () => {
    assert.is(agreed(negotiateAsResponder({ ...OFFER, credit: own }, { ...PEER, cred: offered })).window, window);
  });
}

test('C-059 an initiator takes less credit than it offered, and refuses more with reason 10', () => {
  assert.is(agreed(negotiateAsInitiator(OFFER, { ...PEER, cred: 7 })).window, 7);
  assert.is(agreed(negotiateAsInitiator(OFFER, { ...PEER, cred: 99 })).window, 99);
  const { outcome, reason, detail } = refusal(negotiateAsInitiator(OFFER, { ...PEER, cred: 100 }));
  assert.is(outcome, 'other');
  assert.is(reason, 10);
  assert.match(detail, 'SSIDCRED 100 answered to an offer of 99');
});

for (const [own, peer, both] of [
  [true, true, true],
  [true, false, false],
  [false, true, false],
  [false, false, false],
] as const) {
  test(`C-067 C-068 buffer compression and restart ${own} here, ${peer} there: ${both}`, () => {
    for (const [, negotiate] of SIDES) {
      const offer = { ...OFFER, compression: own, restart: own };
      const { compression, restart } = agreed(negotiate(offer, { ...PEER, cmpr: peer, rest: peer }));
      assert.is(compression, both);
      assert.is(restart, both);
    }
  });
}

/** Own SSIDSR, the peer's, and what this side may do. */
const MODES = [
  ['S', 'R', 'S'],
  ['S', 'B', 'S'],
  ['R', 'S', 'R'],
  ['R', 'B', 'R'],
  ['B', 'S', 'R'],
  ['B', 'R', 'S'],
  ['B', 'B', 'B'],
] as const;

for (const [side, negotiate] of SIDES) {
  for (const [own, peer, mode] of MODES) {
    test(`C-062 ${side} with SSIDSR ${own} meets ${peer}: ${mode}`, () => {
      assert.is(agreed(negotiate({ ...OFFER, mode: own }, { ...PEER, sr: peer })).mode, mode);
    });
  }

  for (const mode of ['S', 'R'] as const) {
    test(`C-063 ${side} with SSIDSR ${mode} meets ${mode}: reason 10`, () => {
      const { outcome, reason } = refusal(negotiate({ ...OFFER, mode }, { ...PEER, sr: mode }));
      assert.is(outcome, 'mode');
      assert.is(reason, 10);
    });
  }

  for (const authentication of [true, false]) {
    test(`C-070 ${side}: secure authentication ${authentication} on both sides is agreed`, () => {
      const offer = { ...OFFER, authentication };
      assert.is(agreed(negotiate(offer, { ...PEER, auth: authentication })).authentication, authentication);
    });

    test(`C-070 ${side}: secure authentication ${authentication} here, ${!authentication} there: reason 12`, () => {
      const { outcome, reason } = refusal(negotiate({ ...OFFER, authentication }, { ...PEER, auth: !authentication }));
      assert.is(outcome, 'authentication');
      assert.is(reason, 12);
    });
  }

  for (const level of [1, 2, 4] as const) {
    test(`C-072 C-273 ${side}: a level of ${level} cannot authenticate, and has no reason 12: reason 10`, () => {
      const offer = { ...OFFER, authentication: true };
      const { outcome, reason, detail } = refusal(negotiate(offer, { ...PEER, lev: level }));
      assert.is(outcome, 'other');
      assert.is(reason, 10);
      assert.match(detail, 'secure authentication');
    });
  }

  test(`C-069 ${side}: SSIDSPEC Y of the peer is not used and does no harm`, () => {
    assert.equal(negotiate(OFFER, { ...PEER, spec: true }), negotiate(OFFER, PEER));
  });
}

test('§9.8 D, G: if both mode and authentication conflict, the initiator says 10, the responder 12', () => {
  const own = { ...OFFER, mode: 'S', authentication: true } as const;
  const peer = { ...PEER, sr: 'S', auth: false } as const;
  assert.is(refusal(negotiateAsInitiator(own, peer)).reason, 10);
  assert.is(refusal(negotiateAsResponder(own, peer)).reason, 12);
});

test('C-043 the SSID of an initiator is its offer', () => {
  assert.equal(ssidOf(OFFER), {
    name: 'SSID',
    lev: 5,
    code: 'O0013HUB',
    pswd: 'HUBPW',
    sdeb: 2048,
    sr: 'B',
    cmpr: true,
    rest: true,
    spec: false,
    cred: 99,
    auth: false,
    user: 'ME',
  });
});

test('C-043 C-061 the SSID of a responder has the own code and password and what was agreed on', () => {
  const peer = { ...PEER, lev: 4, sdeb: 512, sr: 'S', cmpr: false, rest: false, spec: true, cred: 3 } as const;
  assert.equal(ssidOf(OFFER, agreed(negotiateAsResponder(OFFER, peer))), {
    name: 'SSID',
    lev: 4,
    code: 'O0013HUB',
    pswd: 'HUBPW',
    sdeb: 512,
    sr: 'R',
    cmpr: false,
    rest: false,
    spec: false,
    cred: 3,
    auth: false,
    user: 'ME',
  });
});

// Whatever is offered

const anyOffer = fc.record<SessionOffer>({
  level: fc.constantFrom(...LEVELS),
  code: fc.constant('O0013HUB'),
  password: fc.constant('HUBPW'),
  mode: fc.constantFrom('S', 'R', 'B'),
  bufferSize: fc.integer({ min: 128, max: 99_999 }),
  credit: fc.integer({ min: 1, max: 999 }),
  compression: fc.boolean(),
  restart: fc.boolean(),
  authentication: fc.boolean(),
  user: fc.constant(''),
});

const anySsid: fc.Arbitrary<SSID> = fc
  .record({
    lev: fc.integer({ min: 1, max: 9 }),
    sdeb: fc.integer({ min: 128, max: 99_999 }),
    sr: fc.constantFrom('S' as const, 'R' as const, 'B' as const),
    cmpr: fc.boolean(),
    rest: fc.boolean(),
    spec: fc.boolean(),
    cred: fc.integer({ min: 1, max: 999 }),
    auth: fc.boolean(),
  })
  .map((fields) => ({ ...PEER, ...fields }));

test('C-061 no answer is above the offer, whatever both sides want', () => {
  fc.assert(
    fc.property(anyOffer, anySsid, (own, peer) => {
      const negotiation = negotiateAsResponder(own, peer);
      if (negotiation.outcome !== 'successful') return;
      const answer = ssidOf(own, negotiation.agreement);
      assert.ok(answer.lev <= peer.lev && answer.lev <= own.level);
      assert.ok(answer.sdeb <= peer.sdeb && answer.sdeb <= own.bufferSize);
      assert.ok(answer.cred <= peer.cred && answer.cred <= own.credit);
      assert.ok(peer.cmpr || !answer.cmpr);
      assert.ok(peer.rest || !answer.rest);
      assert.not(answer.spec);
      assert.is(answer.auth, answer.lev === 5 && peer.auth);
    }),
  );
});

test('what an initiator agrees to is never above its own offer nor above the answer', () => {
  fc.assert(
    fc.property(anyOffer, anySsid, (own, peer) => {
      const negotiation = negotiateAsInitiator(own, peer);
      if (negotiation.outcome !== 'successful') return;
      const { level, bufferSize, window, compression, restart } = negotiation.agreement;
      assert.ok(level <= own.level && level === (peer.lev as Level));
      assert.ok(bufferSize <= own.bufferSize && bufferSize <= peer.sdeb);
      assert.ok(window <= own.credit && window === peer.cred);
      assert.ok((own.compression && peer.cmpr) || !compression);
      assert.ok((own.restart && peer.rest) || !restart);
    }),
  );
});

test('both sides draw the same conclusion, each from the SSID of the other', () => {
  fc.assert(
    fc.property(anyOffer, anyOffer, (caller, called) => {
      const atResponder = negotiateAsResponder(called, ssidOf(caller));
      if (atResponder.outcome !== 'successful') return;
      const answer = ssidOf(called, atResponder.agreement);
      const negotiation = negotiateAsInitiator(caller, answer);
      if (caller.authentication && answer.lev < 5) {
        // The one thing that an SSID below level 5 cannot say.
        assert.is(refusal(negotiation).reason, 10);
        return;
      }
      const atInitiator = agreed(negotiation);
      assert.equal({ ...atInitiator, mode: answer.sr }, atResponder.agreement);
      const opposite = { S: 'R', R: 'S', B: 'B' }[answer.sr];
      assert.ok(atInitiator.mode === opposite || answer.sr === 'B');
    }),
  );
});

test('reasons and texts of a refusal hold neither password', () => {
  fc.assert(
    fc.property(anyOffer, anySsid, (own, peer) => {
      for (const [, negotiate] of SIDES) {
        const negotiation = negotiate(own, peer);
        if (negotiation.outcome !== 'successful') assert.not.match(negotiation.detail, /HUBPW|PARTPW/);
      }
    }),
  );
});

test.run();

/**
 * C-286: every inbound event in every state a responder can be brought into without authentication, against
 * fixtures/inbound-matrix.json. A_WF_CONRS, OPIP, CLIP and RTRP end as soon as the server answers: an event that is
 * sent there may meet the state that follows.
 */
import { test } from 'uvu';
import { cleanUp } from '../support/cleanup.js';
import { type Gate, gate } from '../support/gate.js';
import { assertReaction, OBSERVABLE_EVENTS } from '../support/matrix.js';
import type { RawPeer } from '../support/peer.js';
import type { CommandName } from '../support/received.js';
import { open, receive, receiveUpToEfid, sample, transfer } from '../support/scenario.js';
import { TestServer, type TestServerOptions } from '../support/server.js';
import { cd, cdt, eerp, efid, rtr, sfid, sfpa, ssid, stb } from '../support/wire.js';

test.after.each(cleanUp);

interface Scene {
  readonly host: TestServer;
  /** Holds a handler of the server until the test opens it. */
  readonly held: Gate;
}

interface Drive {
  readonly options?: (scene: Pick<Scene, 'held'> & { host(): TestServer }) => TestServerOptions;
  /** Brings the server into the state. */
  readonly reach: (scene: Scene) => Promise<RawPeer>;
  /** The state that follows when the server's answer overtakes the event, and that answer. */
  readonly passing?: { readonly next: string; readonly answer: CommandName };
  /** Commands of the server that may still be on their way. */
  readonly underWay?: readonly CommandName[];
}

/** In its turn the server sends one file of `length` octets, then keeps the turn. */
const speaks =
  (length: number): NonNullable<Drive['options']> =>
  ({ host, held }) => ({
    on: {
      readyToSend: async ({ connection }) => {
        const path = host().outgoing('OUT', Buffer.alloc(length));
        await connection.sendFile({ path, virtualFileName: 'OUT' }).catch(() => {});
        await held.opened;
      },
    },
  });

const keepsTheTurn: NonNullable<Drive['options']> = ({ held }) => ({ on: { readyToSend: () => held.opened } });

async function upToSfid({ host }: Scene, cred = 99): Promise<RawPeer> {
  const { peer } = await host.session({ cred, sdeb: 128 });
  peer.send(cd());
  await peer.expect('SFID');
  return peer;
}

const STATES: Readonly<Record<string, Drive>> = {
  A_NC_ONLY: { reach: ({ host }) => host.ready() },
  A_WF_CONRS: {
    options: ({ held }) => ({ on: { acceptConnection: () => held.opened } }),
    reach: async ({ host }) => {
      const peer = await host.ready();
      peer.send(ssid());
      await host.events.next('acceptConnection');
      return peer;
    },
    passing: { next: 'IDLELI', answer: 'SSID' },
  },
  IDLELI: { options: keepsTheTurn, reach: async ({ host }) => (await host.session()).peer },
  IDLELICD: {
    reach: async ({ host }) => {
      const { peer } = await host.session();
      await transfer(peer, sample(10));
      peer.send(cd());
      await peer.expect('EERP');
      peer.send(rtr());
      await peer.expect('CD');
      return peer;
    },
  },
  OPIP: {
    options: ({ held }) => ({ on: { acceptFile: () => held.opened } }),
    reach: async ({ host }) => {
      const { peer } = await host.session();
      peer.send(sfid(5));
      await host.events.next('acceptFile');
      return peer;
    },
    passing: { next: 'OPI', answer: 'SFPA' },
  },
  OPI: {
    reach: async ({ host }) => {
      const { peer } = await host.session();
      await open(peer);
      return peer;
    },
  },
  CLIP: {
    options: keepsTheTurn,
    reach: async ({ host }) => {
      const { peer } = await host.session();
      await open(peer);
      peer.send(efid(5, { ucnt: 0 }));
      return peer;
    },
    passing: { next: 'IDLELI', answer: 'EFPA' },
  },
  RTRP: {
    options: ({ held }) => ({ on: { endResponse: () => held.opened } }),
    reach: async ({ host }) => {
      const { peer } = await host.session();
      peer.send(eerp(5));
      await host.events.next('endResponse');
      return peer;
    },
    passing: { next: 'IDLELI', answer: 'RTR' },
  },
  IDLESPCD: {
    options: keepsTheTurn,
    reach: async ({ host }) => {
      const { peer } = await host.session();
      peer.send(cd());
      await host.events.next('readyToSend');
      return peer;
    },
  },
  IDLESP: {
    options: speaks(10),
    reach: async ({ host }) => {
      const { peer } = await host.session();
      peer.send(cd());
      await receive(peer);
      return peer;
    },
  },
  WF_RTR: {
    options: keepsTheTurn,
    reach: async ({ host }) => {
      const { peer } = await host.session();
      await transfer(peer, sample(10));
      peer.send(cd());
      await peer.expect('EERP');
      return peer;
    },
  },
  ERSTWFCD: {
    options: () => ({ settings: { endResponseTurn: 'asap' } }),
    reach: async ({ host }) => {
      const { peer } = await host.session();
      await transfer(peer, sample(10));
      return peer;
    },
  },
  OPOP: { options: speaks(500), reach: (scene) => upToSfid(scene) },
  OPO: {
    options: speaks(4_000_000),
    reach: async ({ host }) => {
      const { peer } = await host.session({ cred: 999, sdeb: 99_999 });
      peer.send(cd());
      await peer.expect('SFID');
      // The event follows in the same segment: the server has not read so large a file by then.
      peer.holdBack(sfpa(5));
      return peer;
    },
    underWay: ['DATA'],
  },
  OPOWFC: {
    options: speaks(500),
    reach: async (scene) => {
      const peer = await upToSfid(scene, 1);
      peer.send(sfpa(5));
      await peer.expect('DATA');
      return peer;
    },
  },
  CLOP: {
    options: speaks(10),
    reach: async ({ host }) => {
      const { peer } = await host.session({ cred: 1 });
      peer.send(cd());
      await receiveUpToEfid(peer, { window: 1 });
      return peer;
    },
  },
  WF_NDISC: {
    options: () => ({ config: ['DisconnectAfterEndSession=False'] }),
    reach: async ({ host }) => {
      const { peer } = await host.session();
      peer.send(stb('Z'));
      await peer.expect('ESID', { reas: '01' });
      return peer;
    },
  },
};

async function bring({ options, reach }: Drive): Promise<Scene & { readonly peer: RawPeer }> {
  const held = gate();
  let host: TestServer | undefined;
  host = await TestServer.start(options?.({ held, host: () => host! }));
  return { host, held, peer: await reach({ host, held }) };
}

for (const [state, drive] of Object.entries(STATES)) {
  const states = drive.passing === undefined ? [state] : [state, drive.passing.next];
  for (const event of OBSERVABLE_EVENTS) {
    test(`C-286 ${state}, ${event}`, async () => {
      const { peer, held } = await bring(drive);
      if (drive.passing !== undefined) setImmediate(held.open);
      const before = [...(drive.underWay ?? []), ...(drive.passing === undefined ? [] : [drive.passing.answer])];
      await assertReaction(peer, states, event, before);
      held.open();
    });
  }

  test(`C-009 C-286 ${state}, RST: the session is gone and others are served`, async () => {
    const { host, peer, held } = await bring(drive);
    peer.reset();
    // While a decision is awaited nothing is read, and a reset not seen.
    if (drive.passing !== undefined) held.open();
    await host.events.next('disconnected');
    held.open();
    const next = await host.ready();
    next.send(ssid());
    await next.expect('SSID');
  });
}

test('C-200 C-286 ERSTWFCD, CD: the EERP, and after its RTR the CD, never ESID 00', async () => {
  const { peer } = await bring(STATES['ERSTWFCD']!);
  peer.send(cd());
  await peer.expect('EERP');
  peer.send(rtr());
  await peer.expect('CD');
});

test('C-286 OPOWFC, CDT behind every DATA up to EFID', async () => {
  const { peer } = await bring(STATES['OPOWFC']!);
  for (let received = 'DATA'; received === 'DATA'; ) {
    peer.send(cdt());
    received = (await peer.expectOneOf('DATA', 'EFID')).name;
  }
});

test.run();

/** Files that are sent again after an attempt that transmitted all of their octets. RFC 5024 §1.5.2, §4.3.5, §5.3.5. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanUp } from '../support/cleanup.js';
import { type Outcome, outcomeOf } from '../support/outcome.js';
import { receiveUpToEfid } from '../support/scenario.js';
import { TestServer } from '../support/server.js';
import { cd, efna, sfna, sfpa } from '../support/wire.js';

test.after.each(cleanUp);

interface Sender {
  readonly host: TestServer;
  /** How each attempt ended. */
  readonly outcomes: Promise<Outcome<unknown>>[];
}

/** A server that sends one and the same file in every session. */
async function serverThatSendsAgain(): Promise<Sender> {
  const outcomes: Promise<Outcome<unknown>>[] = [];
  let path: string | undefined;
  const host = await TestServer.start({
    on: {
      readyToSend: async ({ connection }) => {
        path ??= host.outgoing('OUT', Buffer.alloc(3000, 'octets '));
        outcomes.push(outcomeOf(connection.sendFile({ path, virtualFileName: 'OUT' })));
        await outcomes.at(-1);
      },
    },
  });
  return { host, outcomes };
}

/** Takes all of the file, and breaks the connection before EFPA. */
async function loseEfpa(host: TestServer): Promise<void> {
  const { peer } = await host.session();
  peer.send(cd());
  await receiveUpToEfid(peer);
  peer.reset();
  await host.events.next('disconnected');
}

/** Answers the offer of the file by SFNA 13. */
async function refuseAsDuplicate(host: TestServer): Promise<void> {
  const { peer } = await host.session();
  peer.send(cd());
  await peer.expect('SFID');
  peer.send(sfna(5, 13, 'N'));
  await peer.expect('CD');
}

async function assertRefused(outcome: Promise<Outcome<unknown>> | undefined): Promise<void> {
  const { code, reasonCode } = (await outcome)?.error ?? {};
  assert.equal([code, reasonCode], [687, 13]);
}

test('SFNA 13 after an attempt whose EFPA was lost: the file is sent', async () => {
  const { host, outcomes } = await serverThatSendsAgain();
  await loseEfpa(host);
  await refuseAsDuplicate(host);
  assert.is((await outcomes[1])?.error, undefined);
});

test('SFNA 13 after the EFNA of an earlier attempt: the peer does not have the file, sendFile rejects', async () => {
  const { host, outcomes } = await serverThatSendsAgain();
  const { peer } = await host.session();
  peer.send(cd());
  await receiveUpToEfid(peer);
  peer.send(efna(5, 6));
  await peer.expect('CD');
  peer.reset();
  await refuseAsDuplicate(host);
  assert.is((await outcomes[0])?.error?.reasonCode, 6);
  await assertRefused(outcomes[1]);
});

test('SFNA 13 after SFPA has asked for the file again: the peer did not have it, sendFile rejects', async () => {
  const { host, outcomes } = await serverThatSendsAgain();
  await loseEfpa(host);
  const { peer } = await host.session();
  peer.send(cd());
  await peer.expect('SFID');
  peer.send(sfpa(5));
  peer.reset();
  await host.events.next('disconnected');
  await refuseAsDuplicate(host);
  await assertRefused(outcomes[2]);
});

test.run();

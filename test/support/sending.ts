import * as assert from 'uvu/assert';
import type { Certificate, SendFileOptions } from '../../src/index.js';
import { gate } from './gate.js';
import { type Outcome, outcomeOf, within } from './outcome.js';
import { contentOf } from './received.js';
import { receive, sample } from './scenario.js';
import { TestServer, type TestServerOptions } from './server.js';
import { cd } from './wire.js';

export interface SendingOptions extends TestServerOptions {
  /** Virtual file names, in the order of the `sendFile` calls, which do not wait for each other. */
  readonly names?: readonly string[];
  /** The content of each of them; 100 octets by default. */
  readonly octets?: Uint8Array;
  /** More options for each `sendFile`. */
  readonly file?: Partial<SendFileOptions>;
}

export interface SendingServer {
  readonly host: TestServer;
  /** How each `sendFile` ended, known when all of them have. */
  outcomes(): Promise<readonly Outcome<unknown>[]>;
}

/** A server that sends files in its first turn and nothing later. */
export async function serverThatSends(options: SendingOptions = {}): Promise<SendingServer> {
  const { names = ['OUT'], octets = sample(100), file, on, ...rest } = options;
  const queue = [...names];
  const turn = gate();
  let outcomes: readonly Outcome<unknown>[] = [];
  const host = await TestServer.start({
    ...rest,
    on: {
      ...on,
      readyToSend: async ({ connection }) => {
        const path = host.outgoing('OUT', octets);
        const sent = queue.splice(0).map((virtualFileName) => connection.sendFile({ path, virtualFileName, ...file }));
        if (sent.length === 0) return;
        outcomes = await Promise.all(sent.map(outcomeOf));
        turn.open();
      },
    },
  });
  return { host, outcomes: () => within(turn.opened).then(() => outcomes) };
}

/** The octets of a file that a server has encrypted for this certificate. */
export async function encryptedFor(certificate: Certificate, octets: Buffer): Promise<Buffer> {
  const { host } = await serverThatSends({
    octets,
    file: { security: 'encrypted' },
    on: {
      acceptConnection: ({ connection }) => {
        connection.recipientCertificate = certificate;
      },
    },
  });
  const { peer } = await host.session();
  peer.send(cd());
  const { sfid, data } = await receive(peer);
  assert.is(sfid.fields['sec'], '01');
  return contentOf(data);
}

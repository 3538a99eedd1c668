/** Certificate exchange as the scripted partner does it: the reserved names of C-305, and what comes of them. */
import { fixture } from '../security/support.js';
import type { RawPeer } from './peer.js';
import type { Received } from './received.js';
import { transfer } from './scenario.js';
import { type TestEvent, TestServer, type TestServerOptions } from './server.js';
import { cd, rtr, type SfidFields } from './wire.js';

/** The certificate of the partner, in DER. */
export const BOB = fixture('certificates/bob.cert.der');

export const NAMES = {
  request: 'ODETTE_CERTIFICATE_REQUEST',
  replace: 'ODETTE_CERTIFICATE_REPLACE',
  deliver: 'ODETTE_CERTIFICATE_DELIVER',
} as const;

/** Hands over the turn and takes the one end response. */
export async function answered(peer: RawPeer): Promise<Received> {
  peer.send(cd());
  const response = await peer.expectOneOf('EERP', 'NERP');
  peer.send(rtr());
  return response;
}

/** SFIDDESC behind its length (RFC 5024 §5.3.3). */
export const descriptionOf = ({ octets }: Received): Buffer =>
  octets.subarray(165, 165 + Number(octets.toString('latin1', 162, 165)));

/** Delivers octets by a reserved name. The end response, and what the server has made of it. */
export async function delivered(
  octets: Uint8Array,
  fields: SfidFields = {},
  options: TestServerOptions = {},
): Promise<{ host: TestServer; response: Received; event: TestEvent | undefined }> {
  const host = await TestServer.start(options);
  const { peer } = await host.session();
  await transfer(peer, octets, { dsn: NAMES.deliver, ...fields });
  const response = await answered(peer);
  return { host, response, event: host.events.named('certificateReceived')[0] };
}

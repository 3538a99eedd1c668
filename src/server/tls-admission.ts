import { OFTPError } from '../settings/errors.js';
import type { Arrival } from '../transport/arrival.js';
import type { Channel } from '../transport/channel.js';
import type { CoarseClock } from '../transport/clock.js';
import { peerEvidence } from '../transport/tls/peer.js';
import { acceptTls } from '../transport/tls/server-handshake.js';
import { type CertificateProblem, type PeerEvidence, statusOf } from '../transport/tls/verdict.js';
import type { Certificate } from './certificate.js';
import type { OFTPConnection } from './connection.js';
import type { EventHub } from './event-hub.js';
import type { SslClientAuthenticationEvent } from './events.js';
import { contextFor } from './ssl-connection-request.js';
import type { TlsSide } from './tls-side.js';

const ABSENT: CertificateProblem = { kind: 'absent', text: 'the client has presented no certificate' };

/** What the admission of a client over TLS needs. */
export interface TlsAdmission {
  readonly endpoint: EventHub;
  readonly side: TlsSide;
  readonly clock: CoarseClock;
  /** Ends the handshake. */
  readonly signal: AbortSignal;
}

/**
 * Goes through the handshake with a client that has been let in so far, and lets `sslClientAuthentication` decide about
 * its certificate where one was asked for.
 *
 * @throws OFTPError 671, 10054 or 10060 for a handshake that failed, 690 for a certificate that was not accepted; the
 *   connection is closed then
 */
export async function admitOverTls(
  admission: TlsAdmission,
  arrival: Arrival,
  connection: OFTPConnection,
): Promise<Channel> {
  const { endpoint, side, clock, signal } = admission;
  const { sslAuthenticateClients } = endpoint.settings.values;
  const doing = `TLS handshake with ${arrival.remoteAddress}`;
  side.tellStatus(connection, `${doing} begins`);
  const { context, spent } = await contextFor(admission, arrival, connection, doing);
  const { deadline, silence } = side.limits();
  const stream = await acceptTls(arrival.socket, doing, {
    // 0 is no limit: of one that has been used up by now a millisecond is left.
    deadline: deadline === 0 ? 0 : Math.max(1, deadline - spent),
    silence,
    ...side.listeners(connection),
    context,
    clock,
    signal,
    requestCertificate: sslAuthenticateClients,
  });
  const evidence = side.completed(peerEvidence(stream, 'client', context.anchors), context);
  const problems = sslAuthenticateClients ? await problemsOf(side, evidence) : [];
  const { peerCertificate } = side.established(
    connection,
    stream,
    evidence,
    sslAuthenticateClients ? statusOf(problems) : '',
  );
  if (sslAuthenticateClients) await authenticate(admission, connection, evidence, peerCertificate, problems);
  return arrival.openOver(stream);
}

async function problemsOf(side: TlsSide, evidence: PeerEvidence | undefined): Promise<readonly CertificateProblem[]> {
  return evidence === undefined ? [ABSENT] : await side.problems(evidence);
}

async function authenticate(
  { endpoint, clock }: TlsAdmission,
  connection: OFTPConnection,
  evidence: PeerEvidence | undefined,
  certificate: Certificate | null,
  problems: readonly CertificateProblem[],
): Promise<void> {
  const { sslIncludeCertChain, timeout } = endpoint.settings.values;
  const shown = evidence === undefined ? [] : [evidence.certificate, ...(sslIncludeCertChain ? evidence.issuers : [])];
  const event: SslClientAuthenticationEvent = {
    connectionId: connection.id,
    connection,
    certEncoded: Buffer.from(shown.join('')),
    certSubject: certificate?.subject ?? '',
    certIssuer: certificate?.issuer ?? '',
    certificate,
    status: statusOf(problems),
    accept: problems.length === 0,
  };
  try {
    await endpoint.decide('sslClientAuthentication', event, timeout * 1000, clock);
  } catch (error) {
    endpoint.handlerFailed('sslClientAuthentication', error, connection);
    event.accept = false;
  }
  if (event.accept) return;
  const why = problems.length === 0 ? 'sslClientAuthentication has refused it' : event.status;
  throw new OFTPError(690, `the certificate of client ${connection.remoteHost} was not accepted: ${why}`);
}

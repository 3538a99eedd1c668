import type { ClientHello } from '../security/tls/client-hello.js';
import { cipherSuiteList, signatureAlgorithmList } from '../security/tls/names.js';
import { OFTPError } from '../settings/errors.js';
import type { Arrival } from '../transport/arrival.js';
import type { CoarseClock } from '../transport/clock.js';
import type { TlsContext } from '../transport/tls/context.js';
import { peekHello } from '../transport/tls/hello-peek.js';
import { Certificate } from './certificate.js';
import type { OFTPConnection } from './connection.js';
import type { EventHub } from './event-hub.js';
import type { SslConnectionRequestEvent } from './events.js';
import type { TlsSide } from './tls-side.js';

interface Request {
  readonly endpoint: EventHub;
  readonly side: TlsSide;
  readonly clock: CoarseClock;
  readonly signal: AbortSignal;
}

/** The context of a handshake, and how much of its time has gone into finding out. */
interface Choice {
  readonly context: TlsContext;
  /** Milliseconds. */
  readonly spent: number;
}

/**
 * The context for the handshake with a client. Where somebody listens to `sslConnectionRequest`, the hello of the
 * client is read first, and the handler may choose another certificate; otherwise nothing of that is done. Whatever
 * goes wrong with the choice, the certificate is the one for all.
 *
 * @throws OFTPError as `peekHello` does; the connection is closed then
 */
export async function contextFor(
  request: Request,
  arrival: Arrival,
  connection: OFTPConnection,
  doing: string,
): Promise<Choice> {
  const { endpoint, side, clock, signal } = request;
  if (endpoint.listenerCount('sslConnectionRequest') === 0) return { context: await side.context(), spent: 0 };
  const began = clock.now();
  const hello = await peekHello(arrival.socket, doing, { ...side.limits(), clock, signal });
  const spent = clock.now() - began;
  const event = hello && eventFor(connection, hello);
  if (event === undefined || !(await decided(request, event))) return { context: await side.context(), spent };
  try {
    const certificate = await chosenIn(event);
    return { context: await (certificate === null ? side.context() : side.contextWith(certificate)), spent };
  } catch (error) {
    const text = `the certificate that sslConnectionRequest has chosen cannot be used: ${(error as Error).message}`;
    endpoint.raise(new OFTPError(690, text, { cause: error }), connection);
    return { context: await side.context(), spent };
  }
}

function eventFor(
  connection: OFTPConnection,
  { cipherSuites, signatureAlgorithms, serverName }: ClientHello,
): SslConnectionRequestEvent {
  return {
    connectionId: connection.id,
    connection,
    supportedCipherSuites: cipherSuiteList(cipherSuites),
    supportedSignatureAlgs: signatureAlgorithmList(signatureAlgorithms),
    serverName,
    certificate: null,
    certStoreType: 'auto',
    certStore: '',
    certPassword: '',
    certSubject: '*',
  };
}

/** Asks the handlers; false when one has failed. */
async function decided({ endpoint, clock }: Request, event: SslConnectionRequestEvent): Promise<boolean> {
  try {
    await endpoint.decide('sslConnectionRequest', event, endpoint.settings.values.timeout * 1000, clock);
    return true;
  } catch (error) {
    endpoint.handlerFailed('sslConnectionRequest', error, event.connection);
    return false;
  }
}

/** Null is the certificate for all. */
async function chosenIn(event: SslConnectionRequestEvent): Promise<Certificate | null> {
  const { certificate, certStoreType: storeType, certStore: store, certPassword: storePassword, certSubject } = event;
  if (certificate !== null || store.length === 0) return certificate;
  return await Certificate.load({ storeType, store, storePassword, subject: certSubject });
}

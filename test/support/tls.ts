/** The certificates of fixtures/tls, an OFTPServer that speaks TLS, and raw clients for it. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { Certificate, type OFTPServerOptions } from '../../src/index.js';
import { onCleanUp } from './cleanup.js';
import { RawPeer } from './peer.js';
import { PROJECT_ROOT } from './project.js';
import { type Handlers, TestServer } from './server.js';

export const tlsFixture = (name: string): string => join(PROJECT_ROOT, 'fixtures', 'tls', name);
export const pem = (name: string): string => readFileSync(tlsFixture(`${name}.cert.pem`), 'utf8');
export const keyPem = (name: string): string => readFileSync(tlsFixture(`${name}.key.pem`), 'utf8');

/** With its private key and the certificate of the issuing CA. */
export function ownTls(name: string): Certificate {
  return Certificate.loadSync({ store: `${keyPem(name)}${pem(name)}${pem('issuing')}` });
}

/** Without a private key. */
export function knownTls(name: string): Certificate {
  return Certificate.loadSync({ store: tlsFixture(`${name}.cert.pem`) });
}

export interface TlsServerOptions {
  readonly settings?: OFTPServerOptions;
  readonly config?: readonly string[];
  readonly on?: Handlers;
}

/** A server with the RSA certificate unless told otherwise. */
export function startTlsServer({ settings = {}, config = [], on = {} }: TlsServerOptions = {}): Promise<TestServer> {
  return TestServer.start({
    settings: { useSsl: true, sslCertificate: ownTls('server-rsa'), ...settings },
    config,
    on,
  });
}

/** A client of Node.js that verifies the server; settles when its handshake is done, and rejects when it fails. */
export async function tlsClient(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  // The types do not have allowHalfOpen, which goes to the socket beneath.
  const target = { port, host: '127.0.0.1', ca: pem('root'), allowHalfOpen: true, ...options } as ConnectionOptions;
  const socket = connect(target);
  socket.on('error', () => {});
  onCleanUp(() => void socket.destroy());
  await once(socket, 'secureConnect', { signal: AbortSignal.timeout(10_000) });
  return socket;
}

/** A scripted client over TLS. */
export async function tlsPeer(port: number, options: ConnectionOptions = {}): Promise<RawPeer> {
  return new RawPeer(await tlsClient(port, options));
}

/** The key and certificate of a client as Node.js takes them. */
export function clientIdentity(name: string): { key: string; cert: string } {
  return { key: keyPem(name), cert: `${pem(name)}${pem('issuing')}` };
}

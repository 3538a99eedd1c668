/** Secured files as the partner bob makes and reads them, with OpenSSL, for a hub that is alice. */
import type { SendFileOptions } from '../../src/index.js';
import { compress, decompress } from '../../src/security/cms/compressed.js';
import { collect, streamOf } from '../../src/security/octets.js';
import type { HashName } from '../../src/security/suites.js';
import { certificatePath, keyPath, opensslCms } from '../security/support.js';
import { known, own } from './certificates.js';
import { type SendingOptions, type SendingServer, serverThatSends } from './sending.js';
import type { Handler } from './server.js';

/** Sets the partner's certificate, as applications do it. */
export const expectBob: Handler = ({ connection }) => {
  connection.recipientCertificate = known('bob');
};

/** A server that sends files as alice to bob. */
export async function aliceSends(
  file: Partial<SendFileOptions>,
  options: Omit<SendingOptions, 'file'> = {},
): Promise<SendingServer> {
  const sending = await serverThatSends({ ...options, file, on: { acceptConnection: expectBob, ...options.on } });
  sending.host.server.certificate = own('alice');
  return sending;
}

export const decryptBy = (name: string, octets: Uint8Array): Buffer =>
  opensslCms(['-decrypt', '-inform', 'DER', '-inkey', keyPath(name), '-recip', certificatePath(name)], octets);

export const encryptedFor = (name: string, octets: Uint8Array): Buffer =>
  opensslCms(['-encrypt', '-outform', 'DER', '-aes-256-cbc', certificatePath(name)], octets);

/** The signed content; OpenSSL finds the signer among the certificates of `name` only. */
export const verifiedBy = (name: string, octets: Uint8Array): Buffer =>
  opensslCms(['-verify', '-inform', 'DER', '-noverify', '-nointern', '-certfile', certificatePath(name)], octets);

export interface Making {
  readonly signer?: string;
  readonly recipient?: string;
  readonly compress?: boolean;
  readonly cipher?: '-des3' | '-aes256' | '-aes128';
  readonly hash?: HashName;
  /** BER with indefinite lengths. */
  readonly stream?: boolean;
  readonly more?: readonly string[];
}

/** A file as the partner secures it; Debian's OpenSSL has no zlib, so compression is the own one. */
export async function made(content: Uint8Array, making: Making): Promise<Buffer> {
  const form = making.stream ? ['-stream'] : [];
  let octets: Buffer = Buffer.from(content);
  if (making.signer !== undefined) {
    const who = ['-signer', certificatePath(making.signer), '-inkey', keyPath(making.signer)];
    const options = ['-sign', '-outform', 'DER', '-nodetach', '-md', making.hash ?? 'sha256', ...who, ...form];
    octets = opensslCms([...options, ...(making.more ?? ['-nocerts'])], octets);
  }
  if (making.compress) octets = Buffer.from(await collect(compress(streamOf(octets))));
  if (making.recipient !== undefined) {
    const cipher = making.cipher ?? '-aes256';
    octets = opensslCms(['-encrypt', '-outform', 'DER', cipher, ...form, certificatePath(making.recipient)], octets);
  }
  return octets;
}

export async function decompressed(octets: Uint8Array): Promise<Buffer> {
  return Buffer.from(await collect(decompress(streamOf(octets), false, {})));
}

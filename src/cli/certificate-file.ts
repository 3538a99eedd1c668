/** Certificates in files that a user names. */
import { Certificate } from '../server/certificate.js';
import { OFTPError } from '../settings/errors.js';
import { UsageError } from './exit.js';
import { secretFromFile } from './secret.js';

/**
 * A certificate with its private key.
 * @throws UsageError when it cannot be had
 */
export async function ownCertificate(store: string, passwordFile: string | undefined): Promise<Certificate> {
  const storePassword = passwordFile === undefined ? undefined : await secretFromFile(passwordFile);
  const certificate = await load(store, storePassword);
  if (certificate.hasPrivateKey) return certificate;
  throw new UsageError(`${store} has no private key: give a PFX or PEM file that has`);
}

/**
 * The certificate of somebody else.
 * @throws UsageError when it cannot be had
 */
export function othersCertificate(store: string): Promise<Certificate> {
  return load(store);
}

async function load(store: string, storePassword?: string): Promise<Certificate> {
  try {
    return await Certificate.load({ store, storePassword });
  } catch (error) {
    if (!(error instanceof OFTPError)) throw error;
    throw new UsageError(error.message);
  }
}

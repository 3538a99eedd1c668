/** The section `tls` of the configuration: the certificate of the server, and whose clients it trusts. */
import type { Certificate } from '../server/certificate.js';
import type { Section } from './config-reader.js';
import { pathFrom, trueOrFalse } from './config-values.js';
import { UsageError } from './exit.js';
import { ownCertificate } from './tls-options.js';
import { trustFromFile } from './trust-file.js';

export interface TlsConfig {
  /** One, or one of each kind of key. */
  readonly certificates: readonly Certificate[];
  readonly trusted: readonly Certificate[];
  readonly authenticateClients: boolean;
}

/** Undefined without the section. What is wrong in it is reported. */
export async function readTls(root: Section, folder: string): Promise<TlsConfig | undefined> {
  const section = root.section('tls');
  if (!root.has('tls')) return undefined;
  const path = pathFrom(folder);
  const stores = section.values('certificate', path);
  const passwordFile = section.value('certificatePasswordFile', path);
  const trust = section.value('trusted', path);
  const authenticate = section.value('authenticateClients', trueOrFalse);
  section.end();
  if (!section.has('certificate')) {
    section.report('certificate', 'missing: give a PFX or PEM file with the certificate of this server and its key');
  }
  const certificates: Certificate[] = [];
  for (const store of stores) {
    const certificate = await reported(section, 'certificate', ownCertificate(store, passwordFile));
    if (certificate !== undefined) certificates.push(certificate);
  }
  const trusted = trust === undefined ? [] : await reported(section, 'trusted', trustFromFile(trust, 'the file'));
  return { certificates, trusted: trusted ?? [], authenticateClients: authenticate ?? trust !== undefined };
}

/** The certificates by which a partner's TLS clients are known; reported where they cannot be had. */
export async function readPartnerTls(section: Section, folder: string): Promise<readonly Certificate[] | undefined> {
  const path = section.value('tlsCertificate', pathFrom(folder));
  return path === undefined ? undefined : await reported(section, 'tlsCertificate', trustFromFile(path, 'the file'));
}

async function reported<T>(section: Section, key: string, work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    section.report(key, error.message);
    return undefined;
  }
}

/** The section `tls` of the configuration: the certificate of the server, and whose clients it trusts. */
import type { Certificate } from '../server/certificate.js';
import { readOwnCertificates, reported } from './config-certificates.js';
import type { Section } from './config-reader.js';
import { pathFrom, trueOrFalse } from './config-values.js';
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
  const certificates = await readOwnCertificates(section, folder);
  const trust = section.value('trusted', pathFrom(folder));
  const authenticate = section.value('authenticateClients', trueOrFalse);
  section.end();
  const trusted = trust === undefined ? [] : await reported(section, 'trusted', trustFromFile(trust, 'the file'));
  return { certificates, trusted: trusted ?? [], authenticateClients: authenticate ?? trust !== undefined };
}

/** The certificates by which a partner's TLS clients are known; reported where they cannot be had. */
export async function readPartnerTls(section: Section, folder: string): Promise<readonly Certificate[] | undefined> {
  const path = section.value('tlsCertificate', pathFrom(folder));
  return path === undefined ? undefined : await reported(section, 'tlsCertificate', trustFromFile(path, 'the file'));
}

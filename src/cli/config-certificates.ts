/** Certificates that the configuration names. */
import type { Certificate } from '../server/certificate.js';
import { ownCertificate } from './certificate-file.js';
import type { Section } from './config-reader.js';
import { pathFrom } from './config-values.js';
import { UsageError } from './exit.js';

/** Those of a section's keys `certificate` and `certificatePasswordFile`; what is wrong with them is reported. */
export async function readOwnCertificates(section: Section, folder: string): Promise<Certificate[]> {
  const path = pathFrom(folder);
  const stores = section.values('certificate', path);
  const passwordFile = section.value('certificatePasswordFile', path);
  if (!section.has('certificate')) {
    section.report('certificate', 'missing: give a PFX or PEM file with the certificate of this server and its key');
  }
  const certificates: Certificate[] = [];
  for (const store of stores) {
    const certificate = await reported(section, 'certificate', ownCertificate(store, passwordFile));
    if (certificate !== undefined) certificates.push(certificate);
  }
  return certificates;
}

/** What is wrong with a file is reported at the key that names it. */
export async function reported<T>(section: Section, key: string, work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    section.report(key, error.message);
    return undefined;
  }
}

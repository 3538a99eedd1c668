/** Protection of files by certificates: the section `security` of the configuration, and what a partner has of it. */
import type { Certificate } from '../server/certificate.js';
import { SECURITY } from '../server/incoming-file-info.js';
import type { SendFileOptions } from '../server/send-file.js';
import { othersCertificate } from './certificate-file.js';
import { readOwnCertificates, reported } from './config-certificates.js';
import type { Section } from './config-reader.js';
import { oneOf, pathFrom, trueOrFalse, wholeNumber } from './config-values.js';
import { algorithmsOf, SUITE_WRITTEN_MAX } from './file-security.js';

export interface PartnerSecurity {
  /** By which its files are verified, and files for it encrypted. */
  readonly certificate: Certificate | undefined;
  /** Of the files in its outbox. */
  readonly protection: SendFileOptions;
}

/** The certificate by which this server signs and decrypts; undefined without the section. */
export async function readSecurity(root: Section, folder: string): Promise<Certificate | undefined> {
  const section = root.section('security');
  if (!root.has('security')) return undefined;
  const [certificate, second] = await readOwnCertificates(section, folder);
  if (second !== undefined) section.report('certificate', 'one is enough: files have no choice between several');
  section.end();
  return certificate;
}

/** @param own whether the server has a certificate to sign with */
export async function readPartnerSecurity(section: Section, folder: string, own: boolean): Promise<PartnerSecurity> {
  const path = section.value('certificate', pathFrom(folder));
  const security = section.value('security', oneOf(SECURITY)) ?? 'none';
  const compress = section.value('compress', trueOrFalse) ?? false;
  const signedReceipt = section.value('signedReceipt', trueOrFalse) ?? false;
  const cipherSuite = section.value('cipherSuite', wholeNumber(1, SUITE_WRITTEN_MAX));
  if (!own && /signed/i.test(security)) {
    section.report('security', 'nothing to sign with: the section security has to name a certificate');
  }
  if (path === undefined && security.startsWith('encrypted')) {
    section.report('security', 'nothing to encrypt for: give the certificate of the partner');
  }
  if (path === undefined && signedReceipt) {
    section.report('signedReceipt', 'nothing to verify them with: give the certificate of the partner');
  }
  const certificate = path === undefined ? undefined : await reported(section, 'certificate', othersCertificate(path));
  return { certificate, protection: { security, compress, signedReceipt, ...algorithmsOf(cipherSuite) } };
}

import { open } from 'node:fs/promises';
import { certificatesInPem } from '../security/certificates/pem.js';
import { Certificate } from '../server/certificate.js';
import { UsageError } from './exit.js';

/** More than any bundle of CAs has. */
const FILE_LENGTH_MAX = 16 * 1024 * 1024;

/**
 * All certificates of a file in PEM.
 * @param source where the file was named, for the message
 * @throws UsageError for a file that cannot be read or has none
 */
export async function trustFromFile(path: string, source: string): Promise<readonly Certificate[]> {
  try {
    const certificates = certificatesInPem(await readText(path));
    if (certificates.length === 0) throw new Error('it has no certificate in PEM');
    return certificates.map(({ raw }) => Certificate.loadSync({ storeType: 'publicKeyBlob', store: raw }));
  } catch (error) {
    throw new UsageError(`${source} ${path} cannot be used: ${(error as Error).message}`);
  }
}

async function readText(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (size > FILE_LENGTH_MAX) throw new Error(`it has ${size} octets, at most ${FILE_LENGTH_MAX} are read`);
    return await file.readFile('latin1');
  } finally {
    await file.close();
  }
}

/** What TrustedCertsData names: fetched, read from disk, or taken as it stands. */
import { type Dirent, promises as fs } from 'node:fs';
import { join } from 'node:path';
import type { SettingValues } from '../settings/settings.js';
import { fetchOctets } from '../transport/fetch.js';

export interface TrustDocument {
  /** For messages: the URL or the path. */
  readonly name: string;
  readonly octets: Buffer;
  /** Whether it certainly is what the operator meant: a signature is needed otherwise. */
  readonly authentic: boolean;
}

const MEBIBYTE = 1_048_576;
/** No folder of CA certificates holds more. */
const FOLDER_FILES_MAX = 10_000;
const CONTENT = /^\uFEFF?\s*<|-----BEGIN /;

/** @throws FetchError, an error of the file system, or an Error that says what is wrong with the path */
export async function trustDocuments(settings: SettingValues): Promise<readonly TrustDocument[]> {
  const { trustedCertsData: data } = settings;
  if (/^https?:\/\//i.test(data)) return [await fetched(data.trim(), settings)];
  if (CONTENT.test(data)) return [{ name: 'TrustedCertsData', octets: Buffer.from(data), authentic: true }];
  if (data.trim() === '')
    throw new Error('TrustedCertsData is empty: give a URL, a path, or the certificates themselves');
  const lengthMax = settings.fetchMaxSize * MEBIBYTE;
  const stats = await fs.stat(data);
  if (!stats.isDirectory()) return [await fileOf(data, lengthMax)];
  const entries = await fs.readdir(data, { withFileTypes: true });
  if (entries.length > FOLDER_FILES_MAX)
    throw new Error(`${data} has more than ${FOLDER_FILES_MAX} files: give CA certificates only`);
  const documents: TrustDocument[] = [];
  for (const entry of entries.filter(isCandidate)) documents.push(await fileOf(join(data, entry.name), lengthMax));
  return documents;
}

const isCandidate = (entry: Dirent): boolean => !entry.name.startsWith('.') && !entry.isDirectory();

async function fileOf(path: string, lengthMax: number): Promise<TrustDocument> {
  const file = await fs.open(path);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new Error(`${path} is not a file`);
    if (stats.size > lengthMax) throw new Error(`${path} is larger than ${lengthMax} octets`);
    return { name: path, octets: await file.readFile(), authentic: true };
  } finally {
    await file.close();
  }
}

async function fetched(url: string, settings: SettingValues): Promise<TrustDocument> {
  const { fetchMaxSize, fetchTimeout, followRedirects, fetchPrivateAddresses } = settings;
  const { octets, authentic } = await fetchOctets({
    url,
    accept: 'application/xml, text/xml, application/x-pem-file, */*',
    lengthMax: fetchMaxSize * MEBIBYTE,
    deadline: fetchTimeout * 1000,
    redirects: followRedirects,
    privateAddresses: fetchPrivateAddresses ? 'allowed' : 'first',
  });
  return { name: url, octets, authentic };
}

import { X509Certificate } from 'node:crypto';
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { CertificateError } from '../../security/certificates/entry.js';
import { certificatesInPem } from '../../security/certificates/pem.js';
import { OFTPError } from '../../settings/errors.js';
import { DEFAULTS } from '../../settings/table.js';
import type { TlsSettings } from './settings.js';

/** No bundle of CA certificates is larger; a wrong path must not fill memory. */
const FILE_LENGTH_MAX = 16 * 1_048_576;
/** Nor does any folder of them hold more. */
const FOLDER_FILES_MAX = 10_000;

export type AnchorSettings = Pick<
  TlsSettings,
  'openSslCaDir' | 'openSslCaFile' | 'sslCaCertFilePaths' | 'sslCaCerts' | 'sslServerCaCerts'
>;

/**
 * The CA certificates that settings and program trust, each once.
 *
 * @param role of the peer whose certificate they judge: SSLCACerts is about clients, SSLServerCACerts about servers
 * @param given by the program
 * @throws OFTPError 690 for a file or folder that cannot be read, and for a certificate that is none
 */
export async function trustAnchors(
  settings: AnchorSettings,
  role: 'client' | 'server',
  given: readonly X509Certificate[],
): Promise<readonly X509Certificate[]> {
  const { openSslCaFile, openSslCaDir, sslCaCertFilePaths } = settings;
  const [name, listed] =
    role === 'client'
      ? (['SSLCACerts', settings.sslCaCerts] as const)
      : (['SSLServerCACerts', settings.sslServerCaCerts] as const);
  const anchors = [...given, ...parse(listed, name)];
  if (openSslCaFile !== '') anchors.push(...(await readBundle(openSslCaFile, 'OpenSSLCAFile')));
  if (openSslCaDir !== '') anchors.push(...(await readFolder(openSslCaDir)));
  if (anchors.length === 0 || sslCaCertFilePaths !== DEFAULTS.sslCaCertFilePaths) {
    anchors.push(...(await readFirst(sslCaCertFilePaths)));
  }
  // A system without such files: the public CAs that Node.js brings along issue certificates of servers.
  if (anchors.length === 0 && role === 'server') {
    anchors.push(...rootCertificates.map((root) => new X509Certificate(root)));
  }
  return [...new Map(anchors.map((anchor) => [anchor.fingerprint256, anchor])).values()];
}

/** What is wrong with the text of SSLCACerts or SSLServerCACerts; undefined for a good one. */
export function caCertificatesProblem(text: string): string | undefined {
  if (text.trim() === '') return undefined;
  try {
    if (certificatesInPem(text).length > 0) return undefined;
  } catch (error) {
    return `In it, ${(error as Error).message.replace('one of its certificates', 'a certificate')}.`;
  }
  return 'It takes certificates in PEM, each from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----.';
}

function parse(text: string, source: string): X509Certificate[] {
  try {
    return certificatesInPem(text);
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
    throw new OFTPError(690, `${source}: ${error.message}`, { cause: error });
  }
}

async function readFolder(folder: string): Promise<X509Certificate[]> {
  const names = await readdir(folder).catch((error) => unreadable('OpenSSLCADir', folder, error));
  if (names.length > FOLDER_FILES_MAX) {
    throw new OFTPError(
      690,
      `OpenSSLCADir ${folder} has more than ${FOLDER_FILES_MAX} files: give CA certificates only`,
    );
  }
  const anchors: X509Certificate[] = [];
  for (const name of names) anchors.push(...((await readFile(join(folder, name), 'OpenSSLCADir')) ?? []));
  if (anchors.length === 0) throw new OFTPError(690, `OpenSSLCADir ${folder} has no certificate in PEM`);
  return anchors;
}

async function readBundle(path: string, setting: string): Promise<X509Certificate[]> {
  const anchors = await readFile(path, setting);
  if (anchors === undefined || anchors.length === 0) {
    throw new OFTPError(690, `${setting} ${path} has no certificate in PEM`);
  }
  return anchors;
}

/** The first file of SSLCACertFilePaths that exists. */
async function readFirst(paths: string): Promise<X509Certificate[]> {
  for (const path of paths.split(';').map((part) => part.trim())) {
    if (path === '') continue;
    const anchors = await readFile(path, 'SSLCACertFilePaths', true);
    if (anchors !== undefined) return anchors;
  }
  return [];
}

/** Undefined for what is no file, and, where that may be, for what does not exist. */
async function readFile(path: string, setting: string, mayBeMissing = false): Promise<X509Certificate[] | undefined> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    const stats = await file.stat();
    if (!stats.isFile()) return undefined;
    if (stats.size > FILE_LENGTH_MAX) {
      throw new OFTPError(
        690,
        `${setting} ${path} is larger than ${FILE_LENGTH_MAX} octets: give CA certificates only`,
      );
    }
    return parse(await file.readFile('latin1'), `${setting} ${path}`);
  } catch (error) {
    if (mayBeMissing && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    return unreadable(setting, path, error);
  } finally {
    await file?.close();
  }
}

function unreadable(setting: string, path: string, error: unknown): never {
  if (error instanceof OFTPError) throw error;
  const { code, message } = error as NodeJS.ErrnoException;
  throw new OFTPError(690, `${setting} ${path} cannot be read: ${code ?? message}`, { cause: error });
}

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { OutgoingFile } from '../files/outgoing.js';
import { OFTPError } from '../settings/errors.js';
import type { OutgoingFile as OutgoingRecord } from '../store/store.js';
import type { SessionContext } from './context.js';
import type { FileToSend } from './file-to-send.js';
import type { Prepared } from './prepared-files.js';
import { checkProtection, isEnveloped, type Protection } from './protection.js';

/** The octets to transmit, and what the SFID and the end response have to say about them. */
export interface ProtectedSource extends Prepared {
  readonly source: OutgoingFile;
}

/** What makes an earlier attempt one of the same file: its content, and what was to be done to it. */
export function versionOf({ version }: OutgoingFile, protection: Protection): string {
  if (!isEnveloped(protection) && !protection.signedReceipt) return version;
  const { encrypt, sign, compress, signedReceipt, encryption, fileHash, receiptHash } = protection;
  return JSON.stringify([version, encrypt, sign, compress, signedReceipt, encryption, fileHash, receiptHash]);
}

/**
 * Signs, compresses, encrypts and hashes a file as it is to be sent. Done once for a virtual file; further attempts get
 * the same octets.
 *
 * @throws OFTPError 685, 686, 689 for a missing certificate, 679 for a file that cannot be read, 684 for anything else
 */
export async function protect(
  session: SessionContext,
  file: FileToSend,
  original: OutgoingFile,
  record: OutgoingRecord,
): Promise<ProtectedSource> {
  const { protection } = file;
  if (!isEnveloped(protection) && !protection.signedReceipt) {
    const { size } = original;
    return { source: original, path: '', size, originalSize: size, hash: '', signedReceipt: false };
  }
  const { prepared } = session.environment;
  const first = await prepared.obtain(record, () => prepare(session, file, original));
  if (first.path === '') return { ...first, source: original };
  const opened = await OutgoingFile.open(first.path).catch(() => undefined);
  if (opened?.size === first.size) return { ...first, source: opened };
  await opened?.close();
  // Somebody has cleared the folder: it begins anew, and no restart fits the new octets.
  const again = await prepared.obtain({ ...record, attributes: '' }, () => prepare(session, file, original));
  await session.environment.store.outgoingReached(record.id, 0);
  return { ...again, source: await OutgoingFile.open(again.path) };
}

async function prepare(session: SessionContext, file: FileToSend, original: OutgoingFile): Promise<Prepared> {
  try {
    return isEnveloped(file.protection)
      ? await envelop(session, file, original)
      : await hashed(session, file, original);
  } catch (error) {
    if (error instanceof OFTPError) throw error;
    const text = `${file.virtualFileName} could not be signed, compressed or encrypted: ${(error as Error).message}`;
    throw new OFTPError(684, text, { cause: error });
  }
}

async function envelop(session: SessionContext, file: FileToSend, original: OutgoingFile): Promise<Prepared> {
  const { pool, prepared, closing } = session.environment;
  const { settings } = session;
  const { encrypt, sign, compress, signedReceipt, encryption, fileHash, receiptHash } = file.protection;
  const identities = session.monitor.identities();
  checkProtection(file.protection, true, identities);
  const target = join(await prepared.folder(settings), `.oftp-${randomUUID()}.cms`);
  const input = {
    source: file.path,
    target,
    sign: sign
      ? { hash: fileHash, signers: identities.signing, includeCertificates: settings.includeSignerCertificate }
      : undefined,
    compress,
    encrypt: encrypt ? { encryption, recipients: identities.encryption } : undefined,
    hash: signedReceipt ? receiptHash : undefined,
    sync: settings.syncOnCommit,
  };
  const { size, originalSize, hash } = await pool.runTwice('protectFile', input, closing.signal);
  await original.checkUnchanged();
  return { path: target, size, originalSize, hash: base64(hash), signedReceipt };
}

/** A plain file of which a signed end response is wanted. */
async function hashed({ environment }: SessionContext, file: FileToSend, original: OutgoingFile): Promise<Prepared> {
  const input = { path: file.path, hash: file.protection.receiptHash };
  const hash = await environment.pool.runTwice('hashFile', input, environment.closing.signal);
  const { size } = original;
  return { path: '', size, originalSize: size, hash: base64(hash), signedReceipt: true };
}

function base64(hash: Uint8Array | undefined): string {
  return Buffer.from(hash ?? []).toString('base64');
}

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { OutgoingFile } from '../files/outgoing.js';
import { preparedName } from '../files/stale.js';
import { OFTPError } from '../settings/errors.js';
import type { OutgoingFile as OutgoingRecord } from '../store/store.js';
import type { SessionContext } from './context.js';
import type { FileToSend } from './file-to-send.js';
import type { Prepared } from './prepared-files.js';
import { checkProtection, isEnveloped } from './protection.js';

/** What makes an earlier attempt one of the same file: its content, what was to be done to it, and a chosen stamp. */
export function versionOf(version: string, file: FileToSend): string {
  const { protection, format, maxRecordSize, recordDelimiter, chosenStamp } = file;
  const parts: unknown[] = [];
  if (isEnveloped(protection) || protection.signedReceipt) {
    const { encrypt, sign, compress, signedReceipt, encryption, fileHash, receiptHash } = protection;
    const services = [encrypt, sign, compress, signedReceipt, encryption, fileHash, receiptHash];
    parts.push(...services, format, maxRecordSize, recordDelimiter);
  }
  if (chosenStamp !== undefined) parts.push(chosenStamp.date, chosenStamp.time);
  return parts.length === 0 ? version : JSON.stringify([version, ...parts]);
}

/**
 * Signs, compresses and encrypts a file as it is to be sent. Done once for a virtual file; further attempts get the
 * same octets. The source is to be closed.
 *
 * @throws OFTPError 685, 686, 689 for a missing certificate, 679 for a file that cannot be read, 684 for anything else
 */
export async function protect(
  session: SessionContext,
  file: FileToSend,
  original: OutgoingFile,
  record: OutgoingRecord,
): Promise<{ source: OutgoingFile; prepared: Prepared }> {
  const make = (): Promise<Prepared> => orFail(file, envelop(session, file, original));
  const { prepared: files, store, fileSystem } = session.environment;
  const first = await files.obtain(record, make);
  const opened = await OutgoingFile.open(first.path, { fileSystem }).catch(() => undefined);
  if (opened?.size === first.size) return { source: opened, prepared: first };
  await opened?.close();
  // Somebody has cleared the folder: it begins anew, and no restart fits the new octets.
  const again = await files.obtain({ ...record, attributes: '' }, make);
  await store.outgoingReached(record.id, 0);
  return { source: await OutgoingFile.open(again.path, { fileSystem }), prepared: again };
}

/** What the end response to a file that is sent as it is has to name. `size`: octets to be transmitted. */
export async function receiptFor(
  session: SessionContext,
  file: FileToSend,
  size: number,
  record: OutgoingRecord,
): Promise<Prepared> {
  const plain: Prepared = { path: '', size, originalSize: size, hash: '', signedReceipt: false };
  if (!file.protection.signedReceipt) return plain;
  return session.environment.prepared.obtain(record, async () => {
    return { ...plain, hash: await orFail(file, hashed(session, file)), signedReceipt: true };
  });
}

/** What a worker has against a file, as an error of this library. */
async function orFail<T>({ virtualFileName }: FileToSend, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof OFTPError) throw error;
    const text = `${virtualFileName} could not be signed, compressed or encrypted: ${(error as Error).message}`;
    throw new OFTPError(684, text, { cause: error });
  }
}

async function envelop(session: SessionContext, file: FileToSend, original: OutgoingFile): Promise<Prepared> {
  const { pool, prepared, closing } = session.environment;
  const { settings } = session;
  const { encrypt, sign, compress, signedReceipt, encryption, fileHash, receiptHash } = file.protection;
  const identities = session.monitor.identities();
  checkProtection(file.protection, true, identities);
  const recipients = encrypt ? await session.monitor.usable(identities.encryption) : [];
  const target = join(await prepared.folder(settings), preparedName());
  const input = {
    source: file.path,
    target,
    sign: sign
      ? { hash: fileHash, signers: identities.signing, includeCertificates: settings.includeSignerCertificate }
      : undefined,
    compress,
    encrypt: encrypt ? { encryption, recipients } : undefined,
    hash: signedReceipt ? receiptHash : undefined,
    records: recordsOf(file),
    sync: settings.syncOnCommit,
  };
  const { size, originalSize, hash } = await pool.runTwice('protectFile', input, closing.signal);
  try {
    await original.checkUnchanged();
  } catch (error) {
    await rm(target, { force: true });
    throw error;
  }
  return { path: target, size, originalSize, hash: base64(hash), signedReceipt };
}

/** The hash of a plain file as it is transmitted: records go without their delimiters. */
async function hashed({ environment }: SessionContext, file: FileToSend): Promise<string> {
  const { path, format, recordDelimiter, protection } = file;
  const delimiter = format === 'F' || format === 'V' ? recordDelimiter : 'none';
  const input = { path, hash: protection.receiptHash, delimiter };
  return base64(await environment.pool.runTwice('hashFile', input, environment.closing.signal));
}

/** The records of a V file get their lengths before anything else is done to them (RFC 5024 §6.5). */
function recordsOf({ format, maxRecordSize, recordDelimiter }: FileToSend) {
  if (format !== 'V' || recordDelimiter === 'none') return undefined;
  return { delimiter: recordDelimiter, recordLengthMax: maxRecordSize };
}

function base64(hash: Uint8Array | undefined): string {
  return Buffer.from(hash ?? []).toString('base64');
}

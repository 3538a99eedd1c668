import { randomUUID } from 'node:crypto';
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { identificationOf, writeIdentification } from '../security/certificates/identification.js';
import { writeFileWhole } from '../security/file-io.js';
import { streamOf } from '../security/octets.js';
import { EXCHANGE_NAMES, type ExchangeType } from '../session/certificate-exchange.js';
import type { Session } from '../session/session.js';
import { OFTPError } from '../settings/errors.js';
import type { SettingValues } from '../settings/settings.js';
import { Certificate } from './certificate.js';
import type { SendFileOptions } from './send-file.js';

export interface ExchangeCertificateOptions {
  /** SFIDDEST, at most 25 characters; the peer's SSID code if left out. */
  readonly destination?: string;
  /** SFIDORIG, at most 25 characters; the own SFID code if left out. */
  readonly originator?: string;
  /** The certificate to send. Of one with a private key only the certificate itself goes out. */
  readonly certificate?: Certificate;
  /** Instead of `certificate`: a file that `exchangeCertStoreType` and `exchangeCertSubject` say how to read. */
  readonly path?: string;
  /**
   * `request` asks for one in return, in this or a later session. `replace` makes the partner drop the earlier one.
   * `deliver` answers a request, or adds one.
   */
  readonly type: ExchangeType;
  /** The earlier certificate that this one follows: the description names it, so that the partner finds it. */
  readonly follows?: Certificate;
}

/** What a connection contributes to the certificates that are sent over it. */
export interface ExchangingConnection {
  readonly id: number;
  readonly settings: SettingValues;
  readonly session: Session;
}

/**
 * The virtual file that carries a certificate, in DER, without file services. The octets stand in the folder of
 * prepared files under a name made of their hash: a further attempt to send them, even of a later life of the process,
 * goes on with the same file and stamp.
 *
 * @throws OFTPError 10022 for options that do not fit, 690 for a certificate that cannot be loaded, 679 when its file
 *   cannot be written
 */
export async function certificateFile(
  connection: ExchangingConnection,
  options: ExchangeCertificateOptions,
): Promise<SendFileOptions> {
  const { type, follows, destination, originator } = options;
  if (!Object.hasOwn(EXCHANGE_NAMES, type)) {
    const known = Object.keys(EXCHANGE_NAMES).join("', '");
    throw new OFTPError(10022, `type is ${type}: use one of '${known}'`, { connectionId: connection.id });
  }
  const { encoded, fingerprint256 } = await certificateOf(connection, options);
  const { environment, settings } = connection.session;
  const folder = await environment.prepared.folder(settings);
  const path = join(folder, `certificate-${fingerprint256.replaceAll(':', '').toLowerCase()}.cer`);
  await keep(path, encoded, settings.syncOnCommit);
  return {
    path,
    virtualFileName: EXCHANGE_NAMES[type],
    ...(destination === undefined ? {} : { destination }),
    ...(originator === undefined ? {} : { originator }),
    // Whatever `outgoing` has for other files.
    format: 'unstructured',
    maxRecordSize: 0,
    virtualFileDate: '',
    security: 'none',
    compress: false,
    signedReceipt: false,
    description: follows === undefined ? '' : writeIdentification(identificationOf(follows.encoded)),
  };
}

async function certificateOf(
  { id: connectionId, settings }: ExchangingConnection,
  { certificate, path }: ExchangeCertificateOptions,
): Promise<Certificate> {
  if ((certificate === undefined) === (path === undefined)) {
    throw new OFTPError(10022, 'exchangeCertificate takes either certificate or path', { connectionId });
  }
  const { exchangeCertStoreType: storeType, exchangeCertSubject } = settings;
  const subject = exchangeCertSubject === '' ? '*' : exchangeCertSubject;
  const found = certificate ?? (await Certificate.load({ storeType, store: path ?? '', subject }));
  if (found.encoded.length > 0) return found;
  throw new OFTPError(690, 'exchangeCertificate: there is a key alone, without a certificate', { connectionId });
}

/** Writes the octets unless the file has them already, so that a sending under way finds it unchanged. */
async function keep(path: string, octets: Buffer, sync: boolean): Promise<void> {
  try {
    const kept = await readFile(path).catch(() => undefined);
    if (kept?.equals(octets)) return;
    // Others may be writing the same file.
    const part = `${path}.${randomUUID()}`;
    await writeFileWhole(part, streamOf(octets), { sync });
    await rename(part, path);
  } catch (error) {
    throw new OFTPError(679, `the certificate could not be written to ${path}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

import { formatStamp } from '../files/stamp.js';
import type { SFID } from '../protocol/commands/codec.js';
import { CIPHER_SUITES, type EncryptionName } from '../security/suites.js';

/** The formats of a virtual file (RFC 5024 §1.5.3), by the letter of SFIDFMT. */
export const FORMATS = { U: 'unstructured', T: 'text', F: 'fixed', V: 'variable' } as const;

export type FileFormat = (typeof FORMATS)[keyof typeof FORMATS];

/** The services of a file, by the value of SFIDSEC. */
export const SECURITY = ['none', 'encrypted', 'signed', 'encryptedAndSigned'] as const;

export type FileSecurity = (typeof SECURITY)[number];

/** A virtual file as its SFID describes it (RFC 5024 §5.3.3). */
export interface IncomingFileInfo {
  readonly virtualFileName: string;
  readonly virtualFileDate: string;
  readonly originator: string;
  readonly destination: string;
  readonly format: FileFormat;
  /** Octets; 0 for unstructured and text files. */
  readonly maxRecordSize: number;
  /** Announced size in octets, a multiple of 1024 and an estimate. */
  readonly size: number;
  /** Announced size before signing, compression and encryption; 0 if not told. */
  readonly originalSize: number;
  readonly security: FileSecurity;
  /** The cipher of an encrypted file, null otherwise. */
  readonly encryption: EncryptionName | null;
  /** SFIDCIPH */
  readonly cipherSuite: number;
  readonly compressed: boolean;
  readonly signedReceipt: boolean;
  readonly description: string;
  readonly userData: string;
  /** SFIDREST: blocks of 1024 octets, or records. */
  readonly restart: number;
}

/** The cipher that the announced suite has, of an encrypted file. */
export function encryptionOf({ sec, ciph }: SFID): EncryptionName | null {
  return sec === 1 || sec === 3 ? (CIPHER_SUITES.get(ciph)?.encryption ?? null) : null;
}

export function incomingFileInfo(sfid: SFID, dateFormat: string): IncomingFileInfo {
  return {
    virtualFileName: sfid.dsn,
    virtualFileDate: formatStamp(sfid, dateFormat),
    originator: sfid.orig,
    destination: sfid.dest,
    format: FORMATS[sfid.fmt],
    maxRecordSize: sfid.lrecl,
    size: sfid.fsiz * 1024,
    originalSize: sfid.osiz * 1024,
    security: SECURITY[sfid.sec] ?? 'none',
    encryption: encryptionOf(sfid),
    cipherSuite: sfid.ciph,
    compressed: sfid.comp === 1,
    signedReceipt: sfid.sign,
    description: sfid.desc,
    userData: sfid.user,
    restart: Number(sfid.rest),
  };
}

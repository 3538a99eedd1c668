import { formatStamp } from '../files/stamp.js';
import type { SFID } from '../protocol/commands/codec.js';

/** The formats of a virtual file (RFC 5024 §1.5.3), by the letter of SFIDFMT. */
export const FORMATS = { U: 'unstructured', T: 'text', F: 'fixed', V: 'variable' } as const;

export type FileFormat = (typeof FORMATS)[keyof typeof FORMATS];

const SECURITY = ['none', 'encrypted', 'signed', 'encryptedAndSigned'] as const;

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
  readonly security: (typeof SECURITY)[number];
  /** The cipher of an encrypted file, null otherwise. */
  readonly encryption: '3des' | 'aes256' | null;
  /** SFIDCIPH */
  readonly cipherSuite: number;
  readonly compressed: boolean;
  readonly signedReceipt: boolean;
  readonly description: string;
  readonly userData: string;
  /** SFIDREST: blocks of 1024 octets, or records. */
  readonly restart: bigint;
}

export function incomingFileInfo(sfid: SFID, dateFormat: string): IncomingFileInfo {
  const encrypted = sfid.sec === 1 || sfid.sec === 3;
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
    // Odd suites are 3DES, even ones AES-256 (RFC 5024 §10.2 and the Odette list that continues it).
    encryption: encrypted ? (sfid.ciph % 2 === 1 && sfid.ciph < 7 ? '3des' : 'aes256') : null,
    cipherSuite: sfid.ciph,
    compressed: sfid.comp === 1,
    signedReceipt: sfid.sign,
    description: sfid.desc,
    userData: sfid.user,
    restart: sfid.rest,
  };
}

// File services (RFC 5024 §6): sign, compress, encrypt, in this order, and back. One call a file, at bounded memory.
import { createHash, type Hash } from 'node:crypto';
import type { Octets } from './cms/ber-reader.js';
import { compress, decompress } from './cms/compressed.js';
import { type EnvelopeReport, envelop, openEnvelope } from './cms/enveloped.js';
import type { DecryptionKey, SigningKey, VerifiedSigner } from './cms/keys.js';
import { type SignatureReport, sign, verifySigned } from './cms/signed.js';
import { REASON, SecurityFailure, type SecurityFault, type SecurityReason } from './failure.js';
import { type Abort, readFileChunks, writeFileWhole } from './file-io.js';
import { fromRecords, type RecordDelimiter, type RecordOptions, toRecords, withoutDelimiters } from './records.js';
import type { EncryptionName, HashName } from './suites.js';

export interface ProtectOptions {
  /** Path of the file to protect. */
  readonly source: string;
  /** Path to write; a file that has it already is replaced. */
  readonly target: string;
  readonly sign?:
    | {
        readonly hash: HashName;
        readonly signers: readonly SigningKey[];
        /** Default: no (RFC 5024 §6.2 recommends it). */
        readonly includeCertificates?: boolean | undefined;
      }
    | undefined;
  /** zlib level 1 to 9, or true for zlib's default (6). Default: not compressed. */
  readonly compress?: boolean | number | undefined;
  readonly encrypt?:
    | {
        readonly encryption: EncryptionName;
        /** Certificates (DER) of those who may decrypt. */
        readonly recipients: readonly Uint8Array[];
      }
    | undefined;
  /** For V format: how records are kept in the source. */
  readonly records?: RecordOptions | undefined;
  /** Also hash what is written: the EERPHSH to expect. */
  readonly hash?: HashName | undefined;
  /** Whether the target is on disk when the call returns. Default: true. */
  readonly sync?: boolean | undefined;
  readonly signal?: Abort | undefined;
}

export interface ProtectResult {
  /** Octets in the target. */
  readonly size: number;
  /** Octets in the source, before record lengths were put in. */
  readonly originalSize: number;
  readonly hash: Uint8Array | undefined;
}

/**
 * Signs, compresses and encrypts a file, each if asked.
 *
 * @throws the system's error for files; `RecordError` for a source that is not in the records it should have; the
 *   signal's reason
 */
export async function protectFile(options: ProtectOptions): Promise<ProtectResult> {
  const { source, target, signal, sync = true } = options;
  let originalSize = 0;
  let content: Octets = tapped(readFileChunks(source, signal), (chunk) => {
    originalSize += chunk.length;
  });
  if (options.records) content = toRecords(content, options.records);
  if (options.sign) {
    const { hash, signers, includeCertificates = false } = options.sign;
    content = sign(content, { hash, signers, includeCertificates });
  }
  if (options.compress) content = compress(content, options.compress === true ? undefined : options.compress);
  if (options.encrypt) content = envelop(content, options.encrypt);
  const hash: Hash | undefined = options.hash && createHash(options.hash);
  if (hash) content = tapped(content, (chunk) => hash.update(chunk));
  const size = await writeFileWhole(target, content, { sync, signal });
  return { size, originalSize, hash: hash?.digest() };
}

export interface UnwrapOptions {
  /** Path of the file as it was transmitted. */
  readonly source: string;
  /** Path to write; a file that has it already is replaced. */
  readonly target: string;
  /** SFIDSEC: whether the file is said to be encrypted and signed. */
  readonly encrypted: boolean;
  readonly signed: boolean;
  /** SFIDCOMP. */
  readonly compressed: boolean;
  /** For encrypted files: the own keys. The file names the one it is for. */
  readonly keys: readonly DecryptionKey[];
  /** For signed files: certificates (DER) whose signatures are accepted. */
  readonly trusted: readonly Uint8Array[];
  readonly limits?:
    | {
        /** Octets of content. Default: unbounded. */
        readonly fileSizeMax?: number | undefined;
        /** Octets of content for each compressed octet. Default: unbounded. */
        readonly expansionRatioMax?: number | undefined;
        /** Octets the content may have by its declared original size, slack included. Default: unbounded. */
        readonly declaredSizeMax?: number | undefined;
      }
    | undefined;
  /** For V format: how records are to be kept in the target. */
  readonly records?: RecordOptions | undefined;
  readonly sync?: boolean | undefined;
  readonly signal?: Abort | undefined;
}

export type UnwrapOutcome =
  | {
      readonly ok: true;
      /** Octets in the target. */
      readonly size: number;
      readonly signers: readonly VerifiedSigner[];
      /** The content cipher of an encrypted file, by its node:crypto name. */
      readonly cipher: string | undefined;
    }
  | {
      readonly ok: false;
      /** For NERP: 31 signature, 32 decompression, 33 decryption (RFC 5024 §5.3.14). */
      readonly reasonCode: SecurityReason;
      readonly fault: SecurityFault;
      readonly message: string;
    };

/**
 * Decrypts, decompresses and verifies a file as it was announced. What a peer did wrong is an outcome; the target
 * exists only when everything was in order.
 *
 * @throws the system's error for files; `RecordError` for content that is not in the records it should have; the
 *   signal's reason
 */
export async function unwrapFile(options: UnwrapOptions): Promise<UnwrapOutcome> {
  const { target, signal, sync = true } = options;
  const report: SignatureReport & EnvelopeReport = {};
  let content = unwrapped(options, report);
  if (options.records) content = fromRecords(content, options.records);
  try {
    const size = await writeFileWhole(target, content, { sync, signal });
    return { ok: true, size, signers: report.signers ?? [], cipher: report.cipher };
  } catch (error) {
    if (!(error instanceof SecurityFailure)) throw error;
    return { ok: false, reasonCode: error.reasonCode, fault: error.fault, message: error.message };
  }
}

function unwrapped(options: UnwrapOptions, report: SignatureReport & EnvelopeReport): Octets {
  const { encrypted, compressed, signed, keys, trusted, limits = {} } = options;
  let content: Octets = readFileChunks(options.source, options.signal);
  if (encrypted) content = openEnvelope(content, keys, report);
  if (compressed) {
    const expansion = { ratioMax: limits.expansionRatioMax, lengthMax: limits.declaredSizeMax };
    content = decompress(content, encrypted, expansion);
  }
  if (signed) content = verifySigned(content, { trusted, decrypted: encrypted && !compressed }, report);
  return bounded(content, limits.fileSizeMax);
}

/** Refuses content beyond MaxFileSize, whichever layer it came from. */
function bounded(content: Octets, lengthMax = Number.POSITIVE_INFINITY): Octets {
  let length = 0;
  return tapped(content, (chunk) => {
    length += chunk.length;
    if (length > lengthMax) {
      throw new SecurityFailure(REASON.decompression, 'size-limit', `It holds more than ${lengthMax} octets`);
    }
  });
}

async function* tapped(content: Octets, look: (chunk: Uint8Array) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of content) {
    look(chunk);
    yield chunk;
  }
}

/**
 * The hash of a file, for EERPHSH: of the octets as transmitted (RFC 5024 §5.3.13).
 *
 * @param delimiter of the records in a file of format F or V, which are transmitted without
 */
export async function hashFile(
  path: string,
  hash: HashName,
  signal?: Abort,
  delimiter: RecordDelimiter | 'none' = 'none',
): Promise<Uint8Array> {
  const digest = createHash(hash);
  const content = readFileChunks(path, signal);
  const transmitted = delimiter === 'none' ? content : withoutDelimiters(content, delimiter);
  for await (const chunk of transmitted) digest.update(chunk);
  return digest.digest();
}

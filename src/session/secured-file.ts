import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type FileSystem, removeIfThere } from '../files/filesystem.js';
import { RESTART_BLOCK } from '../files/incoming.js';
import { type SecuredNames, securedNames } from '../files/part-names.js';
import { type PublishOptions, TargetName, type TargetOptions } from '../files/publish.js';
import { PREFIXED_LENGTH_MAX } from '../files/record-format.js';
import { WorkerPoolError } from '../pool/worker-pool.js';
import type { SFID } from '../protocol/commands/codec.js';
import { REASON } from '../security/failure.js';
import type { UnwrapOutcome } from '../security/files.js';
import { OFTPError } from '../settings/errors.js';
import type { SessionContext } from './context.js';
import type { Monitor } from './monitor.js';
import { isEncrypted, isSecured, isSigned } from './protection.js';
import { incomplete } from './stream-target.js';

/** Where the content of a secured file goes in the end. */
type SecuredPlace =
  | { readonly path: string; readonly overwrite: boolean }
  | { readonly stream: Writable; readonly folder: string };

interface SecuredOptions extends Omit<TargetOptions, 'overwrite'> {
  readonly fileSystem: FileSystem;
}

/** What unwrapping came to: the size of the content, or why it is refused, as a NERP says it. */
export type Unwrapped =
  | { readonly ok: true; readonly size: number }
  | { readonly ok: false; readonly reasonCode: 31 | 32 | 33 | 34; readonly message: string };

const DECLARED_SIZE_FACTOR = 4;
/** As much as is free of MaxExpansionRatio. */
const DECLARED_SIZE_SLACK = 1_048_576;

/** NERPREAS 34: processing of the file failed. */
const PROCESSING_FAILED = 34;

/** What a failed unwrapping is to the own side: an invalid signature, or a failed computation. */
export const errorCodeOf = (reasonCode: number): 683 | 684 => (reasonCode === 31 ? 683 : 684);

/**
 * A secured file, or a certificate, from its first octet to its final name. Until everything about it was found good it
 * stands under hidden names in the folder of the final one: first as it was transmitted, then its content.
 */
export class SecuredFile {
  readonly names: SecuredNames;
  readonly #place: SecuredPlace;
  readonly #name: TargetName | undefined;
  readonly #fileSystem: FileSystem;

  private constructor(names: SecuredNames, place: SecuredPlace, name: TargetName | undefined, fileSystem: FileSystem) {
    this.names = names;
    this.#place = place;
    this.#name = name;
    this.#fileSystem = fileSystem;
  }

  /** @throws what `TargetName.reserve` does */
  static async reserve(place: SecuredPlace, options: SecuredOptions): Promise<SecuredFile> {
    const { identity, fileSystem } = options;
    if ('stream' in place) return new SecuredFile(securedNames(place.folder, identity), place, undefined, fileSystem);
    const { path, overwrite } = place;
    const name = await TargetName.reserve(path, { overwrite, ...options });
    return new SecuredFile(securedNames(dirname(path), identity), place, name, fileSystem);
  }

  /**
   * Decrypts, decompresses and verifies, as the SFID announces it; a file without services holds a certificate, which
   * is taken out of it.
   *
   * @param signal ends it; without one it ends when everything is about to close
   * @throws OFTPError for what is no fault of the peer: a missing certificate, a full disk, a pool that is closed
   */
  async unwrap(session: SessionContext, sfid: SFID, signal?: AbortSignal): Promise<Unwrapped> {
    const ending = signal ?? session.environment.closing.signal;
    try {
      return await (isSecured(sfid)
        ? this.#unwrapServices(session, sfid, ending)
        : this.#unwrapCertificate(session, ending));
    } catch (error) {
      if (error instanceof OFTPError) throw error;
      if (isFault(error)) return { ok: false, reasonCode: PROCESSING_FAILED, message: (error as Error).message };
      throw new OFTPError(684, `${sfid.dsn} could not be unwrapped yet: ${(error as Error).message}`, { cause: error });
    }
  }

  async #unwrapServices(
    { environment, monitor, settings }: SessionContext,
    sfid: SFID,
    signal: AbortSignal,
  ): Promise<Unwrapped> {
    const { decryption: keys, signatureVerification } = monitor.identities();
    if ((isEncrypted(sfid) && keys.length === 0) || (isSigned(sfid) && signatureVerification.length === 0)) {
      throw new OFTPError(689, `${sfid.dsn} waits for its certificates: set certificate and recipientCertificate`);
    }
    const trusted = isSigned(sfid) ? await usableSigners(monitor, signatureVerification) : [];
    if (typeof trusted === 'string') return { ok: false, reasonCode: REASON.signature, message: trusted };
    const { maxFileSize, maxExpansionRatio, recordDelimiter, syncOnCommit: sync } = settings;
    const delimiter = recordDelimiter === 'crlf' ? 'crlf' : 'length';
    const recordLengthMax = Math.min(sfid.lrecl || PREFIXED_LENGTH_MAX, PREFIXED_LENGTH_MAX);
    const input = {
      source: this.names.transmitted,
      target: this.names.content,
      encrypted: isEncrypted(sfid),
      signed: isSigned(sfid),
      compressed: sfid.comp === 1,
      keys,
      trusted,
      limits: {
        fileSizeMax: maxFileSize || undefined,
        expansionRatioMax: maxExpansionRatio || undefined,
        declaredSizeMax: maxExpansionRatio === 0 ? undefined : declaredSizeMax(sfid),
      },
      records: sfid.fmt === 'V' ? ({ delimiter, recordLengthMax } as const) : undefined,
      sync,
    };
    return unwrappedFrom(await environment.pool.runTwice('unwrapFile', input, signal));
  }

  async #unwrapCertificate({ environment, settings }: SessionContext, signal: AbortSignal): Promise<Unwrapped> {
    const { transmitted: source, content: target } = this.names;
    const input = { source, target, sync: settings.syncOnCommit };
    const outcome = await environment.pool.runTwice('unwrapCertificate', input, signal);
    return outcome.ok ? outcome : { ...outcome, reasonCode: PROCESSING_FAILED };
  }

  /** Gives the content its final name, or to the stream. */
  async publish(options: PublishOptions): Promise<void> {
    if ('stream' in this.#place) {
      await pipeline(createReadStream(this.names.content), this.#place.stream);
      await options.recorded?.();
    } else {
      await this.#name?.publish(this.names.content, options);
    }
  }

  /** Gives the final name to the file as it was transmitted. */
  async publishTransmitted(options: PublishOptions): Promise<void> {
    await this.#name?.publish(this.names.transmitted, options);
  }

  /** The content was made in an earlier life of the process, and may stand under the final name already. */
  async isUnwrapped(): Promise<boolean> {
    return access(this.names.content).then(
      () => true,
      () => false,
    );
  }

  /** Says that the hidden files and the reservation go soon. */
  leave(): void {
    this.#name?.leave();
  }

  /** The content goes nowhere. */
  abandon(): void {
    if ('stream' in this.#place) this.#place.stream.destroy(incomplete());
  }

  /** Removes the hidden names; what was published stays, and where it should not have been, what tells whose it is. */
  async clear(): Promise<void> {
    try {
      if (this.#name?.stands) await removeIfThere(this.#fileSystem, this.names.transmitted);
      else await removeSecured(this.#fileSystem, this.names);
      await this.#name?.forget();
    } finally {
      this.release();
    }
  }

  /** Lets others have the final name; the hidden files stay. */
  release(): void {
    this.#name?.release();
  }
}

/** Removes the hidden files of a secured file, as far as they are there. */
export async function removeSecured(fileSystem: FileSystem, { content, transmitted }: SecuredNames): Promise<void> {
  await removeIfThere(fileSystem, content);
  await removeIfThere(fileSystem, transmitted);
}

/**
 * How far a compressed file may expand by SFIDOSIZ, which is an estimate: some count it before the lengths of records
 * are put in, which makes three octets of one, others take the larger one of original and envelope. 0, and no more than
 * is transmitted: it is not known. Who means harm announces what they like; the other limits are for them.
 */
function declaredSizeMax({ osiz, fsiz }: SFID): number | undefined {
  return osiz <= fsiz ? undefined : DECLARED_SIZE_FACTOR * osiz * RESTART_BLOCK + DECLARED_SIZE_SLACK;
}

/** The certificates that may have signed; a text when all of them have been revoked. */
async function usableSigners(
  monitor: Monitor,
  certificates: readonly Uint8Array[],
): Promise<readonly Uint8Array[] | string> {
  try {
    return await monitor.usable(certificates);
  } catch (error) {
    if (error instanceof OFTPError) return error.message;
    throw error;
  }
}

function unwrappedFrom(outcome: UnwrapOutcome): Unwrapped {
  if (outcome.ok) return { ok: true, size: outcome.size };
  return { ok: false, reasonCode: outcome.reasonCode, message: outcome.message };
}

/** What will not be better another time: content in other records than announced, or a file that ends its worker. */
function isFault(error: unknown): boolean {
  if (error instanceof WorkerPoolError) return error.code === 'WORKER_LOST';
  return (error as Error).name === 'RecordError';
}

import { dirname } from 'node:path';
import { IncomingFile, RESTART_BLOCK } from '../files/incoming.js';
import type { FileIdentity } from '../files/part-names.js';
import { type PublishOptions, TargetName } from '../files/publish.js';
import type { SFID } from '../protocol/commands/codec.js';
import type { SessionContext } from './context.js';
import { EndRefusal } from './end-refusal.js';
import { SecuredFile, type SecuredPlace } from './secured-file.js';

/** EFNAREAS for the NERPREAS that means the same: 22 and 23 are the other way round (RFC 5024 §5.3.10, §5.3.14). */
const REFUSALS = { 31: 21, 32: 23, 33: 22, 34: 99 } as const;

/**
 * A secured file that goes to the disk as it comes. `commit` keeps it as it was transmitted, to be unwrapped when the
 * peer has its acknowledgement, or unwraps it at once.
 */
export class SecuredTarget {
  readonly file: SecuredFile;
  /** The acknowledgement waits for what is inside. */
  readonly inSession: boolean;
  readonly #session: SessionContext;
  readonly #sfid: SFID;
  readonly #transmitted: TargetName;
  readonly #part: IncomingFile;
  readonly #restartable: boolean;

  private constructor(
    session: SessionContext,
    sfid: SFID,
    place: SecuredPlace,
    file: SecuredFile,
    transmitted: TargetName,
    part: IncomingFile,
  ) {
    this.#session = session;
    this.#sfid = sfid;
    this.file = file;
    this.#transmitted = transmitted;
    this.#part = part;
    this.#restartable = 'path' in place;
    // A stream that did not take the file cannot be asked a second time: its failure has to be the peer's EFNA.
    this.inSession = 'stream' in place || sfid.fsiz * RESTART_BLOCK <= session.settings.unwrapInSession;
  }

  /** @throws OFTPError 681 when a file stands there and must not be replaced, or the error of the file system */
  static async open(
    session: SessionContext,
    sfid: SFID,
    place: SecuredPlace,
    identity: FileIdentity,
  ): Promise<SecuredTarget> {
    const file = await SecuredFile.reserve(place, identity);
    try {
      const path = file.names.transmitted;
      const transmitted = await TargetName.reserve(path, { overwrite: true, identity });
      try {
        const part = await IncomingFile.open({ directory: dirname(path), identity });
        return new SecuredTarget(session, sfid, place, file, transmitted, part);
      } catch (error) {
        transmitted.release();
        throw error;
      }
    } catch (error) {
      file.release();
      throw error;
    }
  }

  /** Goes on where an earlier attempt ended, but not beyond what the peer offers. Returns octets. */
  async resume(offeredBlocks: bigint): Promise<number> {
    const kept = this.#restartable ? BigInt(this.#part.restartPosition) : 0n;
    const blocks = Number(offeredBlocks < kept ? offeredBlocks : kept);
    await this.#part.truncateTo(blocks);
    return blocks * RESTART_BLOCK;
  }

  write(octets: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#part.write(octets, 0, octets.length, (error) => (error === null ? resolve() : reject(error)));
    });
  }

  sync(): Promise<void> {
    return this.#part.sync();
  }

  /** @throws EndRefusal when what is inside is not what was announced */
  async commit(options: PublishOptions): Promise<{ fileSize?: number }> {
    if (!this.inSession) {
      await this.#keep(options);
      return {};
    }
    await this.#keep({ ...options, recorded: async () => {} });
    const outcome = await this.file.unwrap(this.#session, this.#sfid);
    if (!outcome.ok) throw new EndRefusal(REFUSALS[outcome.reasonCode], outcome.message);
    await this.file.publish(options);
    return { fileSize: outcome.size };
  }

  async park(): Promise<void> {
    this.#leave();
    await this.#part.park().finally(() => this.#release());
  }

  async discard(): Promise<void> {
    this.#leave();
    await this.#part.discard().finally(() => this.#release());
    await this.file.clear();
  }

  async #keep(options: PublishOptions): Promise<void> {
    await this.#part.commit(this.#transmitted, options);
    this.#transmitted.release();
  }

  #leave(): void {
    this.#transmitted.leave();
    this.file.leave();
  }

  #release(): void {
    this.#transmitted.release();
    this.file.release();
  }
}

import { dirname } from 'node:path';
import { IncomingFile, RESTART_BLOCK } from '../files/incoming.js';
import { OCTET_LAYOUT, type RestartPoint } from '../files/part-layout.js';
import type { FileIdentity } from '../files/part-names.js';
import { type PublishOptions, TargetName } from '../files/publish.js';
import type { SFID } from '../protocol/commands/codec.js';
import type { SessionContext } from './context.js';
import { EndRefusal } from './end-refusal.js';
import type { FileTarget } from './file-target.js';
import type { FileDecision } from './monitor.js';
import { isSecured } from './protection.js';
import { errorCodeOf, SecuredFile, type Unwrapped } from './secured-file.js';

/** EFNAREAS for the NERPREAS that means the same: 22 and 23 are the other way round (RFC 5024 §5.3.10, §5.3.14). */
const REFUSALS = { 31: 21, 32: 23, 33: 22, 34: 99 } as const;

type Acceptance = Extract<FileDecision, { accept: true }>;

/**
 * A secured file that goes to the disk as it comes. `commit` keeps it as it was transmitted, to be unwrapped when the
 * peer has its acknowledgement, or unwraps it at once.
 */
export class SecuredTarget implements FileTarget {
  readonly file: SecuredFile;
  /** The acknowledgement waits for what is inside. */
  readonly inSession: boolean;
  /** Octets of the content, as soon as it has been unwrapped. */
  contentSize: number | undefined;
  readonly #session: SessionContext;
  readonly #sfid: SFID;
  readonly #transmitted: TargetName;
  readonly #part: IncomingFile;
  readonly #restartable: boolean;

  private constructor(
    session: SessionContext,
    sfid: SFID,
    decision: Acceptance,
    file: SecuredFile,
    transmitted: TargetName,
    part: IncomingFile,
  ) {
    this.#session = session;
    this.#sfid = sfid;
    this.file = file;
    this.#transmitted = transmitted;
    this.#part = part;
    this.#restartable = 'path' in decision;
    // A stream that did not take the file cannot be asked a second time: its failure has to be the peer's EFNA.
    this.inSession =
      'stream' in decision || (isSecured(sfid) && sfid.fsiz * RESTART_BLOCK <= session.settings.unwrapInSession);
  }

  /** @throws OFTPError 681 when a file stands there and must not be replaced, or the error of the file system */
  static async open(
    session: SessionContext,
    sfid: SFID,
    decision: Acceptance,
    identity: FileIdentity,
    isLeaving: () => boolean,
  ): Promise<SecuredTarget> {
    const { environment, settings } = session;
    const options = { identity, isLeaving, fileSystem: environment.fileSystem };
    const place =
      'stream' in decision
        ? { stream: decision.stream, folder: await environment.prepared.folder(settings) }
        : { path: decision.path, overwrite: decision.overwrite };
    const file = await SecuredFile.reserve(place, options);
    try {
      const path = file.names.transmitted;
      const transmitted = await TargetName.reserve(path, { overwrite: true, ...options });
      try {
        const part = await IncomingFile.open({ directory: dirname(path), ...options });
        return new SecuredTarget(session, sfid, decision, file, transmitted, part);
      } catch (error) {
        transmitted.release();
        throw error;
      }
    } catch (error) {
      file.release();
      throw error;
    }
  }

  resume(offered: bigint): Promise<RestartPoint> {
    return OCTET_LAYOUT.resume(this.#part, this.#restartable ? offered : 0n);
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
  async commit(options: PublishOptions): Promise<void> {
    const kept = this.inSession ? { ...options, recorded: async () => {} } : options;
    await this.#part.commit(this.#transmitted, kept);
    if (this.inSession) await this.#deliver(options);
    this.#transmitted.release();
  }

  async #deliver(options: PublishOptions): Promise<void> {
    const outcome = await this.#unwrapWhileConnected();
    if (!outcome.ok) {
      const { reasonCode, message } = outcome;
      throw new EndRefusal(REFUSALS[reasonCode], errorCodeOf(reasonCode), message);
    }
    await this.file.publish(options);
    this.contentSize = outcome.size;
  }

  /** Without an acknowledgement the peer sends the file again: nobody wants its content when the connection is gone. */
  async #unwrapWhileConnected(): Promise<Unwrapped> {
    const gone = new AbortController();
    const leave = (): void => gone.abort(new Error('the connection is gone'));
    const stay = this.#session.whenClosed(leave);
    // It may have gone while the file was synced.
    if (this.#session.channel.closed) leave();
    try {
      return await this.file.unwrap(this.#session, this.#sfid, gone.signal);
    } finally {
      stay();
    }
  }

  leave(): void {
    this.#transmitted.leave();
    this.file.leave();
    this.#part.leave();
  }

  /** A stream cannot be resumed: nothing of its file is kept. */
  async park(): Promise<void> {
    if (!this.#restartable) return this.discard();
    this.leave();
    await this.#part.park().finally(() => {
      this.#transmitted.release();
      this.file.release();
    });
  }

  /** The names last: who gets them makes hidden files of the same names. */
  async discard(): Promise<void> {
    this.leave();
    this.file.abandon();
    const gone = this.#part.discard().finally(() => this.file.clear());
    await gone.finally(() => this.#transmitted.release());
  }
}

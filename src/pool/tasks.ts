// What the main thread and the workers say to each other: the tasks, and how an error crosses.
import type { ExchangedOptions, ExchangedOutcome } from '../security/certificates/exchanged.js';
import type { Challenge, ChallengeAnswer } from '../security/challenge.js';
import type { DecryptionKey } from '../security/cms/keys.js';
import type { EndResponseSignatureOptions, EndResponseVerdict } from '../security/end-response.js';
import type { Abort } from '../security/file-io.js';
import type { ProtectOptions, ProtectResult, UnwrapOptions, UnwrapOutcome } from '../security/files.js';
import type { RecordDelimiter } from '../security/records.js';
import type { EncryptionName, HashName } from '../security/suites.js';
import type { CrlQuestion } from '../security/trust/crl.js';
import type { RevocationAnswer } from '../security/trust/revocation-answer.js';
import type { TrustList, TrustListQuestion } from '../security/trust/trust-list.js';

/** Every task: what it takes and what it gives. Files go by path, keys as KeyObject handles, certificates as DER. */
export interface Tasks {
  protectFile: { input: Omit<ProtectOptions, 'signal'>; result: ProtectResult };
  unwrapFile: { input: Omit<UnwrapOptions, 'signal'>; result: UnwrapOutcome };
  unwrapCertificate: { input: ExchangedOptions; result: ExchangedOutcome };
  hashFile: { input: { path: string; hash: HashName; delimiter?: RecordDelimiter | 'none' }; result: Uint8Array };
  signEndResponse: { input: { fields: Uint8Array } & EndResponseSignatureOptions; result: Uint8Array };
  verifyEndResponse: {
    input: { signature: Uint8Array; expected: readonly Uint8Array[]; certificates: readonly Uint8Array[] };
    result: EndResponseVerdict;
  };
  createChallenge: { input: { certificate: Uint8Array; encryption: EncryptionName }; result: Challenge };
  answerChallenge: { input: { envelope: Uint8Array; keys: readonly DecryptionKey[] }; result: ChallengeAnswer };
  askCrl: { input: CrlQuestion; result: RevocationAnswer };
  readTrustList: { input: TrustListQuestion; result: TrustList };
}

export type TaskName = keyof Tasks;
export type TaskInput<N extends TaskName> = Tasks[N]['input'];
export type TaskResult<N extends TaskName> = Tasks[N]['result'];

/** The module of each task in workers/. */
export const TASK_MODULES: Readonly<Record<TaskName, string>> = {
  protectFile: 'protect-file.js',
  unwrapFile: 'unwrap-file.js',
  unwrapCertificate: 'unwrap-certificate.js',
  hashFile: 'hash-file.js',
  signEndResponse: 'sign-end-response.js',
  verifyEndResponse: 'verify-end-response.js',
  createChallenge: 'create-challenge.js',
  answerChallenge: 'answer-challenge.js',
  askCrl: 'ask-crl.js',
  readTrustList: 'read-trust-list.js',
};

/** Tasks over a few octets. Open sessions wait for them, so they go before those over files. */
export const SHORT_TASKS: ReadonlySet<TaskName> = new Set([
  'signEndResponse',
  'verifyEndResponse',
  'createChallenge',
  'answerChallenge',
]);

/** Where a task stands, in one shared number: only one side wins when a task is aborted as it starts. */
export const TASK_STATE = { waiting: 0, running: 1, aborted: 2 } as const;

export interface TaskMessage<N extends TaskName> {
  readonly input: TaskInput<N>;
  readonly state: Int32Array<SharedArrayBuffer>;
}

/**
 * An error as it crosses: structured clone would lose `code` and `errno`, which say what the disk had against a file.
 */
export interface TaskFailure {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: string | undefined;
  readonly errno: number | undefined;
  readonly syscall: string | undefined;
  readonly path: string | undefined;
}

export type TaskOutcome<N extends TaskName> =
  | { readonly ok: true; readonly result: TaskResult<N> }
  | { readonly ok: false; readonly failure: TaskFailure };

/** The message of an error thrown by `Abort`; the caller gets the reason of its own signal instead. */
const ABORTED = 'The task was aborted';

/** Wraps the work of a task as the function that its module exports. */
export function task<N extends TaskName>(work: (input: TaskInput<N>, signal: Abort) => unknown) {
  return async ({ input, state }: TaskMessage<N>): Promise<TaskOutcome<N>> => {
    const { waiting, running, aborted } = TASK_STATE;
    const signal: Abort = {
      throwIfAborted() {
        if (Atomics.load(state, 0) === aborted) throw new Error(ABORTED);
      },
    };
    try {
      Atomics.compareExchange(state, 0, waiting, running);
      signal.throwIfAborted();
      return { ok: true, result: (await work(input, signal)) as TaskResult<N> };
    } catch (error) {
      return { ok: false, failure: failureOf(error) };
    }
  };
}

function failureOf(error: unknown): TaskFailure {
  if (!(error instanceof Error)) throw error;
  const { name, message, stack, code, errno, syscall, path } = error as NodeJS.ErrnoException;
  return { name, message, stack, code, errno, syscall, path };
}

/** The error that a failure was made from, as far as programs and people can tell. */
export function errorOf({ message, ...properties }: TaskFailure): Error {
  const error = new Error(message);
  for (const [key, value] of Object.entries(properties)) {
    if (value !== undefined) Object.defineProperty(error, key, { value, writable: true, configurable: true });
  }
  return error;
}

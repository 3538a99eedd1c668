/** How the command ends: exit codes, and the error that means code 2. */

/** The exit codes of all commands, as `--help` documents them. */
export const EXIT = { ok: 0, failure: 1, usage: 2 } as const;

/** The command line or the configuration is wrong: the message says what and how to put it right. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
}

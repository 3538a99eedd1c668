/** A server whose calls to the file system fail when the test says so. */
import { readdirSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { errno, intercepted } from '../files/support.js';
import { TestServer, type TestServerOptions } from '../support/server.js';

/** Names of system errors, and the reason of SFNA or EFNA that each means (RFC 5024 §5.3.5, §5.3.10). */
export const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: '06',
  EDQUOT: '06',
  EIO: '12',
  EMFILE: '12',
  EACCES: '12',
  EROFS: '12',
};

export class FailingDisk {
  readonly #calls: string[] = [];
  readonly #fileSystem = intercepted(({ text }) => this.#called(text));
  #nth = 0;
  #code = '';

  static async start(options: TestServerOptions = {}): Promise<{ disk: FailingDisk; host: TestServer }> {
    const disk = new FailingDisk();
    const host = await TestServer.start({
      ...options,
      on: {
        ...options.on,
        acceptConnection: async (event) => {
          Object.assign(event.connection.session.environment, { fileSystem: disk.#fileSystem });
          await options.on?.acceptConnection?.(event);
        },
      },
    });
    return { disk, host };
  }

  /** From here on the n-th call fails, the first one being 1; 0: none does. */
  failAt(nth: number, code = ''): void {
    this.#calls.length = 0;
    this.#nth = nth;
    this.#code = code;
  }

  /** The call that has failed; undefined if there have not been as many. */
  get failed(): string | undefined {
    return this.#calls[this.#nth - 1];
  }

  /** Files that are open. */
  get descriptors(): number {
    return this.#fileSystem.descriptors.size;
  }

  #called(text: string): void {
    if (this.#calls.push(text) === this.#nth) throw errno(this.#code);
  }
}

/** Calls `run` with 1, 2, 3 … for as long as it met the fault that it asked for; gives how often. */
export async function atEachCall(run: (nth: number) => Promise<boolean>): Promise<number> {
  let faults = 0;
  while (await run(faults + 1)) faults += 1;
  return faults;
}

/** No hidden file is in a folder. */
export function assertNothingHidden(folder: string, where: string): void {
  const hidden = readdirSync(folder).filter((name) => name.startsWith('.'));
  assert.equal(hidden, [], `${where}: left over`);
}

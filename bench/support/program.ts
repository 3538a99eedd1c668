/**
 * The processes of a benchmark. Each end of what is measured is a process of its own, and a new one for each case, so
 * that its CPU time and its peak of memory are its own and those of the case. One asks, the other answers; who answers
 * ends with who asks.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What a process has used. */
export interface Usage {
  /** Of all its threads, since it was started. */
  readonly cpuSeconds: number;
  /** The most memory that it ever had resident. */
  readonly peakMiB: number;
}

export function usage(): Usage {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  return { cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakMiB: Math.round(maxRSS / 1024) };
}

/** Every process that answers knows this question. */
const USAGE = 'usage';

/** In the process that answers: tells that it is ready, and answers one question after the other. */
export function answer<Question>(ready: object, respond: (question: Question) => unknown = () => ({})): void {
  process.on('message', async (question) => {
    process.send?.(question === USAGE ? usage() : ((await respond(question as Question)) ?? {}));
  });
  process.on('disconnect', () => process.exit());
  process.send?.(ready);
}

/** In the process that asks: a program of this folder that runs and answers. */
export class Program<Ready extends object = object> {
  readonly ready: Ready;
  readonly #name: string;
  readonly #child: ChildProcess;

  private constructor(name: string, child: ChildProcess, ready: Ready) {
    this.ready = ready;
    this.#name = name;
    this.#child = child;
  }

  /** Settles when the program is ready. */
  static async start<Ready extends object>(
    name: string,
    args: readonly (string | number)[] = [],
    execArgv: readonly string[] = [],
  ): Promise<Program<Ready>> {
    const path = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
    const child = fork(path, args.map(String), { execArgv: [...execArgv] });
    // First of all: otherwise they would run on for a moment and write into folders that are being removed.
    const kill = () => child.kill('SIGKILL');
    process.prependOnceListener('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    return new Program(name, child, await messageOf<Ready>(name, child));
  }

  /** @throws Error when the program ends without an answer */
  async ask<Answer extends object>(question: string | object): Promise<Answer> {
    const answered = messageOf<Answer>(this.#name, this.#child);
    this.#child.send(question);
    return await answered;
  }

  usage(): Promise<Usage> {
    return this.ask<Usage>(USAGE);
  }

  /** At once, without a goodbye. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}

async function messageOf<Message>(name: string, child: ChildProcess): Promise<Message> {
  const settled = new AbortController();
  const { signal } = settled;
  const ended = once(child, 'exit', { signal }).then(([code, by]) => {
    throw new Error(`the process ${name} has ended, ${by ?? `exit code ${code}`}`);
  });
  try {
    const [message] = await Promise.race([once(child, 'message', { signal }), ended]);
    return message as Message;
  } finally {
    settled.abort();
    ended.catch(() => {});
  }
}

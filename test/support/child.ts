/**
 * Child processes that cannot outlive their caller: each leads a process group of its own, has a time limit and a
 * bounded memory of what it printed, and what is left of its group when it ends is killed. A process that is told to
 * stop by SIGINT or SIGTERM stops its children first, and they theirs.
 */

import { type ChildProcess, spawn } from 'node:child_process';

/** How many characters of a child's output are kept: the last ones, where failures and summaries stand. */
const OUTPUT_LENGTH_MAX = 1_048_576;

/** How long, in ms, a pipe may stay open after its process ended: only a process that left the group keeps it open. */
const PIPE_LINGER_MS = 2_000;

/** How long, in ms, a group may take between SIGTERM and SIGKILL when its limit is reached. */
const STOP_GRACE_MS = 2_000;

/** The same when this process is told to stop: less, since it stands itself within its parent's grace. */
const SIGNAL_GRACE_MS = 1_000;

export interface ChildOptions {
  /** After so many milliseconds the process group is stopped. */
  readonly limitMs: number;
  readonly cwd?: string;
  /** The whole environment of the child; the caller's own when absent. */
  readonly env?: NodeJS.ProcessEnv;
}

export interface ChildResult {
  /** The exit code, or null when a signal ended the process or it could not be started. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly timedOut: boolean;
  readonly stdout: string;
  /** stdout and stderr in the order in which they arrived. */
  readonly output: string;
  readonly elapsedMs: number;
}

/** The end of a text that may grow without limit. */
class Tail {
  #text = '';
  #dropped = 0;

  push(text: string): void {
    this.#text += text;
    const excess = this.#text.length - OUTPUT_LENGTH_MAX;
    if (excess > 0) {
      this.#text = this.#text.slice(excess);
      this.#dropped += excess;
    }
  }

  get text(): string {
    return this.#dropped === 0 ? this.#text : `[${this.#dropped} characters dropped]\n${this.#text}`;
  }
}

const live = new Set<Child>();

// Their groups are their own, so that what stops this process, be it a terminal, does not reach them.
for (const [signal, exitCode] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, async () => {
    await Promise.all([...live].map((child) => child.stop(SIGNAL_GRACE_MS)));
    process.exit(exitCode);
  });
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // ESRCH: nobody is left. EPERM: macOS says so of a group of which only unreaped processes are left.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

export class Child {
  /** Settles once, when the process has ended and its output is complete. It never rejects. */
  readonly finished: Promise<ChildResult>;
  readonly #process: ChildProcess;
  readonly #stdout = new Tail();
  readonly #output = new Tail();
  readonly #watchers = new Set<() => void>();
  #timedOut = false;
  #killing: NodeJS.Timeout | undefined;

  /** Starts `command` with an empty stdin and no terminal. */
  constructor(command: string, args: readonly string[], options: ChildOptions) {
    this.#process = spawn(command, args, {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    live.add(this);
    this.#collect();
    this.finished = this.#finish(options.limitMs);
  }

  get output(): string {
    return this.#output.text;
  }

  /** Sends a signal to the process itself, not to its group. */
  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** SIGTERM for the whole group, and SIGKILL for what is left of it after `graceMs`. */
  stop(graceMs = STOP_GRACE_MS): Promise<ChildResult> {
    if (live.has(this) && !this.#killing) {
      signalGroup(this.#process, 'SIGTERM');
      this.#killing = setTimeout(() => signalGroup(this.#process, 'SIGKILL'), graceMs);
    }
    return this.finished;
  }

  /** Waits until the output contains a match. Rejects when the process ends first, which it does at its limit. */
  async waitForOutput(pattern: RegExp): Promise<RegExpExecArray> {
    let watcher = () => {};
    const seen = new Promise<RegExpExecArray>((resolve) => {
      watcher = () => {
        const match = pattern.exec(this.output);
        if (match) resolve(match);
      };
    });
    this.#watchers.add(watcher);
    watcher();
    const first = await Promise.race([seen, this.finished]);
    this.#watchers.delete(watcher);
    if (Array.isArray(first)) return first;
    throw new Error(`the process ended (${describeEnd(first)}) without printing ${pattern}:\n${first.output}`);
  }

  #collect(): void {
    const { stdout, stderr } = this.#process;
    stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout.push(text);
      this.#print(text);
    });
    stderr?.setEncoding('utf8').on('data', (text: string) => this.#print(text));
  }

  #print(text: string): void {
    this.#output.push(text);
    for (const watcher of this.#watchers) watcher();
  }

  #finish(limitMs: number): Promise<ChildResult> {
    const child = this.#process;
    const started = performance.now();
    return new Promise((resolve) => {
      const limit = setTimeout(() => {
        this.#timedOut = true;
        this.stop();
      }, limitMs);
      let linger: NodeJS.Timeout | undefined;
      const settle = (code: number | null, signal: NodeJS.Signals | null) => {
        clearTimeout(limit);
        clearTimeout(linger);
        clearTimeout(this.#killing);
        live.delete(this);
        const elapsedMs = performance.now() - started;
        const { stdout, output } = { stdout: this.#stdout.text, output: this.#output.text };
        resolve({ code, signal, timedOut: this.#timedOut, stdout, output, elapsedMs });
      };
      child.on('error', (error) => {
        this.#print(`${error.message}\n`);
        if (child.pid === undefined) settle(null, null);
      });
      child.on('exit', () => {
        signalGroup(child, 'SIGKILL');
        linger = setTimeout(() => {
          child.stdout?.destroy();
          child.stderr?.destroy();
        }, PIPE_LINGER_MS);
      });
      child.on('close', settle);
    });
  }
}

/** Runs a command to its end, or to its limit. */
export function runChild(command: string, args: readonly string[], options: ChildOptions): Promise<ChildResult> {
  return new Child(command, args, options).finished;
}

/** How a process ended, in words. */
export function describeEnd({ code, signal, timedOut }: ChildResult): string {
  if (timedOut) return 'killed at its time limit';
  if (signal) return `ended by ${signal}`;
  return code === null ? 'could not be started' : `exit code ${code}`;
}

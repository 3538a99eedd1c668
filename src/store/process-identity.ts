/**
 * Which process something belongs to, so that a later one can tell for certain that it is gone. A process number alone
 * says nothing: numbers are used again, and each container counts its own. Linux only: elsewhere nobody is known to be
 * gone.
 */
import { createHash } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';

/** All parts are texts without `-`. */
export interface ProcessIdentity {
  /** Hash of what a machine keeps from start to start, its id and its name; `NO_HOST` where it has no id. */
  readonly host: string;
  /** The kernel's number for this run of the machine, the same in all its containers. */
  readonly boot: string;
  /** Numbers of the namespaces in which `pid` and `started` count. */
  readonly namespaces: string;
  readonly pid: string;
  /** Clock ticks from the start of the machine to that of the process. */
  readonly started: string;
}

/** Of machines and containers that nothing tells apart. */
const NO_HOST = '0'.repeat(16);

/** The parts in this order, with `-` between them. */
const TEXT = /^([0-9a-f]{16})-([0-9a-f]{32})-(\d+\.\d+)-([1-9]\d{0,6})-(\d+)$/;

export function identityText({ host, boot, namespaces, pid, started }: ProcessIdentity): string {
  return [host, boot, namespaces, pid, started].join('-');
}

export function identityFrom(text: string): ProcessIdentity | undefined {
  const [, host, boot, namespaces, pid, started] = TEXT.exec(text) ?? [];
  if (host === undefined || boot === undefined || namespaces === undefined) return undefined;
  return pid === undefined || started === undefined ? undefined : { host, boot, namespaces, pid, started };
}

/** Of this process; undefined where the system does not tell all of it. */
export async function ownIdentity(): Promise<ProcessIdentity | undefined> {
  try {
    const [machine, boot, pidNamespace, timeNamespace, stat] = await Promise.all([
      readFile('/etc/machine-id', 'utf8').catch(() => ''),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
      namespaceNumber('pid'),
      // Older kernels have one for all.
      namespaceNumber('time').catch(() => '0'),
      readFile('/proc/self/stat', 'utf8'),
    ]);
    // A /proc of another namespace speaks of other processes under the same numbers.
    if (Number.parseInt(stat, 10) !== process.pid) return undefined;
    const identity: ProcessIdentity = {
      host: hostFrom(machine.trim()),
      boot: boot.trim().replaceAll('-', ''),
      namespaces: `${pidNamespace}.${timeNamespace}`,
      pid: String(process.pid),
      started: startIn(stat),
    };
    return identityFrom(identityText(identity));
  } catch {
    return undefined;
  }
}

/** Whether a process with this number is there. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Whether a process is gone for certain; every doubt means no.
 *
 * @param own of this process
 * @param isLocal what it left cannot come from another machine that runs now: it is on no network file system
 */
export async function isGone(other: ProcessIdentity, own: ProcessIdentity, isLocal: boolean): Promise<boolean> {
  if (other.boot !== own.boot) return isLocal && own.host !== NO_HOST && other.host === own.host;
  // Of other containers of this machine nothing can be known.
  if (other.namespaces !== own.namespaces) return false;
  if (!isAlive(Number(other.pid))) return true;
  const stat = await readFile(`/proc/${other.pid}/stat`, 'utf8').catch(() => undefined);
  return stat !== undefined && startIn(stat) !== other.started;
}

/** machine-id(5) asks not to show the id itself. */
function hostFrom(machine: string): string {
  if (!/^[0-9a-f]{32}$/.test(machine)) return NO_HOST;
  return createHash('sha256').update(`oftp ${machine} ${hostname()}`).digest('hex').slice(0, NO_HOST.length);
}

async function namespaceNumber(kind: 'pid' | 'time'): Promise<string> {
  return /\[(\d+)\]/.exec(await readlink(`/proc/self/ns/${kind}`))?.[1] ?? '';
}

/** Field 22 of proc_pid_stat(5). Field 2, in parentheses, is the name of the program, which may have any characters. */
function startIn(stat: string): string {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

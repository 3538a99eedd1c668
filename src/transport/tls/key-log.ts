import { closeSync, constants, fchmodSync, openSync, writeSync } from 'node:fs';

const { O_APPEND, O_CREAT, O_WRONLY } = constants;
/** Does not exist on Windows. */
const O_NOFOLLOW = constants.O_NOFOLLOW ?? 0;

/**
 * Appends a line of secrets to SSLKeyLogFile. Only the owner may read the file, also when it was there before; a
 * symbolic link in its place is refused. Synchronous, so that a line is there before the octets that it decrypts, and a
 * few times a handshake: it is a tool for finding faults.
 *
 * @throws the error of the system
 */
export function appendKeyLog(path: string, line: Uint8Array): void {
  const file = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
  try {
    fchmodSync(file, 0o600);
    writeSync(file, line);
  } finally {
    closeSync(file);
  }
}

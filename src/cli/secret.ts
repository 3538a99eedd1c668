/** Passwords from where they do not show: files and environment variables. They appear in no message. */
import { open } from 'node:fs/promises';
import { PASSWORD } from '../settings/row.js';
import { UsageError } from './exit.js';

/** More than any password file needs; beyond it the wrong file was named. */
const FILE_LENGTH_MAX = 4096;

/**
 * A password, X(8), after a check of its characters.
 * @param source where it came from, for the message
 * @throws UsageError
 */
export function checkedPassword(password: string, source: string): string {
  if (password === '') throw new UsageError(`${source} is empty: a password has 1 to 8 characters`);
  if (password.length > PASSWORD.maxLength) {
    throw new UsageError(`${source} is a password of ${password.length} characters: ODETTE-FTP has at most 8`);
  }
  if (!PASSWORD.pattern.test(password) || password.startsWith(' ')) {
    throw new UsageError(`${source} is not a password of ${PASSWORD.words}`);
  }
  return password;
}

/**
 * The only line of a file, which may also be a pipe.
 * @throws UsageError for a file that cannot be read, or that contains something else
 */
export async function passwordFromFile(path: string): Promise<string> {
  return checkedPassword(await secretFromFile(path), `the content of ${path}`);
}

/** As `passwordFromFile`, for what is no password of ODETTE-FTP: of any length, of any characters. */
export async function secretFromFile(path: string): Promise<string> {
  const text = await start(path).catch((error: Error) => {
    throw new UsageError(`the password file ${path} cannot be read: ${error.message}`);
  });
  const line = text.replace(/\r?\n$/, '');
  if (text.length > FILE_LENGTH_MAX || line.includes('\n')) {
    throw new UsageError(`the password file ${path} must contain one line with the password and nothing else`);
  }
  return line;
}

/** @throws UsageError for a variable that is not set, or is no password */
export function passwordFromEnvironment(name: string): string {
  const password = process.env[name];
  if (password === undefined) throw new UsageError(`the environment variable ${name} with the password is not set`);
  return checkedPassword(password, `the environment variable ${name}`);
}

/** The first octets of a file, one more than allowed, so that too long a file is seen. */
async function start(path: string): Promise<string> {
  const file = await open(path);
  try {
    const octets = Buffer.alloc(FILE_LENGTH_MAX + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(octets, length, octets.length - length);
      length += bytesRead;
      if (bytesRead === 0 || length === octets.length) return octets.toString('utf8', 0, length);
    }
  } finally {
    await file.close();
  }
}

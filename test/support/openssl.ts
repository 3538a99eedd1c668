/** OpenSSL's command line as the other party, for what is no CMS message. */
import { execFileSync } from 'node:child_process';

/** The output of an OpenSSL command, with these octets as its input. */
export function openssl(options: readonly string[], input?: Uint8Array): Buffer {
  return execFileSync('openssl', options, { input: input ?? '', stdio: 'pipe', timeout: 60_000 });
}

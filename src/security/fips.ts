import { createHash, getFips, setFips } from 'node:crypto';

/** Whether the process is restricted to certified cryptography (FIPS 140). */
export function usesFips(): boolean {
  return getFips() === 1;
}

/** Restricts the process, or lifts that. Where it cannot be restricted: why, in a sentence, and nothing has changed. */
export function switchFips(on: boolean): string | undefined {
  const before = usesFips();
  if (on === before) return undefined;
  try {
    setFips(on);
    // Without a FIPS provider the switch itself succeeds, and from then on there are no algorithms at all.
    createHash('sha256');
    return undefined;
  } catch (error) {
    setFips(before);
    return `The OpenSSL of this Node.js has no FIPS provider that works (${(error as Error).message}): install one.`;
  }
}

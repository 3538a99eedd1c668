import { closeSync, openSync, writeSync } from 'node:fs';

const BLOCK = Buffer.alloc(1024 * 1024, "UNH+1+DELFOR:D:96A:UN'BGM+241+");

/**
 * Writes a file of so many octets, block by block: what this process has resident counts as the least peak of each
 * process that it starts.
 */
export function writeBigFile(path: string, octets: number): void {
  const file = openSync(path, 'w');
  for (let left = octets; left > 0; ) left -= writeSync(file, BLOCK, 0, Math.min(left, BLOCK.length));
  closeSync(file);
}

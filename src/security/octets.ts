// Octets in memory as a stream, and back.
import type { Octets } from './cms/ber-reader.js';

/** A stream of one chunk. */
export async function* streamOf(octets: Uint8Array): AsyncGenerator<Uint8Array> {
  yield octets;
}

/** Everything a stream has. Only for structures whose source is in memory already: nothing here expands. */
export async function collect(source: Octets): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(Uint8Array.from(chunk));
  return Buffer.concat(chunks);
}

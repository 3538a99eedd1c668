// CompressedData with zlib (RFC 3274), streamed; inflation stops at its limits, not at the end of memory or disk.
import { constants, createDeflate, createInflate, type Deflate, type Inflate } from 'node:zlib';
import * as pkijs from 'pkijs';
import { OID } from '../algorithms.js';
import { REASON, SecurityFailure } from '../failure.js';
import { contextTag, type Octets, TAG } from './ber-reader.js';
import { ends, indefinite, octetStringOf } from './ber-writer.js';
import { ALGORITHM_LENGTH_MAX, closeLayer, layerStart, openLayer, readElement, readOid } from './content-info.js';
import { algorithm, decodeElement, encode, oid } from './der.js';

const CHUNK_LENGTH = 65_536;
/** Small files may compress better than any ratio; below this nobody is harmed. */
const FREE_LENGTH = 1_048_576;

/** Bounds on what compressed content may become; unset means unbounded. */
export interface ExpansionLimits {
  /** Octets of content for each octet of compressed content. zlib cannot exceed 1032. */
  readonly ratioMax?: number | undefined;
  /** Octets, from the declared original size with its slack. */
  readonly lengthMax?: number | undefined;
}

/** Compresses content as CompressedData. */
export async function* compress(content: Octets, level?: number): AsyncGenerator<Uint8Array> {
  yield Buffer.concat([
    layerStart(OID.compressedData, 0),
    encode(algorithm(OID.zlib, 'absent')),
    indefinite(TAG.sequence),
    encode(oid(OID.data)),
    indefinite(contextTag(0)),
  ]);
  const deflate = createDeflate({ level: level ?? constants.Z_DEFAULT_COMPRESSION, chunkSize: CHUNK_LENGTH });
  yield* octetStringOf(TAG.octetString, through(content, deflate));
  yield ends(5);
}

/** The content of a CompressedData. */
export async function* decompress(
  source: Octets,
  decrypted: boolean,
  limits: ExpansionLimits,
): AsyncGenerator<Uint8Array> {
  const layer = await openLayer(source, OID.compressedData, decrypted);
  const { reader } = layer;
  try {
    const id = await readElement(reader, 'the compression algorithm', ALGORITHM_LENGTH_MAX, readAlgorithm);
    if (id !== OID.zlib) {
      const message = `It is compressed with ${id}; only zlib is supported`;
      throw new SecurityFailure(REASON.decompression, 'unsupported-algorithm', message);
    }
    await reader.open(TAG.sequence, 'encapContentInfo');
    await readOid(reader, 'eContentType');
    await reader.open(contextTag(0), 'eContent');
    yield* inflate(reader.octetString(TAG.octetString, 'the compressed content'), limits);
    await reader.close();
    await reader.close();
    await closeLayer(layer);
  } finally {
    await reader.release();
  }
}

function readAlgorithm(octets: Uint8Array): string {
  return new pkijs.AlgorithmIdentifier({ schema: decodeElement(octets) }).algorithmId;
}

async function* inflate(content: Octets, limits: ExpansionLimits): AsyncGenerator<Uint8Array> {
  const { ratioMax = Number.POSITIVE_INFINITY, lengthMax = Number.POSITIVE_INFINITY } = limits;
  const inflater = createInflate({ chunkSize: CHUNK_LENGTH });
  let taken = 0;
  let given = 0;
  const counted = (async function* () {
    for await (const chunk of content) {
      taken += chunk.length;
      yield chunk;
    }
  })();
  for await (const chunk of through(counted, inflater)) {
    given += chunk.length;
    if (given > lengthMax || (given > FREE_LENGTH && given > taken * ratioMax)) {
      const limit = given > lengthMax ? `${lengthMax} octets, as declared` : `${ratioMax} times its compressed size`;
      throw new SecurityFailure(REASON.decompression, 'expansion-limit', `It expands to more than ${limit}`);
    }
    yield chunk;
  }
  if (inflater.bytesWritten < taken) {
    throw new SecurityFailure(REASON.decompression, 'decompression-failed', 'Octets follow the compressed content');
  }
}

/** Streams content through zlib; a chunk of the source is used up before the next one is asked for. */
async function* through(content: Octets, zlib: Deflate | Inflate): AsyncGenerator<Uint8Array> {
  let failure: unknown;
  // zlib drops the callback of a write when it is destroyed, and when its stream has ended inside the chunk.
  let settle: (taken: boolean) => void = () => undefined;
  zlib.once('close', () => settle(false));
  const taken = (chunk: Uint8Array): Promise<boolean> =>
    new Promise((resolve) => {
      settle = resolve;
      zlib.write(chunk, (error) => resolve(!error));
    });
  const pump = (async () => {
    try {
      for await (const chunk of content) {
        if (zlib.destroyed || !(await taken(chunk))) return;
      }
      zlib.end();
    } catch (error) {
      failure = error;
      zlib.destroy(error as Error);
    }
  })();
  try {
    for await (const chunk of zlib) yield chunk as Uint8Array;
  } catch (error) {
    throw failure ?? zlibFailure(error);
  } finally {
    zlib.destroy();
    await pump;
  }
}

function zlibFailure(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (!code?.startsWith('Z_')) return error;
  return new SecurityFailure(REASON.decompression, 'decompression-failed', `Decompression failed (${code})`, {
    cause: error,
  });
}

// Signatures of revocation lists and OCSP responses.
import { type KeyObject, verify } from 'node:crypto';
import * as pkijs from 'pkijs';
import { HASHES, OID, SIGNATURES } from '../algorithms.js';
import { keyFits, saltLengthOf, verifyOver } from '../cms/signer-info.js';

/** Ed25519 and Ed448, which hash on their own. */
const EDWARDS: ReadonlyMap<string, string> = new Map([
  ['1.3.101.112', 'ed25519'],
  ['1.3.101.113', 'ed448'],
]);

/** The hash of an RSASSA-PSS identifier; SHA-1 where it names none (RFC 4055 §3.1). */
export function pssHashOf({ algorithmParams }: pkijs.AlgorithmIdentifier): string | undefined {
  const { hashAlgorithm } = new pkijs.RSASSAPSSParams(algorithmParams ? { schema: algorithmParams } : {});
  return HASHES.get(hashAlgorithm.algorithmId);
}

/** Whether a key made a signature over octets, with an algorithm that is not broken. */
export function isSignatureOf(
  octets: Uint8Array,
  identifier: pkijs.AlgorithmIdentifier,
  signature: Uint8Array,
  key: KeyObject,
): boolean {
  const { algorithmId } = identifier;
  try {
    if (EDWARDS.has(algorithmId)) {
      return key.asymmetricKeyType === EDWARDS.get(algorithmId) && verify(null, octets, key, signature);
    }
    const algorithm = SIGNATURES.get(algorithmId);
    const hash = algorithmId === OID.rsaPss ? pssHashOf(identifier) : algorithm?.hash;
    if (algorithm === undefined || hash === undefined || hash === 'sha1' || !keyFits(key, algorithm.scheme))
      return false;
    const saltLength = algorithm.scheme === 'pss' ? saltLengthOf(identifier, hash) : undefined;
    if (algorithm.scheme === 'pss' && saltLength === undefined) return false;
    return verifyOver(octets, key, algorithm.scheme, hash, saltLength, signature);
  } catch {
    return false; // parameters that cannot be read, a signature of an impossible length
  }
}

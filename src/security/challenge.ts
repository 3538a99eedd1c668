// Secure authentication (RFC 5024 §4.2.4, §5.3.17, §5.3.18): 20 random octets, enveloped for the one who claims to
// be there.
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { envelopOctets, openEnvelope } from './cms/enveloped.js';
import type { DecryptionKey } from './cms/keys.js';
import { SecurityFailure } from './failure.js';
import { collect, streamOf } from './octets.js';
import type { EncryptionName } from './suites.js';

/** Octets in a challenge and its response. */
const CHALLENGE_LENGTH = 20;

export interface Challenge {
  /** AUCHCHAL. */
  readonly envelope: Uint8Array;
  /** What AURPRSP has to be. A secret until it has been compared. */
  readonly response: Uint8Array;
}

/**
 * A fresh challenge.
 *
 * @param certificate (DER) of the partner
 * @param encryption any that a cipher suite has; the partner's usual one
 */
export function createChallenge(certificate: Uint8Array, encryption: EncryptionName): Challenge {
  const response = randomBytes(CHALLENGE_LENGTH);
  return { envelope: envelopOctets(response, { encryption, recipients: [certificate] }), response };
}

export type ChallengeAnswer =
  | { readonly answered: true; readonly response: Uint8Array }
  /** One message for every reason inside the envelope: the peer learns nothing from it. */
  | { readonly answered: false; readonly message: string };

/**
 * Answers a challenge, whatever cipher it uses. Content that is not 20 octets is never given back: an answer to it
 * would turn this end into a decryption service for whoever asks.
 *
 * @param keys the present and, while they are being replaced, the previous ones; the envelope names the one it is for
 */
export async function answerChallenge(envelope: Uint8Array, keys: readonly DecryptionKey[]): Promise<ChallengeAnswer> {
  let response: Uint8Array;
  try {
    response = await collect(openEnvelope(streamOf(envelope), keys, {}));
  } catch (error) {
    if (!(error instanceof SecurityFailure)) throw error;
    const undecryptable = error.fault === 'decryption-failed';
    return { answered: false, message: undecryptable ? UNANSWERABLE : error.message };
  }
  return response.length === CHALLENGE_LENGTH
    ? { answered: true, response }
    : { answered: false, message: UNANSWERABLE };
}

const UNANSWERABLE = `The challenge does not decrypt to ${CHALLENGE_LENGTH} octets`;

/** Compares a response with what was expected, in a time that does not depend on where they differ. */
export function responseMatches(expected: Uint8Array, received: Uint8Array): boolean {
  return expected.length === received.length && timingSafeEqual(expected, received);
}

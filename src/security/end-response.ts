// Signatures of EERP and NERP (RFC 5024 §5.3.13, §5.3.14). What is signed are the fields in their full width, put
// together by the protocol layer; here they are octets.

import type { SigningKey, VerifiedSigner } from './cms/keys.js';
import { type SignatureReport, signOctets, verifySigned } from './cms/signed.js';
import { SecurityFailure, type SecurityFault } from './failure.js';
import { collect, streamOf } from './octets.js';
import type { HashName } from './suites.js';

export interface EndResponseSignatureOptions {
  readonly signer: SigningKey;
  /** The hash of the file's cipher suite. */
  readonly hash: HashName;
  /** Default: no (RFC 5024 §6.2 recommends it). */
  readonly includeCertificate?: boolean | undefined;
  /** Default: now. */
  readonly signingTime?: Date | undefined;
}

/** EERPSIG or NERPSIG: SignedData over id-data with the fields inside, in DER. */
export function signEndResponse(fields: Uint8Array, options: EndResponseSignatureOptions): Uint8Array {
  const { signer, hash, includeCertificate = false, signingTime } = options;
  return signOctets(fields, { hash, signers: [signer], includeCertificates: includeCertificate, signingTime });
}

export type EndResponseVerdict =
  | {
      readonly valid: true;
      readonly signer: VerifiedSigner;
      /** Whether the fields were missing from the signature, which RFC 5024 does not allow and some peers do. */
      readonly detached: boolean;
    }
  | {
      readonly valid: false;
      /** `content-mismatch`: a good signature over other fields than those of this response. */
      readonly fault: SecurityFault | 'content-mismatch';
      readonly message: string;
    };

/**
 * Checks an end response's signature. A bad one is an outcome, never an error: what follows from it is local policy
 * (RFC 5024 §5.3.13).
 *
 * @param signature EERPSIG or NERPSIG
 * @param expected the fields the signature has to cover; several where more than one form is accepted
 * @param certificates (DER) of the partner: the present one, and the previous one while it is being replaced
 */
export async function verifyEndResponse(
  signature: Uint8Array,
  expected: readonly Uint8Array[],
  certificates: readonly Uint8Array[],
): Promise<EndResponseVerdict> {
  const attached = await verify(signature, undefined, certificates);
  if (attached.valid) {
    const matches = expected.some((fields) => Buffer.compare(fields, attached.content) === 0);
    return matches ? { valid: true, signer: attached.signer, detached: false } : CONTENT_MISMATCH;
  }
  let refusal = attached;
  for (const fields of attached.fault === 'detached' ? expected : []) {
    const detached = await verify(signature, fields, certificates);
    if (detached.valid) return { valid: true, signer: detached.signer, detached: true };
    refusal = detached;
  }
  return refusal;
}

const CONTENT_MISMATCH: EndResponseVerdict = {
  valid: false,
  fault: 'content-mismatch',
  message: 'The signature is good, but its content differs from the fields of the response',
};

type Verification =
  | { readonly valid: true; readonly signer: VerifiedSigner; readonly content: Uint8Array }
  | { readonly valid: false; readonly fault: SecurityFault; readonly message: string };

async function verify(
  signature: Uint8Array,
  detachedContent: Uint8Array | undefined,
  trusted: readonly Uint8Array[],
): Promise<Verification> {
  const report: SignatureReport = {};
  const options = { trusted, decrypted: false, detachedContent };
  try {
    const content = await collect(verifySigned(streamOf(signature), options, report));
    // A stream that ended well has at least one signer.
    return { valid: true, signer: report.signers?.[0] as VerifiedSigner, content };
  } catch (error) {
    if (!(error instanceof SecurityFailure)) throw error;
    return { valid: false, fault: error.fault, message: error.message };
  }
}

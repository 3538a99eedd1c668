// Why a secured file, response or challenge was refused, in the terms the peer is told.

/**
 * NERP reason codes of file services (RFC 5024 §5.3.14): signature invalid, decompression failed, decryption failed.
 */
export type SecurityReason = 31 | 32 | 33;

export const REASON = { signature: 31, decompression: 32, decryption: 33 } as const;

/** What exactly failed, for programs. */
export type SecurityFault =
  | 'malformed' // not the CMS structure that was announced, or one cut short
  | 'detached' // SignedData without its content
  | 'unknown-signer' // no signer is one of the configured certificates
  | 'signature-invalid'
  | 'unsupported-algorithm'
  | 'not-a-recipient' // encrypted for other certificates
  | 'decryption-failed'
  | 'decompression-failed'
  | 'expansion-limit' // more content than MaxExpansionRatio or the declared size allows
  | 'size-limit'; // more content than MaxFileSize allows

/**
 * Thrown inside the reading pipeline; `unwrapFile` turns it into an outcome. The message never holds content or key
 * material.
 */
export class SecurityFailure extends Error {
  override readonly name = 'SecurityFailure';
  readonly reasonCode: SecurityReason;
  readonly fault: SecurityFault;

  constructor(reasonCode: SecurityReason, fault: SecurityFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reasonCode = reasonCode;
    this.fault = fault;
  }
}

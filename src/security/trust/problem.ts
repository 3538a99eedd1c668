// What can be wrong with a certificate or its chain, as a word for programs and a sentence for people.

/** `notIssuing`: issued directly by a root of the trust list, which only its listed authorities may do. */
export type ProblemKind =
  | 'malformed'
  | 'expired'
  | 'notYetValid'
  | 'unknownIssuer'
  | 'selfSigned'
  | 'notIssuing'
  | 'notAnAuthority'
  | 'pathLength'
  | 'keyUsage'
  | 'extendedKeyUsage'
  | 'weakAlgorithm'
  | 'weakKey'
  | 'criticalExtension'
  | 'nameConstraints'
  | 'revoked'
  | 'revocationUnknown';

export interface Problem {
  readonly kind: ProblemKind;
  /** Names the certificate and what is wrong with it. */
  readonly message: string;
}

/** Settings: file security, signed end responses, secure authentication; all of them OFTP 2.0 only. */
import { PATH, type Setting } from './row.js';

/** The hash names, and the reference's numbers for those it has. */
const HASHES = { sha1: 0, sha256: 1, sha512: 2, 'sha3-512': 3 } as const;

/** What a partner's files must or must not be. */
const RULE = { optional: 0, required: 1, refused: 2 } as const;

export const SECURITY_ROWS = {
  secureAuthentication: {
    config: 'SecureAuthentication',
    type: 'choice',
    default: 'automatic',
    choices: { disallowed: 0, required: 1, automatic: 2 },
    scope: 'connection',
    changes: 'beforeSession',
    effect:
      'Whether both ends prove by their certificates who they are (SSIDAUTH). A server with "automatic" does what ' +
      'the client wishes; a client with it does not ask for authentication. Where the two ends differ there is no ' +
      'session (ESID 12). It needs an own certificate and recipientCertificate of the partner, set in ' +
      'acceptConnection at the latest.',
    danger: 'Without it a password of 8 characters, in clear unless TLS is used, is all that a partner has to know.',
  },
  defaultReceiptHashAlgorithm: {
    config: 'DefaultReceiptHashAlgorithm',
    type: 'choice',
    default: 'sha256',
    choices: HASHES,
    scope: 'connection',
    changes: 'always',
    effect:
      'Hash of signed end responses to files that are sent, where sendFile does not say. With the encryption it ' +
      'makes the cipher suite (SFIDCIPH): 3DES and AES-256 give 01 and 02 with sha1, 03 and 04 with sha256, 05 and ' +
      '06 with sha512; sha3-512 exists with AES-256 only (07).',
    danger:
      'sha1 is broken; it is there for partners that know nothing but suites 01 and 02. The reference has it as ' +
      'default.',
  },
  fileHashAlgorithm: {
    config: 'FileHashAlgorithm',
    type: 'choice',
    default: 'receiptHash',
    choices: { ...HASHES, receiptHash: 9 },
    scope: 'connection',
    changes: 'always',
    effect:
      'Hash of the signature of files that are sent, where sendFile does not say; "receiptHash" is the one of the ' +
      'end response, so that both are those of the cipher suite.',
  },
  includeSignerCertificate: {
    config: 'IncludeSignerCertificate',
    type: 'boolean',
    default: false,
    scope: 'connection',
    changes: 'always',
    effect:
      'Puts the own certificate into signatures of files and end responses. RFC 5024 recommends not to; some ' +
      'partners cannot verify without it.',
  },
  receiptWithoutCipherSuite: {
    config: 'ReceiptWithoutCipherSuite',
    type: 'boolean',
    default: false,
    scope: 'connection',
    changes: 'always',
    effect:
      'Takes files that want a signed end response but name no cipher suite (SFIDCIPH 00), and answers with SHA-1. ' +
      'Otherwise they are refused (SFNA 15), because there is no agreed hash.',
  },
  encryptedFiles: {
    config: 'EncryptedFiles',
    type: 'choice',
    default: 'optional',
    choices: RULE,
    scope: 'connection',
    changes: 'always',
    effect:
      'Whether received files may or must be encrypted: "refused" answers encrypted files by SFNA 16, "required" ' +
      'all others by SFNA 17.',
  },
  signedFiles: {
    config: 'SignedFiles',
    type: 'choice',
    default: 'optional',
    choices: RULE,
    scope: 'connection',
    changes: 'always',
    effect:
      'Whether received files may or must be signed: "refused" answers signed files by SFNA 19, "required" all ' +
      'others by SFNA 20.',
  },
  compressedFiles: {
    config: 'CompressedFiles',
    type: 'choice',
    default: 'optional',
    choices: { optional: 0, refused: 2 },
    scope: 'connection',
    changes: 'always',
    effect: 'Whether received files may be compressed: "refused" answers such files by SFNA 18.',
  },
  deleteOnError: {
    config: 'DeleteOnError',
    type: 'boolean',
    default: true,
    scope: 'server',
    changes: 'always',
    effect:
      'What becomes of a received file that cannot be decrypted, decompressed or verified: true leaves nothing; ' +
      'false leaves the octets as they were transmitted under the name of the file.',
    danger:
      'With false what stands under the name of a file may be what nobody signed: look at reasonCode in ' +
      'endTransfer.',
  },
  unwrapInSession: {
    config: 'UnwrapInSession',
    type: 'integer',
    default: 0,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    unit: 'octets',
    scope: 'connection',
    changes: 'always',
    effect:
      'Secured files of up to so many octets are decrypted, decompressed and verified before they are ' +
      'acknowledged, so that what is wrong with them is answered at once (EFNA 21 to 23). Larger ones are ' +
      'acknowledged first and answered by a NERP. Files that go to a stream are always treated so.',
    danger: 'The sender waits meanwhile and may give up: a large value suits fast machines and patient partners.',
  },
  maxExpansionRatio: {
    config: 'MaxExpansionRatio',
    type: 'integer',
    default: 200,
    min: 0,
    max: 1_000_000,
    unit: 'times',
    scope: 'connection',
    changes: 'always',
    effect:
      'How many times its compressed size a received file may have. One that expands further, or to more than four ' +
      'times the original size that it was announced with (SFIDOSIZ, where it is above SFIDFSIZ), is not unpacked ' +
      '(NERP 32). The first MiB is free; 0 means no limit. zlib itself ends at about 1030.',
    danger: 'Without a limit here and in MaxFileSize a file of some MiB can fill the disc.',
  },
  endResponseWait: {
    config: 'EndResponseWait',
    type: 'integer',
    default: 20,
    min: 0,
    max: 3600,
    unit: 's',
    scope: 'connection',
    changes: 'always',
    effect:
      'How long the turn is kept, when the client hands it over, for end responses of files that are still being ' +
      'decrypted or verified. What is not ready then goes out in a later turn or session.',
    danger: 'The partner waits as long: stay well below its time limit.',
  },
  tempPath: {
    config: 'TempPath',
    type: 'string',
    default: '',
    text: PATH,
    scope: 'connection',
    changes: 'always',
    effect:
      'Folder for files that are signed, compressed or encrypted to be sent; each stays there until its end ' +
      'response. Blank means the folder "outgoing" in StatePath, or without that the folder for temporary files of ' +
      'the system. Streams and converted texts are kept in a folder that ends with the process, there or in that of ' +
      'the system; what a killed process has left, the next start removes (on Linux, where that can be proven).',
    danger: 'Files that are only compressed or signed can be read there by whoever may read the folder as their owner.',
  },
  workerThreads: {
    config: 'WorkerThreads',
    type: 'integer',
    default: 0,
    min: 0,
    max: 256,
    unit: 'threads',
    scope: 'server',
    changes: 'notListening',
    frozenCode: 104,
    effect:
      'Threads that sign, compress, encrypt and the reverse, one file each at a time; 0 means as many as there are ' +
      'processors. They start when they are needed first.',
  },
  receivedFileEncryptionAlg: {
    config: 'ReceivedFileEncryptionAlg',
    type: 'string',
    default: '',
    scope: 'connection',
    changes: 'never',
    effect: 'Encryption of the file being received: 0 for 3DES, 1 for AES, empty for a file that is not encrypted.',
  },
} as const satisfies Readonly<Record<string, Setting>>;

import { basename, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { RECORD_LENGTH_MAX } from '../files/record-format.js';
import { formatStamp, parseStamp, type Stamp, type StampCounter } from '../files/stamp.js';
import { ENCRYPTION_OIDS, type EncryptionName, HASH_OIDS, type HashName } from '../security/suites.js';
import { stampAt } from '../session/end-responses.js';
import type { FileToSend } from '../session/file-to-send.js';
import { hasSuite, type Protection } from '../session/protection.js';
import { OFTPError } from '../settings/errors.js';
import { DESCRIPTION } from '../settings/row.js';
import type { SettingValues } from '../settings/settings.js';
import { type FileFormat, type FileSecurity, FORMATS, SECURITY } from './incoming-file-info.js';

/** What `sendFile` uses where its own options are silent. */
export interface OutgoingDefaults {
  /** `unstructured` (binary, the default), `text`, or records: `fixed` and `variable`. */
  format: FileFormat;
  /**
   * SFIDLRECL: octets of each record (`fixed`) or of the longest (`variable`), 1 to 99999, without delimiters; 0, the
   * default, for other formats. How records stand in the file is the setting RecordDelimiter.
   */
  maxRecordSize: number;
  /**
   * Time stamp of the virtual file as text, in `virtualFileDateFormat` or one of the accepted patterns; empty for the
   * moment of sending. It reads back as MM/dd/yyyy HH:mm:ss, and keeps the counter that the text had (`ffff`).
   */
  virtualFileDate: string;
  /** `none` (default), `encrypted`, `signed`, or both; 2.0 only. */
  security: FileSecurity;
  /** Cipher of encrypted files and of authentication challenges; `aes256` by default. */
  encryption: EncryptionName;
  /** Compress the file (zlib); 2.0 only. */
  compress: boolean;
  /** Ask for an end response that is signed; 2.0 only. */
  signedReceipt: boolean;
  /** Hash of the file's signature; that of the end response, or `fileHashAlgorithm`, if left out. */
  fileHash: HashName | undefined;
  /** Hash of the end response, of the cipher suite therefore; `defaultReceiptHashAlgorithm` if left out. */
  receiptHash: HashName | undefined;
  /** Free text for the receiver, at most 999 octets of UTF-8; 2.0 only. */
  description: string;
}

export interface SendFileOptions extends Partial<OutgoingDefaults> {
  /** The file to send. This or `stream`. */
  readonly path?: string;
  /**
   * What to send, instead of a file: kept under `tempPath` until the peer has answered. It is taken when the turn of
   * this call has come. A further attempt needs a new stream, and begins anew unless it says `restart` and the
   * `virtualFileDate` of the first.
   */
  readonly stream?: Readable;
  /** SFIDDSN, at most 26 characters; the file's base name in upper case if left out. Required with `stream`. */
  readonly virtualFileName?: string;
  /** SFIDDEST, at most 25 characters; the peer's SSID code if left out. */
  readonly destination?: string;
  /** SFIDORIG, at most 25 characters; the own SFID code if left out. */
  readonly originator?: string;
  /** SFIDUSER, at most 8 characters. */
  readonly userData?: string;
  /** Position to offer, in blocks of 1024 octets or in records; what an earlier attempt reached if left out. */
  readonly restart?: number;
}

/** What a connection contributes to the files that are sent over it. */
export interface SendingConnection {
  readonly id: number;
  readonly ssidCode: string;
  readonly outgoing: OutgoingValues;
  readonly settings: SettingValues;
}

/** The defaults of a connection, which keep a stamp as a stamp: the text in which it reads back has no counter. */
export interface OutgoingValues extends OutgoingDefaults {
  /** @internal */
  readonly stamp: Stamp | undefined;
}

/** @param dateFormat the pattern in which dates are read first */
export function outgoingDefaults(dateFormat: () => string): OutgoingValues {
  let stamp: Stamp | undefined;
  return {
    get stamp() {
      return stamp;
    },
    get virtualFileDate() {
      return stamp === undefined ? '' : formatStamp(stamp);
    },
    set virtualFileDate(text) {
      stamp = text === '' ? undefined : parseStamp(text, dateFormat());
    },
    format: 'unstructured',
    maxRecordSize: 0,
    security: 'none',
    encryption: 'aes256',
    compress: false,
    signedReceipt: false,
    fileHash: undefined,
    receiptHash: undefined,
    description: '',
  };
}

const LETTERS = Object.keys(FORMATS) as (keyof typeof FORMATS)[];

/** Longest SFIDDSN and party codes (RFC 5024 §5.3.3). */
const NAME_LENGTH_MAX = 26;
const CODE_LENGTH_MAX = 25;

/** @throws OFTPError 10022 for a value that does not fit its field, 680 for a date that is none */
export function fileToSend(connection: SendingConnection, options: SendFileOptions, stamps: StampCounter): FileToSend {
  const { settings } = connection;
  const { path, name, stream } = sourceOf(options);
  const parsed = stampFor(connection, options);
  return {
    path,
    stream,
    virtualFileName: field('virtualFileName', options.virtualFileName ?? name, NAME_LENGTH_MAX),
    destination: field('destination', options.destination ?? connection.ssidCode, CODE_LENGTH_MAX),
    originator: field('originator', options.originator ?? settings.serverSfidCode, CODE_LENGTH_MAX),
    ...recordFields(connection, options),
    codePage: settings.codePage,
    userData: options.userData ?? '',
    description: descriptionFor(connection, options),
    stamp: (level) => stampAt(level, parsed ?? (level < 4 ? stamps.nextSecond(new Date()) : stamps.next(new Date()))),
    restart: options.restart,
    protection: protectionFor(connection, options),
  };
}

/** What is to be sent, and how it is called where nobody says. */
function sourceOf({ path, stream }: SendFileOptions): { path: string; name: string; stream: Readable | undefined } {
  if ((path === undefined) === (stream === undefined)) {
    throw new OFTPError(10022, 'sendFile takes either a path or a stream: give one of them');
  }
  if (path !== undefined) return { path: resolve(path), name: basename(path).toUpperCase(), stream };
  if (stream?.readable !== true) throw new OFTPError(10022, 'stream is not readable: give a stream.Readable that is');
  // One that fails before its turn has come is told about then; without a listener it would end the process.
  stream.on('error', () => {});
  return { path: '', name: '', stream };
}

/** The stamp that the application wants; without it, that of the moment. */
function stampFor({ outgoing, settings }: SendingConnection, { virtualFileDate }: SendFileOptions): Stamp | undefined {
  if (virtualFileDate === undefined) return outgoing.stamp;
  return virtualFileDate === '' ? undefined : parseStamp(virtualFileDate, settings.virtualFileDateFormat);
}

/** SFIDDESC, T(999) (RFC 5024 §5.3.3). */
function descriptionFor({ id, outgoing, settings }: SendingConnection, options: SendFileOptions): string {
  const description = options.description ?? (outgoing.description || settings.fileDescription);
  const octets = Buffer.byteLength(description);
  if (octets <= DESCRIPTION.maxLength) return description;
  const problem = `description has ${octets} octets of UTF-8: at most ${DESCRIPTION.maxLength} fit`;
  throw new OFTPError(10022, problem, { connectionId: id });
}

/** SFIDFMT, SFIDLRECL and what tells records apart; they have to fit each other (RFC 5024 §5.3.3). */
function recordFields(
  { id, outgoing, settings: { recordDelimiter } }: SendingConnection,
  options: SendFileOptions,
): Pick<FileToSend, 'format' | 'maxRecordSize' | 'recordDelimiter'> {
  const spoken = options.format ?? outgoing.format;
  const maxRecordSize = options.maxRecordSize ?? outgoing.maxRecordSize;
  const format = LETTERS.find((letter) => FORMATS[letter] === spoken);
  const refuse = (problem: string) => new OFTPError(10022, problem, { connectionId: id });
  if (format === undefined) throw refuse(`format is ${spoken}: use ${Object.values(FORMATS).join(', ')}`);
  const hasRecords = format === 'F' || format === 'V';
  if (!hasRecords && maxRecordSize !== 0) {
    throw refuse(`maxRecordSize is ${maxRecordSize}: it must be 0 for the format ${spoken}, which has no records`);
  }
  if (hasRecords && !(Number.isInteger(maxRecordSize) && maxRecordSize > 0 && maxRecordSize <= RECORD_LENGTH_MAX)) {
    throw refuse(`maxRecordSize is ${maxRecordSize}: the format ${spoken} takes 1 to ${RECORD_LENGTH_MAX}`);
  }
  if (format === 'V' && recordDelimiter === 'none') {
    throw refuse('RecordDelimiter is none: records of the format variable need crlf or length to tell them apart');
  }
  return { format, maxRecordSize, recordDelimiter };
}

/** Values of options that name a choice, with what they may be. */
const CHOICES = {
  security: SECURITY,
  encryption: Object.keys(ENCRYPTION_OIDS),
  fileHash: Object.keys(HASH_OIDS),
  receiptHash: Object.keys(HASH_OIDS),
} as const;

/** The file services: options of the call, then `outgoing`, then the settings. A file's hash follows its receipt's. */
function protectionFor({ id, outgoing, settings }: SendingConnection, options: SendFileOptions): Protection {
  const security = options.security ?? outgoing.security;
  const encryption = options.encryption ?? outgoing.encryption;
  const asked = options.receiptHash ?? outgoing.receiptHash;
  const receiptHash = asked ?? settings.defaultReceiptHashAlgorithm;
  const configured = settings.fileHashAlgorithm === 'receiptHash' ? receiptHash : settings.fileHashAlgorithm;
  const fileHash = options.fileHash ?? outgoing.fileHash ?? asked ?? configured;
  for (const [name, value] of Object.entries({ security, encryption, receiptHash, fileHash })) {
    const known: readonly string[] = CHOICES[name as keyof typeof CHOICES];
    if (known.includes(value)) continue;
    throw new OFTPError(10022, `${name} is ${value}: use one of '${known.join("', '")}'`, { connectionId: id });
  }
  const protection: Protection = {
    encrypt: security === 'encrypted' || security === 'encryptedAndSigned',
    sign: security === 'signed' || security === 'encryptedAndSigned',
    compress: options.compress ?? outgoing.compress,
    signedReceipt: options.signedReceipt ?? outgoing.signedReceipt,
    encryption,
    fileHash,
    receiptHash,
  };
  if (hasSuite(protection)) return protection;
  throw new OFTPError(10022, `no cipher suite has ${encryption} and ${receiptHash}: set encryption to 'aes256'`, {
    connectionId: id,
  });
}

function field(name: string, value: string, lengthMax: number): string {
  if (value.trim() === '') throw new OFTPError(10022, `${name} is empty`);
  if (value.length > lengthMax) {
    throw new OFTPError(10022, `${name} '${value}' has ${value.length} characters: at most ${lengthMax} fit`);
  }
  return value;
}

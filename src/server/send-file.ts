import { basename, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { RECORD_LENGTH_MAX } from '../files/record-format.js';
import { parseStamp, type Stamp, type Stamps } from '../files/stamp.js';
import { stampAt } from '../session/end-responses.js';
import type { FileToSend } from '../session/file-to-send.js';
import { hasSuite, type Protection } from '../session/protection.js';
import { OFTPError } from '../settings/errors.js';
import type { SettingValues } from '../settings/settings.js';
import type { FileFormat, FORMATS } from './incoming-file-info.js';
import { checkOutgoing, type OutgoingDefaults } from './outgoing.js';

export interface SendFileOptions extends Partial<OutgoingDefaults> {
  /** The file to send. This or `stream`. */
  readonly path?: string;
  /**
   * What to send, instead of a file: kept under `tempPath` until the peer has answered. It is taken when the turn of
   * this call has come, and destroyed where `sendFile` rejects. A further attempt needs a new stream, and begins anew
   * unless it says `restart` and the `virtualFileDate` of the first.
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
  readonly outgoing: OutgoingDefaults;
  /** The stamp of `outgoing.virtualFileDate`. */
  readonly outgoingStamp: Stamp | undefined;
  readonly settings: SettingValues;
}

/** The options that are not defaults of the connection as well. */
const OWN_OPTIONS = [
  'path',
  'stream',
  'virtualFileName',
  'destination',
  'originator',
  'userData',
  'restart',
] as const satisfies readonly Exclude<keyof SendFileOptions, keyof OutgoingDefaults>[];

const LETTER_OF_FORMAT: Readonly<Record<FileFormat, keyof typeof FORMATS>> = {
  unstructured: 'U',
  text: 'T',
  fixed: 'F',
  variable: 'V',
};

/** Longest SFIDDSN and party codes (RFC 5024 §5.3.3). */
const NAME_LENGTH_MAX = 26;
const CODE_LENGTH_MAX = 25;

/** @throws OFTPError 10022 for an unknown option or a bad value, 680 for a date that is none */
export function fileToSend(connection: SendingConnection, options: SendFileOptions, stamps: Stamps): FileToSend {
  const { outgoing, settings } = connection;
  const { path, name, stream } = sourceOf(options);
  checkOutgoing(options, OWN_OPTIONS);
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
    description: options.description ?? (outgoing.description || settings.fileDescription),
    chosenStamp: parsed,
    stamp: (level) => {
      const made = parsed ?? (level < 4 ? stamps.nextSecond(new Date()) : stamps.next(new Date()));
      return made instanceof Promise ? made.then((stamp) => stampAt(level, stamp)) : stampAt(level, made);
    },
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
function stampFor(
  { outgoingStamp, settings }: SendingConnection,
  { virtualFileDate }: SendFileOptions,
): Stamp | undefined {
  if (virtualFileDate === undefined) return outgoingStamp;
  return virtualFileDate === '' ? undefined : parseStamp(virtualFileDate, settings.virtualFileDateFormat);
}

/** SFIDFMT, SFIDLRECL and what tells records apart; they have to fit each other (RFC 5024 §5.3.3). */
function recordFields(
  { id, outgoing, settings: { recordDelimiter } }: SendingConnection,
  options: SendFileOptions,
): Pick<FileToSend, 'format' | 'maxRecordSize' | 'recordDelimiter'> {
  const spoken = options.format ?? outgoing.format;
  const maxRecordSize = options.maxRecordSize ?? outgoing.maxRecordSize;
  const format = LETTER_OF_FORMAT[spoken];
  const refuse = (problem: string) => new OFTPError(10022, problem, { connectionId: id });
  const hasRecords = format === 'F' || format === 'V';
  if (!hasRecords && maxRecordSize !== 0) {
    throw refuse(`maxRecordSize is ${maxRecordSize}: it must be 0 for the format ${spoken}, which has no records`);
  }
  if (hasRecords && maxRecordSize === 0) {
    throw refuse(`maxRecordSize is ${maxRecordSize}: the format ${spoken} takes 1 to ${RECORD_LENGTH_MAX}`);
  }
  if (format === 'V' && recordDelimiter === 'none') {
    throw refuse('RecordDelimiter is none: records of the format variable need crlf or length to tell them apart');
  }
  return { format, maxRecordSize, recordDelimiter };
}

/** The file services: options of the call, then `outgoing`, then the settings. A file's hash follows its receipt's. */
function protectionFor({ id, outgoing, settings }: SendingConnection, options: SendFileOptions): Protection {
  const security = options.security ?? outgoing.security;
  const encryption = options.encryption ?? outgoing.encryption;
  const asked = options.receiptHash ?? outgoing.receiptHash;
  const receiptHash = asked ?? settings.defaultReceiptHashAlgorithm;
  const configured = settings.fileHashAlgorithm === 'receiptHash' ? receiptHash : settings.fileHashAlgorithm;
  const fileHash = options.fileHash ?? outgoing.fileHash ?? asked ?? configured;
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

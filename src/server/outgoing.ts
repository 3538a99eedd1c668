/** How files are sent where nobody says otherwise: `connection.outgoing`, and what its values may be. */
import { RECORD_LENGTH_MAX } from '../files/record-format.js';
import { formatStamp, parseStamp, type Stamp } from '../files/stamp.js';
import { ENCRYPTION_OIDS, type EncryptionName, HASH_OIDS, type HashName } from '../security/suites.js';
import { DESCRIPTION } from '../settings/row.js';
import { unknownName } from '../settings/unknown-name.js';
import { refusedValue, whatTextItTakes } from '../settings/validation.js';
import { type FileFormat, type FileSecurity, FORMATS, SECURITY } from './incoming-file-info.js';

/** What `sendFile` uses where its own options are silent. Assigning another name, or a bad value, is error 10022. */
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

type OutgoingName = keyof OutgoingDefaults;

/** What it takes, in words that complete "It takes …", if it does not take this value. */
type Rule = (value: unknown) => string | undefined;

const rule =
  (words: string, allows: (value: unknown) => boolean): Rule =>
  (value) =>
    allows(value) ? undefined : words;

const oneOf = (choices: readonly unknown[]): Rule =>
  rule(`one of '${choices.join("', '")}'`, (value) => choices.includes(value));

const BOOLEAN = rule('true or false', (value) => typeof value === 'boolean');

const HASHES: readonly unknown[] = Object.keys(HASH_OIDS);
const HASH = rule(
  `one of '${HASHES.join("', '")}', or undefined to leave it to the settings`,
  (value) => value === undefined || HASHES.includes(value),
);

const RULES: Readonly<Record<OutgoingName, Rule>> = {
  format: oneOf(Object.values(FORMATS)),
  maxRecordSize: rule(
    `a whole number from 0 to ${RECORD_LENGTH_MAX} (octets; 0 for files without records)`,
    (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= RECORD_LENGTH_MAX,
  ),
  virtualFileDate: rule(
    'local time as text, such as 12/31/2024 23:59:59, or an empty text for the moment of sending',
    (value) => typeof value === 'string',
  ),
  security: oneOf(SECURITY),
  encryption: oneOf(Object.keys(ENCRYPTION_OIDS)),
  compress: BOOLEAN,
  signedReceipt: BOOLEAN,
  fileHash: HASH,
  receiptHash: HASH,
  description: (value) => whatTextItTakes(DESCRIPTION, value),
};

const isOutgoingName = (name: string): name is OutgoingName => Object.hasOwn(RULES, name);

/** @throws OFTPError 10022 for a value that the option does not take */
function checkValue(name: OutgoingName, value: unknown, spoken: string): void {
  const takes = RULES[name](value);
  if (takes !== undefined) throw refusedValue(spoken, value, takes);
}

/**
 * Checks options of `sendFile` that are defaults of a connection as well; `undefined` leaves one to those.
 *
 * @param others names of the options that are checked elsewhere
 * @throws OFTPError 10022 for an unknown name and for a value that the option does not take
 */
export function checkOutgoing(options: object, others: readonly string[]): void {
  for (const [name, value] of Object.entries(options)) {
    if (isOutgoingName(name)) {
      if (value !== undefined) checkValue(name, value, name);
    } else if (!others.includes(name)) {
      throw unknownName('option of sendFile', name, [...others, ...Object.keys(RULES)]);
    }
  }
}

/** The defaults of one connection. */
export class Outgoing {
  /** What the user reads and assigns. */
  readonly defaults: OutgoingDefaults;
  /** The stamp that `virtualFileDate` was set to; the text in which that reads back has no counter. */
  #stamp: Stamp | undefined;

  /**
   * @param connectionId for messages
   * @param dateFormat the pattern in which dates are read first
   */
  constructor(connectionId: number, dateFormat: () => string) {
    const values: OutgoingDefaults = Object.seal({
      format: 'unstructured',
      maxRecordSize: 0,
      virtualFileDate: '',
      security: 'none',
      encryption: 'aes256',
      compress: false,
      signedReceipt: false,
      fileHash: undefined,
      receiptHash: undefined,
      description: '',
    });
    // A misspelled name would otherwise send a file in the clear that was to be encrypted.
    this.defaults = new Proxy(values, {
      set: (target, property, value: unknown) => {
        const name = String(property);
        const spoken = `outgoing.${name} of connection ${connectionId}`;
        if (!isOutgoingName(name)) throw unknownName('property of outgoing', name, Object.keys(RULES));
        checkValue(name, value, spoken);
        return Reflect.set(target, name, name === 'virtualFileDate' ? this.#date(String(value), dateFormat()) : value);
      },
    });
  }

  get stamp(): Stamp | undefined {
    return this.#stamp;
  }

  /** Takes a date, and gives the text in which it reads back. @throws OFTPError 680 for one that is none */
  #date(text: string, pattern: string): string {
    this.#stamp = text === '' ? undefined : parseStamp(text, pattern);
    return this.#stamp === undefined ? '' : formatStamp(this.#stamp);
  }
}

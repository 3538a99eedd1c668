/** Settings: files, their names, descriptions and limits. */
import { DESCRIPTION, LINE, PATH, type Setting } from './row.js';

export const FILE_ROWS = {
  downloadDirectory: {
    config: 'DownloadDirectory',
    type: 'string',
    default: '',
    text: PATH,
    scope: 'connection',
    changes: 'always',
    effect:
      'Folder for received files, usually one for each partner, set in acceptConnection. Read when a file is ' +
      'offered. ' +
      'With neither a folder nor a file name or stream from acceptFile, files are refused (SFNA 12) and an error is ' +
      'raised.',
    danger: 'A folder shared by several partners lets one fill the names and the disc of the others.',
  },
  receivedFileNameFormat: {
    config: 'ReceivedFileNameFormat',
    type: 'string',
    default: '%VirtualFileName%',
    text: LINE,
    scope: 'connection',
    changes: 'always',
    effect:
      'Name of a received file, from text and the macros %VirtualFileName%, %VirtualFileDate%, %Originator%, ' +
      '%Destination%, %UserData%, %CurrentTime% and %GUID%; %VirtualFileDate:yyyyMMddHHmmssffff% gives the date a ' +
      'pattern.',
    danger: 'The default names files by the virtual file name alone: a second file of that name is refused.',
  },
  receivedFileName: {
    config: 'ReceivedFileName',
    type: 'string',
    default: '',
    scope: 'connection',
    changes: 'never',
    effect: 'Full path of the received file; known in endTransfer.',
  },
  receivedFileDateTime: {
    config: 'ReceivedFileDateTime',
    type: 'string',
    default: '',
    scope: 'connection',
    changes: 'never',
    effect: 'Date and time of the virtual file being received, written as VirtualFileDateFormat says.',
  },
  receivedFileDescription: {
    config: 'ReceivedFileDescription',
    type: 'string',
    default: '',
    scope: 'connection',
    changes: 'never',
    effect: 'Description that came with the file being received (SFIDDESC); OFTP 2.0 only.',
  },
  virtualFileDateFormat: {
    config: 'VirtualFileDateFormat',
    type: 'string',
    default: 'MM/dd/yyyy HH:mm:ss',
    text: LINE,
    scope: 'server',
    changes: 'always',
    effect:
      'Pattern, in the notation of .NET, for dates of virtual files in events. yyyyMMddHHmmssffff is the whole ' +
      'stamp of ' +
      'OFTP 1.4 and 2.0 with its counter (ffff).',
    danger: 'Without ffff two files of one second look the same to a handler that answers them later.',
  },
  fileDescription: {
    config: 'FileDescription',
    type: 'string',
    default: '',
    text: DESCRIPTION,
    scope: 'connection',
    changes: 'always',
    effect:
      'Description sent with files (SFIDDESC), for example a longer name; OFTP 2.0 only. ReceivedFileDescription ' +
      'gives ' +
      'that of received files.',
  },
  maxFileSize: {
    config: 'MaxFileSize',
    type: 'integer',
    default: 0,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    unit: 'octets',
    scope: 'connection',
    changes: 'always',
    effect:
      'Largest virtual file to receive; 0 means no limit. Larger offers are refused (SFNA 06), and a file that turns ' +
      'out larger than it was offered is not taken. Each record of formats F and V counts 4 octets more than it holds.',
    danger: 'With 0 a partner can fill the disc.',
  },
  recordDelimiter: {
    config: 'RecordDelimiter',
    type: 'choice',
    default: 'crlf',
    choices: { crlf: 0, length: 1, none: 2 },
    scope: 'connection',
    changes: 'always',
    effect:
      'How records of formats F and V stand in local files, sent and received: each followed by CR LF, each behind ' +
      'its length in 2 octets (most significant first), or back to back, which takes format F. Read when sendFile is ' +
      'called, and when acceptFile has been answered. On the wire records have no delimiters. A received file of ' +
      'records takes its space on the disc twice while it is being completed.',
    danger:
      'With crlf a received record that contains CR LF itself is refused (EFNA 99), with length one of more than ' +
      '65535 octets (SFNA 05), with none format V (SFNA 04).',
  },
  codePage: {
    config: 'CodePage',
    type: 'integer',
    default: 65_001,
    min: 37,
    max: 65_001,
    unit: 'code page',
    scope: 'connection',
    changes: 'always',
    effect:
      'Code page, by its number in Windows, of text files (format "text") on the wire; local files are UTF-8. 65001 ' +
      'is UTF-8 and leaves files as they are. Others are converted: EBCDIC (37, 500, 870, 875, 1026, 1047, 1140 to ' +
      '1149, 20273 to 20905, 21025), OEM (437 to 874), Windows (1250 to 1258), ISO 8859 (28591 to 28605), Macintosh ' +
      '(10000 to 10082), Unicode (1200, 1201, 12000, 12001), East Asian (932, 936, 949, 950, 51932 to 54936) and ' +
      'more; a number that is not known is refused with the list of those that are. Read when sendFile is called, ' +
      'and when acceptFile has been answered. Files to relay, and those that arrive secured, stay as they are.',
    danger:
      'Both ends must agree on it: nothing in the protocol names a code page, and RFC 5024 means ASCII. Nothing is ' +
      'replaced: a file with a character that cannot be converted is not sent (error 679), or not taken (EFNA 99).',
  },
  partFileMaxAge: {
    config: 'PartFileMaxAge',
    type: 'integer',
    default: 168,
    min: 0,
    max: 87_600,
    unit: 'hours',
    scope: 'server',
    changes: 'always',
    effect:
      'How long a part file is kept in the download folder for a partner to resume it; 0 keeps them for ever. ' +
      'Folders are ' +
      'looked through when a partner opens a session, at most once an hour each.',
    danger: 'A partner who comes back later has to send its file from the start.',
  },
  syncOnCommit: {
    config: 'SyncOnCommit',
    type: 'boolean',
    default: true,
    scope: 'server',
    changes: 'always',
    effect: 'Has the disc confirm that a received file is written (fsync) before the client is told so by EFPA.',
    danger:
      'With false a power failure can lose files that their senders believe delivered. Only for tests, or where the ' +
      'storage is safe by itself.',
  },
} as const satisfies Readonly<Record<string, Setting>>;

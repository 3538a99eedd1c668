/** Settings: state, memory, logs and what the product says about itself. */
import { BUILD_INFO, LICENSE_INFO, ON_WINDOWS } from './about.js';
import { PATH, type Setting, TIMER_MAX_MS } from './row.js';

/** What LogLevel may be, and the numbers by which levels compare. */
export const LOG_LEVELS = { none: 0, info: 1, verbose: 2, debug: 3 } as const;

export const OPERATION_ROWS = {
  statePath: {
    config: 'StatePath',
    type: 'string',
    default: '.oftp',
    nullable: true,
    text: PATH,
    scope: 'server',
    changes: 'notListening',
    frozenCode: 104,
    effect:
      'Folder for what must outlive a connection and the process: stamps of received files, files not yet finished, ' +
      'end ' +
      'responses not yet delivered. One server or client owns it, on a disk of this machine. null, or an empty text ' +
      'in config(), keeps it in memory only; so do clients that are given no folder.',
    danger:
      'With null a restart forgets the files already received, so that a repeated file is taken twice, and end ' +
      'responses not yet delivered are lost.',
  },
  keepStampsDays: {
    config: 'KeepStampsDays',
    type: 'integer',
    default: 30,
    min: 30,
    max: 3650,
    unit: 'days',
    scope: 'server',
    changes: 'notListening',
    frozenCode: 104,
    effect:
      'How long the stamp of a received file is kept in statePath, so that the file is recognised and refused ' +
      '(SFNA 13) when it comes again. What is kept in memory only is the last 100000 stamps.',
    danger: 'Each received file takes about 1 KiB of the disc for so long.',
  },
  transferMemory: {
    config: 'TransferMemory',
    type: 'integer',
    default: 64,
    min: 1,
    // Addresses stay below 2 GiB, so that they are positive 32-bit integers.
    max: 2047,
    unit: 'MiB',
    scope: 'server',
    changes: 'notListening',
    frozenCode: 104,
    effect:
      'Memory for data in transit, shared by all connections and taken once. Each moving file borrows blocks of 256 ' +
      'KiB; ' +
      'when none is free, transfers take turns.',
    danger: 'Too little of it makes many transfers at the same time slow, but never fail.',
  },
  logLevel: {
    config: 'LogLevel',
    type: 'choice',
    default: 'info',
    choices: LOG_LEVELS,
    scope: 'server',
    changes: 'always',
    effect:
      'What the log event tells: nothing, commands sent and received, each exchange buffer as well, or all octets ' +
      'as well.',
    danger: 'debug logs the contents of files and makes transfers slow.',
  },
  friendlyLogFormat: {
    config: 'FriendlyLogFormat',
    type: 'boolean',
    default: true,
    scope: 'server',
    changes: 'always',
    effect: 'true gives piTrail a readable line for each command, false the octets of the exchange buffer.',
  },
  maskSensitive: {
    config: 'MaskSensitive',
    type: 'boolean',
    default: true,
    scope: 'server',
    changes: 'always',
    effect: 'Hides passwords in the log and piTrail events.',
    danger: 'With false passwords stand in logs, readable for whoever reads those.',
  },
  selectWaitMillis: {
    config: 'SelectWaitMillis',
    type: 'integer',
    default: 20,
    min: 0,
    max: TIMER_MAX_MS,
    unit: 'ms',
    scope: 'server',
    changes: 'always',
    effect: 'How long doEvents() waits at most. Nothing depends on calling doEvents().',
  },
  processIdleEvents: {
    config: 'ProcessIdleEvents',
    type: 'boolean',
    default: true,
    scope: 'server',
    changes: 'always',
    effect: 'Whether events are raised while the program is idle.',
    platform: 'The event loop of Node.js cannot be stopped for one object: events are always raised.',
  },
  useFipsCompliantApi: {
    config: 'UseFIPSCompliantAPI',
    type: 'boolean',
    default: false,
    scope: 'server',
    changes: 'always',
    effect:
      'true allows nothing but certified cryptography (FIPS 140). It holds for the whole process, and so for every ' +
      'server and client in it, and reads as the process is. Set it before anything else.',
    platform: 'It takes an OpenSSL with a FIPS provider; without one, true is refused (error 10022).',
  },
  useInternalSecurityApi: {
    config: 'UseInternalSecurityAPI',
    type: 'boolean',
    default: !ON_WINDOWS,
    scope: 'server',
    changes: 'always',
    effect: 'Whether cryptography comes with the program (true), or from the system.',
    platform:
      'It always comes with Node.js; the value, which starts as false on Windows, is kept for programs that read it.',
  },
  buildInfo: {
    config: 'BuildInfo',
    type: 'string',
    default: BUILD_INFO,
    scope: 'server',
    changes: 'never',
    effect: 'Version of the package, of Node.js and of OpenSSL.',
  },
  licenseInfo: {
    config: 'LicenseInfo',
    type: 'string',
    default: LICENSE_INFO,
    scope: 'server',
    changes: 'never',
    effect: 'Product, key, source, type and validity of the licence, one a line.',
  },
} as const satisfies Readonly<Record<string, Setting>>;

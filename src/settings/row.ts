/** What a row of the table of settings may say. */
import type { ErrorCode } from './error-table.js';

/** What a text may contain, in a form for the check and in words for the message. */
export interface TextRule {
  readonly maxLength: number;
  readonly unit: 'characters' | 'octets of UTF-8';
  readonly pattern: RegExp;
  /** Completes "takes …". */
  readonly words: string;
}

type Kind =
  | { readonly type: 'boolean'; readonly default: boolean }
  | {
      readonly type: 'integer';
      readonly default: number;
      readonly min: number;
      readonly max: number;
      readonly unit: string;
      /** A sum of bits, which config() takes in hexadecimal (0x…) as well. */
      readonly flags?: true;
    }
  | {
      readonly type: 'choice';
      readonly default: string;
      /** Our word for each choice, and its number in config(). */
      readonly choices: Readonly<Record<string, number>>;
    }
  | {
      readonly type: 'string';
      readonly default: string | null;
      /** What may be written; settings that can only be read have none. */
      readonly text?: TextRule;
      /** null is a value of its own; config() spells it as an empty text. */
      readonly nullable?: true;
      /** Must not appear in messages, logs or documentation. */
      readonly secret?: true;
    }
  | {
      readonly type: 'strings';
      readonly default: readonly string[];
      readonly text: TextRule;
      readonly maxItems: number;
    };

type Change =
  | {
      /**
       * - `always`: at any time; what happens next reads the new value
       * - `newConnections`: at any time on the server; a connection keeps what it started with, or was given itself
       * - `beforeSession`: at any time on the server; on a connection until its own SSID has been sent
       * (acceptConnection)
       * - `never`: can only be read
       */
      readonly changes: 'always' | 'newConnections' | 'beforeSession' | 'never';
    }
  | {
      readonly changes: 'notListening';
      /** The error that a change while the server listens raises. */
      readonly frozenCode: Extract<ErrorCode, 104 | 106 | 107 | 108>;
    };

interface Common {
  /** Name in `config()`. */
  readonly config: string;
  /** Names of the server-wide value, where they differ from those of a connection's own. */
  readonly onServer?: { readonly property: string; readonly config: string };
  /** `server`: one value for all. `connection`: a server-wide value that each connection may override. */
  readonly scope: 'server' | 'connection';
  /** Reading it for a connection that does not exist gives the default instead of error 126. */
  readonly unknownConnectionReadsDefault?: true;
  /** Another setting that takes a value along with this one; only when this one is set to `when`, if that is given. */
  readonly implies?: { readonly when?: unknown; readonly setting: string; readonly value: unknown };
  readonly effect: string;
  /** What a careless value costs. */
  readonly danger?: string;
  /** What Node.js makes of it, where that differs from what the name promises. */
  readonly platform?: string;
}

/** One setting. */
export type Setting = Common & Kind & Change;

/** The longest period that a timer of Node.js can hold, in milliseconds: 24.8 days. */
export const TIMER_MAX_MS = 2_147_483_647;
export const TIMER_MAX_SECONDS = Math.floor(TIMER_MAX_MS / 1000);

/**
 * Identification codes, X(25) (RFC 5024 §5.4). Appendix B allows fewer characters, but partners use others of ISO 646.
 * Spaces at the ends are refused: on the wire they are padding and would be lost.
 */
export const CODE: TextRule = {
  maxLength: 25,
  unit: 'characters',
  pattern: /^(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?$/,
  words: 'printable ISO 646 characters without spaces at the ends (they are padding on the wire)',
};

/** A code in a list, which config() separates by commas. */
export const LISTED_CODE: TextRule = {
  ...CODE,
  pattern: /^[\x21-\x2b\x2d-\x7e](?:[\x20-\x2b\x2d-\x7e]*[\x21-\x2b\x2d-\x7e])?$/,
  words: 'printable ISO 646 characters without commas, at least one, and no spaces at the ends',
};

/** SSIDPSWD, X(8) (RFC 5024 §5.3.2). */
export const PASSWORD: TextRule = {
  maxLength: 8,
  unit: 'characters',
  pattern: /^(?:[\x20-\x7e]*[\x21-\x7e])?$/,
  words: 'printable ISO 646 characters without spaces at the end (they are padding on the wire)',
};

/** A path, or a template of one. 4096 is the longest path of Linux. */
export const PATH: TextRule = {
  maxLength: 4096,
  unit: 'octets of UTF-8',
  pattern: /^[^\0]*$/,
  words: 'text without NUL characters',
};

/** One line of text, such as a list of hosts or a pattern. */
export const LINE: TextRule = {
  maxLength: 65_536,
  unit: 'characters',
  pattern: /^\P{Cc}*$/u,
  words: 'one line of text without control characters',
};

/** A certificate store: a path, or the content of one with its line ends. */
export const STORE: TextRule = { ...PATH, maxLength: 16 * 1_048_576 };

/** The password of a store, in any characters. */
export const PASSPHRASE: TextRule = { ...PATH, maxLength: 1024 };

/** A host name or IP address; 253 is the longest name in the DNS, 255 leaves room for a zone. */
export const HOST: TextRule = {
  maxLength: 255,
  unit: 'characters',
  pattern: /^[\x21-\x7e]*$/,
  words: 'a host name or IP address, in ASCII and without spaces',
};

/** SFIDDESC, T(999) (RFC 5024 §5.3.3): whatever fits. */
export const DESCRIPTION: TextRule = {
  maxLength: 999,
  unit: 'octets of UTF-8',
  pattern: /^/,
  words: 'any text',
};

/**
 * The hidden files that accompany a virtual file while it is being received. They stand in the folder of the final
 * name, because a rename must not cross file systems, and their names follow from what identifies the file alone, so
 * that a restart after any interruption finds them (RFC 5024 §1.5.4) and never another file's.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Stamp } from './stamp.js';

/** What makes two offers the same virtual file, with the values as they came from the wire. */
export interface FileIdentity {
  /** SSIDCODE of the peer that sends it. */
  readonly ssid: string;
  /** SFIDDSN. */
  readonly name: string;
  readonly stamp: Stamp;
  /** SFIDORIG. */
  readonly originator: string;
  /** SFIDDEST. */
  readonly destination: string;
  /** SFIDFMT: `F`, `V`, `U` or `T`. */
  readonly format: string;
  /** SFIDLRECL. */
  readonly recordLength: number;
  /** SFIDSEC, SFIDCIPH, SFIDCOMP and SFIDENV; 0 below OFTP 2.0. Different values mean different octets. */
  readonly security: number;
  readonly cipherSuite: number;
  readonly compression: number;
  readonly envelope: number;
}

export type PartNames = {
  /** The content so far. */
  readonly part: string;
  /** How much of it is known to be on the disk. */
  readonly sidecar: string;
  /** What is made of the content when it is complete, where it is not delivered as it came. */
  readonly converted: string;
  /** The next sidecar while it is being written. */
  readonly sidecarNew: string;
  /** A second name of a file that was published, but not recorded as received before the process ended. */
  readonly published: string;
  /** A note about a file that was published by a rename, but not recorded as received before the process ended. */
  readonly renamed: string;
};

const EXTENSIONS: Readonly<Record<keyof PartNames, string>> = {
  part: 'part',
  sidecar: 'json',
  sidecarNew: 'tmp',
  converted: 'new',
  published: 'done',
  renamed: 'moved',
};

const OWN_NAME = new RegExp(`^\\.oftp-([0-9a-f]{64})\\.(?:${Object.values(EXTENSIONS).join('|')})$`);

/** The names for one virtual file. */
export function partNames(directory: string, identity: FileIdentity): PartNames {
  return namesOfHash(directory, hashOf(identity));
}

function hashOf(identity: FileIdentity): string {
  const { ssid, name, stamp, originator, destination, format, recordLength } = identity;
  const { security, cipherSuite, compression, envelope } = identity;
  // As JSON, because joined fields would let one field's end pass for the next one's beginning.
  const fields = [ssid, name, stamp.date, stamp.time, originator, destination, format, recordLength];
  const text = JSON.stringify([...fields, security, cipherSuite, compression, envelope]);
  return createHash('sha256').update(text).digest('hex');
}

export interface SecuredNames {
  /** A complete file as it was transmitted: signed, compressed, encrypted. */
  readonly transmitted: string;
  /** What was inside; complete as soon as the name exists. */
  readonly content: string;
}

/**
 * The hidden names of a secured file between its acknowledgement and its final name. They are not those of a part file:
 * what was acknowledged is never cleared away for its age.
 */
export function securedNames(directory: string, identity: FileIdentity): SecuredNames {
  const name = join(directory, `.oftp-${hashOf(identity)}`);
  return { transmitted: `${name}.secured`, content: `${name}.content` };
}

function namesOfHash(directory: string, hash: string): PartNames {
  const path = (kind: keyof PartNames) => join(directory, `.oftp-${hash}.${EXTENSIONS[kind]}`);
  const kinds = Object.keys(EXTENSIONS) as (keyof PartNames)[];
  return Object.fromEntries(kinds.map((kind) => [kind, path(kind)])) as PartNames;
}

/** All names of the virtual file that a hidden file belongs to, or undefined for a file that is none of ours. */
export function partNamesOf(directory: string, fileName: string): PartNames | undefined {
  const hash = OWN_NAME.exec(fileName)?.[1];
  return hash === undefined ? undefined : namesOfHash(directory, hash);
}

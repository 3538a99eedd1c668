/** A received file as its record keeps it, so that a later life of the process can finish it. */
import type { FileIdentity as PartIdentity } from '../files/part-names.js';
import type { SFID } from '../protocol/commands/codec.js';
import type { FileIdentity, ReceivedFile } from '../store/store.js';
import type { Transfer } from './monitor.js';

/** What is kept as JSON: the fields of the SFID that processing needs, and what was decided about the file. */
export interface Attributes
  extends Pick<SFID, 'fmt' | 'lrecl' | 'sec' | 'ciph' | 'comp' | 'env' | 'sign' | 'fsiz' | 'osiz'> {
  readonly relayed: boolean;
  readonly overwrite: boolean;
  /** It is still to be unwrapped. */
  readonly enveloped: boolean;
  /** Hash of the transmitted octets, base64, as soon as it is known and the octets may go. */
  readonly hash?: string | undefined;
  /** What a secured file came to, as soon as that is known and its hidden files may go. */
  readonly outcome?: Outcome | undefined;
}

interface Outcome {
  /** NERPREAS; 0 for a file that was unwrapped. */
  readonly reasonCode: number;
  /** Octets of the content. */
  readonly fileSize?: number | undefined;
  /** Empty where a refused file was deleted. */
  readonly localFile: string;
}

export function receivedFile(
  { identity, localFile, bytesTransferred, sfid, fileHash: hash }: Transfer,
  level: number,
  decided: Pick<Attributes, 'relayed' | 'overwrite' | 'enveloped'>,
): ReceivedFile {
  const { fmt, lrecl, sec, ciph, comp, env, sign, fsiz, osiz } = sfid;
  const attributes: Attributes = { fmt, lrecl, sec, ciph, comp, env, sign, fsiz, osiz, hash, ...decided };
  return {
    ...identity,
    localFile,
    size: bytesTransferred,
    level,
    userData: sfid.user,
    description: sfid.desc,
    attributes: JSON.stringify(attributes),
  };
}

export function attributesOf({ attributes }: Pick<ReceivedFile, 'attributes'>): Attributes {
  return JSON.parse(attributes) as Attributes;
}

/** The attributes of a recorded file whose hash is known now. */
export function withHash(record: Pick<ReceivedFile, 'attributes'>, hash: string): string {
  return JSON.stringify({ ...attributesOf(record), hash });
}

/** The attributes of a recorded secured file that has been unwrapped or refused. */
export function withOutcome(
  record: Pick<ReceivedFile, 'attributes'>,
  { fileHash: hash, fileSize, localFile }: Transfer,
  reasonCode: number,
): string {
  const outcome: Outcome = { reasonCode, fileSize, localFile };
  return JSON.stringify({ ...attributesOf(record), enveloped: false, hash, outcome } satisfies Attributes);
}

/** The SFID of a recorded file, as far as it matters when the file is complete. */
export function sfidOf(record: ReceivedFile, attributes: Attributes): SFID {
  const { fmt, lrecl, sec, ciph, comp, env, sign, fsiz, osiz } = attributes;
  const fields = { fmt, lrecl, sec, ciph, comp, env, sign, fsiz, osiz };
  const { name: dsn, date, time, destination: dest, originator: orig, userData: user, description: desc } = record;
  return { name: 'SFID', dsn, date, time, dest, orig, user, desc, rest: 0n, ...fields };
}

/** What the hidden files of a virtual file are named by. */
export function partIdentity(
  { partner, name, date, time, originator, destination }: FileIdentity,
  sfid: SFID,
): PartIdentity {
  return {
    ssid: partner,
    name,
    stamp: { date, time },
    originator,
    destination,
    format: sfid.fmt,
    recordLength: sfid.lrecl,
    security: sfid.sec,
    cipherSuite: sfid.ciph,
    compression: sfid.comp,
    envelope: sfid.env,
  };
}

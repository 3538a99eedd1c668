import type { EERP, NERP, SFID } from '../protocol/commands/codec.js';
import { reasonText } from '../protocol/commands/reasons.js';
import type { Level } from '../protocol/commands/version.js';
import type { EndResponse, FileIdentity, Stamp } from '../store/store.js';

const NO_OCTETS = new Uint8Array(0);

/** NERPREAS 34: processing of the file failed (RFC 5024 §5.3.14). */
export const PROCESSING_FAILED = 34;

export function identityOf(partner: string, { dsn, date, time, dest, orig }: SFID): FileIdentity {
  return { partner, name: dsn, date, time, destination: dest, originator: orig };
}

/**
 * The end response to a received file: EERP if all went well, NERP otherwise. The parties are swapped against the SFID,
 * the stamp goes back octet for octet (RFC 5024 §5.3.13). Nothing where the level has no NERP (1.2, 1.3).
 */
export function responseTo(
  sfid: SFID,
  file: FileIdentity,
  answer: { readonly reasonCode: number; readonly reasonText: string },
  level: Level,
): EndResponse | undefined {
  const negative = answer.reasonCode !== 0;
  if (negative && level < 4) return undefined;
  return {
    name: negative ? 'NERP' : 'EERP',
    file,
    userData: sfid.user,
    destination: sfid.orig,
    originator: sfid.dest,
    creator: negative ? sfid.dest : '',
    reasonCode: answer.reasonCode,
    reasonText: answer.reasonText,
    hash: NO_OCTETS,
    signature: NO_OCTETS,
  };
}

/** The command that carries an end response at a level. Hash, signature and text exist in 2.0 only. */
export function commandOf(response: EndResponse, level: Level): EERP | NERP {
  const { file, destination: dest, originator: orig } = response;
  const secured = level === 5;
  const common = {
    dsn: file.name,
    ...stampAt(level, file),
    dest,
    orig,
    hsh: secured ? response.hash : NO_OCTETS,
    sig: secured ? response.signature : NO_OCTETS,
  };
  if (response.name === 'EERP') return { name: 'EERP', user: response.userData, ...common };
  const reast = secured ? response.reasonText || reasonText('NERP', response.reasonCode) : '';
  return { name: 'NERP', crea: response.creator, reas: response.reasonCode, reast, ...common };
}

export function responseFrom(partner: string, command: EERP | NERP): EndResponse {
  const negative = command.name === 'NERP';
  return {
    name: command.name,
    // The response runs against the file: its DEST is the file's originator (RFC 5024 §5.3.13).
    file: {
      partner,
      name: command.dsn,
      date: command.date,
      time: command.time,
      destination: command.orig,
      originator: command.dest,
    },
    userData: negative ? '' : command.user,
    destination: command.dest,
    originator: command.orig,
    creator: negative ? command.crea : '',
    reasonCode: negative ? command.reas : 0,
    reasonText: negative ? command.reast || reasonText('NERP', command.reas) : '',
    hash: command.hsh,
    signature: command.sig,
  };
}

/**
 * YYMMDD and HHMMSS up to 1.3, CCYYMMDD and HHMMSScccc from 1.4 on: a response may go out at another level than its
 * file came at, and a file be sent again at another one than before.
 */
export function stampAt(level: Level, { date, time }: Stamp): Stamp {
  if (level < 4) return { date: date.slice(-6), time: time.slice(0, 6) };
  const century = Number(date.slice(0, 2)) < 70 ? '20' : '19';
  return {
    date: date.length === 6 ? `${century}${date}` : date,
    time: time.length === 6 ? `${time}0001` : time,
  };
}

import { parseStamp } from '../files/stamp.js';
import { LEVEL_OF_VERSION, type Version } from '../protocol/commands/version.js';
import { OFTPError } from '../settings/errors.js';
import type { SettingValues } from '../settings/settings.js';
import type { EndResponse } from '../store/store.js';
import type { ReceivedStamps } from './received-stamps.js';

/** An end response of the application. What identifies the file is taken from its `endTransfer`. */
export interface SendEndResponseOptions {
  readonly virtualFileName: string;
  /** As `endTransfer` gave it. */
  readonly virtualFileDate: string;
  /** EERPDEST: who gets the response, the originator of the file. */
  readonly destination: string;
  /** EERPORIG: who answers, the destination of the file. */
  readonly originator: string;
  /** NERPCREA: who found out; the own SFID code if left out. */
  readonly creator?: string;
  /** 0 (default) for an EERP, NERPREAS for a NERP. */
  readonly reasonCode?: number;
  /** Reason text of a NERP, sent in 2.0 only; the standard text if left out. */
  readonly reasonText?: string;
  /** base64; of a response that is passed on, or as `endTransfer` gave it for one that is to be signed here. */
  readonly fileHash?: string;
  /** base64; of a response that is passed on. */
  readonly signature?: string;
  /** EERPUSER, at most 8 characters. */
  readonly userData?: string;
}

/** What a connection contributes to the responses that are sent over it. */
export interface RespondingConnection {
  readonly id: number;
  readonly ssidCode: string;
  readonly version: Version;
  readonly settings: SettingValues;
}

/** @throws OFTPError 688 for a NERP below version 1.4, 680 for a date that is none */
export function endResponseFrom(
  connection: RespondingConnection,
  options: SendEndResponseOptions,
  stamps: ReceivedStamps,
): EndResponse {
  const { virtualFileName: name, virtualFileDate, destination, originator } = options;
  const reasonCode = options.reasonCode ?? 0;
  if (reasonCode !== 0 && LEVEL_OF_VERSION[connection.version] < 4) {
    throw new OFTPError(
      688,
      `reasonCode ${reasonCode} needs a NERP, which version ${connection.version} of this session does not have`,
      { connectionId: connection.id },
    );
  }
  const remembered = stamps.recall(name, originator, destination, virtualFileDate);
  const { date, time } = remembered ?? parseStamp(virtualFileDate);
  return {
    name: reasonCode === 0 ? 'EERP' : 'NERP',
    file: { partner: connection.ssidCode, name, date, time, destination: originator, originator: destination },
    userData: options.userData ?? '',
    destination,
    originator,
    creator: reasonCode === 0 ? '' : (options.creator ?? connection.settings.serverSfidCode),
    reasonCode,
    reasonText: options.reasonText ?? '',
    hash: Buffer.from(options.fileHash ?? remembered?.fileHash ?? '', 'base64'),
    signature: Buffer.from(options.signature ?? '', 'base64'),
  };
}

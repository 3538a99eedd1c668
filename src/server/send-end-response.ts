import { parseStamp } from '../files/stamp.js';
import { encodeCommand } from '../protocol/commands/codec.js';
import { REASONS } from '../protocol/commands/reasons.js';
import { LEVEL_OF_VERSION, type Version } from '../protocol/commands/version.js';
import { commandOf } from '../session/end-responses.js';
import { OFTPError } from '../settings/errors.js';
import type { SettingValues } from '../settings/settings.js';
import type { EndResponse, Store } from '../store/store.js';
import type { ReceivedStamps } from './received-stamps.js';

const LEVEL_WITH_ALL_FIELDS = 5;

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
  /** 0 (default) for an EERP, NERPREAS for a NERP (RFC 5024 §5.3.14); 99 goes out where the level does not have it. */
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

/**
 * @throws OFTPError 688 for a NERP below version 1.4, 680 for a date that is none, 10022 for a reason that NERP does
 *   not have, and for hash or signature that are not base64, 678 for a value that does not fit its field, 10057 before
 *   the partner has identified itself
 */
export async function endResponseFrom(
  connection: RespondingConnection,
  options: SendEndResponseOptions,
  stamps: ReceivedStamps,
  store: Store,
): Promise<EndResponse> {
  const { virtualFileName: name, virtualFileDate, destination, originator } = options;
  const reasonCode = options.reasonCode ?? 0;
  if (reasonCode !== 0 && LEVEL_OF_VERSION[connection.version] < 4) {
    throw new OFTPError(
      688,
      `reasonCode ${reasonCode} needs a NERP, which version ${connection.version} of this session does not have`,
      { connectionId: connection.id },
    );
  }
  if (reasonCode !== 0 && !REASONS.NERP.some(({ code }) => code === reasonCode)) {
    const codes = REASONS.NERP.map(({ code }) => code).join(', ');
    throw new OFTPError(
      10022,
      `reasonCode ${reasonCode} means nothing in a NERP: use one of ${codes}, or 0 for an EERP`,
    );
  }
  if (connection.ssidCode === '') {
    throw new OFTPError(10057, 'sendEndResponse: the partner has not identified itself yet', {
      connectionId: connection.id,
    });
  }
  const { ssidCode: partner, settings } = connection;
  const remembered = await stamps.recall(options, partner, store, settings.virtualFileDateFormat);
  const { date, time } = remembered ?? parseStamp(virtualFileDate, settings.virtualFileDateFormat);
  const response: EndResponse = {
    name: reasonCode === 0 ? 'EERP' : 'NERP',
    file: { partner, name, date, time, destination: originator, originator: destination },
    userData: options.userData ?? '',
    destination,
    originator,
    creator: reasonCode === 0 ? '' : (options.creator ?? settings.serverSfidCode),
    reasonCode,
    reasonText: options.reasonText ?? '',
    hash: octetsOf('fileHash', options.fileHash ?? remembered?.fileHash ?? ''),
    signature: octetsOf('signature', options.signature ?? ''),
  };
  checkFields(response);
  return response;
}

/** A response that could never be sent must not wait in the store. */
function checkFields(response: EndResponse): void {
  try {
    encodeCommand(LEVEL_WITH_ALL_FIELDS, commandOf(response, LEVEL_WITH_ALL_FIELDS));
  } catch (error) {
    throw new OFTPError(678, `sendEndResponse: ${(error as Error).message}`, { cause: error });
  }
}

function octetsOf(name: string, base64: string): Buffer {
  const octets = Buffer.from(base64, 'base64');
  const given = base64.replace(/=+$/, '');
  if (octets.toString('base64').replace(/=+$/, '') !== given) {
    throw new OFTPError(10022, `sendEndResponse: ${name} is not base64; give it as endTransfer or endResponse did`);
  }
  return octets;
}

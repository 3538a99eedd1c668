import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { formatStamp } from '../files/stamp.js';
import { expandTemplate } from '../files/template.js';
import type { SFID } from '../protocol/commands/codec.js';
import { exchangeTypeOf } from '../session/certificate-exchange.js';
import type { FileDecision } from '../session/monitor.js';
import { OFTPError } from '../settings/errors.js';
import type { FileIdentity } from '../store/store.js';
import type { OFTPConnection } from './connection.js';
import { DecisionTimeout } from './emitter.js';
import type { EventHub } from './event-hub.js';
import type { AcceptFileEvent } from './events.js';

const INVALID_NAME = 1;
const INVALID_DESTINATION = 2;
const TOO_LARGE = 6;
const ACCESS_METHOD_FAILURE = 12;
const UNSPECIFIED = 99;

/** Name of a received certificate; with the stamp in it, no two exchanges of a station meet. */
const CERTIFICATE_NAME = '%VirtualFileName%_%Originator%_%VirtualFileDate:yyyyMMddHHmmssffff%.cer';

/** Asks the application about an offered file: `acceptFile`, then `startTransfer`. */
export async function decideOffer(
  hub: EventHub,
  connection: OFTPConnection,
  sfid: SFID,
  identity: FileIdentity,
): Promise<FileDecision> {
  const { settings } = connection;
  const own = [settings.serverSfidCode, ...settings.serverSfidCodes].includes(sfid.dest);
  const limit = settings.maxFileSize;
  if (limit > 0 && sfid.fsiz * 1024 - 1023 > limit) {
    return refused(TOO_LARGE, false, `${sfid.fsiz} blocks are more than the ${limit} octets of MaxFileSize`);
  }
  connection.store.reset('allowRetry');
  const exchange = exchangeTypeOf(sfid, connection.session.entity.level);
  if (own && exchange !== undefined) return placeCertificate(hub, connection, sfid, identity);
  const event: AcceptFileEvent = {
    connectionId: connection.id,
    connection,
    virtualFileName: sfid.dsn,
    virtualFileDate: formatStamp(identity, settings.virtualFileDateFormat),
    destination: sfid.dest,
    originator: sfid.orig,
    accept: own && hub.acceptsFiles(connection),
    filename: pathFor(connection, settings.receivedFileNameFormat, sfid, identity) ?? '',
    overwrite: false,
    stream: undefined,
    errorCode: own ? UNSPECIFIED : INVALID_DESTINATION,
    errorDescription: '',
  };
  try {
    await hub.decideFor(connection, 'acceptFile', event);
    if (!event.accept) return refused(event.errorCode, settings.allowRetry, event.errorDescription);
    // What a handler that has not been waited for changes from here on comes too late.
    return await start(hub, { ...event }, !own);
  } catch (error) {
    const text = `the offer of ${sfid.dsn} could not be decided: ${(error as Error).message}`;
    hub.raise(new OFTPError(671, text, { cause: error, connectionId: connection.id }), connection);
    return refused(UNSPECIFIED, error instanceof DecisionTimeout, '');
  }
}

/** A received file's `startTransfer` may still redirect it; a stream that it does not get as far as is destroyed. */
async function start(hub: EventHub, event: AcceptFileEvent, relayed: boolean): Promise<FileDecision> {
  const { stream, overwrite, connectionId, connection, virtualFileName, virtualFileDate, destination, originator } =
    event;
  // A stream may fail before the first octet, and must not end the process then.
  stream?.on('error', () => {});
  const starting = {
    connectionId,
    connection,
    direction: 'received' as const,
    localFile: stream === undefined ? event.filename : '',
    virtualFileName,
    virtualFileDate,
    destination,
    originator,
  };
  try {
    await hub.decideFor(connection, 'startTransfer', starting);
  } catch (error) {
    stream?.destroy();
    throw error;
  }
  if (stream !== undefined) return { accept: true, stream, relayed };
  const { localFile: path } = starting;
  return path === ''
    ? refusedWithoutPlace(hub, connection, virtualFileName)
    : { accept: true, path, overwrite, relayed };
}

/** A certificate of the partner's is no file for `acceptFile`: it has a name of its own that no other file gets. */
function placeCertificate(hub: EventHub, connection: OFTPConnection, sfid: SFID, identity: FileIdentity): FileDecision {
  const path = pathFor(connection, CERTIFICATE_NAME, sfid, identity);
  return path === undefined
    ? refusedWithoutPlace(hub, connection, sfid.dsn)
    : { accept: true, path, overwrite: false, relayed: false };
}

function refusedWithoutPlace(hub: EventHub, connection: OFTPConnection, virtualFileName: string): FileDecision {
  if (connection.downloadDirectory !== '') {
    return refused(INVALID_NAME, false, `no file name can be made of '${virtualFileName}'`);
  }
  const text =
    `there is no place for ${virtualFileName}: set downloadDirectory on the server or, in acceptConnection, on the ` +
    'connection, or set filename or stream in acceptFile';
  hub.raise(new OFTPError(679, text, { connectionId: connection.id }), connection);
  return refused(ACCESS_METHOD_FAILURE, true, '');
}

function pathFor({ settings }: OFTPConnection, format: string, sfid: SFID, stamp: FileIdentity): string | undefined {
  if (settings.downloadDirectory === '') return undefined;
  const name = expandTemplate(format, {
    virtualFileName: sfid.dsn,
    stamp,
    originator: sfid.orig,
    destination: sfid.dest,
    userData: sfid.user,
    now: new Date(),
    guid: randomUUID(),
  });
  return name === undefined ? undefined : join(settings.downloadDirectory, name);
}

function refused(reason: number, retry: boolean, text: string): FileDecision {
  return { accept: false, refusal: { reason, retry, text } };
}

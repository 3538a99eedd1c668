import type { SFID } from '../protocol/commands/codec.js';
import type { Level } from '../protocol/commands/version.js';
import { OFTPError } from '../settings/errors.js';
import type { AcknowledgedFile, FileIdentity, ReceivedFile } from '../store/store.js';
import type { SessionContext } from './context.js';
import { responseTo } from './end-responses.js';
import type { Transfer } from './monitor.js';

/** A file that is acknowledged and has to be processed and answered. */
export interface AcknowledgedTransfer {
  readonly transfer: Transfer;
  /** For somebody else: passed on by the application, which answers for it as well. */
  readonly relayed: boolean;
}

/** What the store has to keep of a received file, so that a later life of the process can finish it. */
function receivedFile({ transfer, relayed }: AcknowledgedTransfer, level: Level): ReceivedFile {
  const { fmt, lrecl, sec, ciph, comp, env, sign } = transfer.sfid;
  return {
    ...transfer.identity,
    localFile: transfer.localFile,
    size: transfer.bytesTransferred,
    level,
    userData: transfer.sfid.user,
    description: transfer.sfid.desc,
    attributes: JSON.stringify({ fmt, lrecl, sec, ciph, comp, env, sign, relayed }),
  };
}

/**
 * Records a file as received. From then on it is the caller's to finish; for the rest of the process's life no other
 * session does.
 * @throws OFTPError 671 for a file that was acknowledged before, or is being acknowledged, on another session
 */
export async function acknowledgeFile(
  { environment, entity }: SessionContext,
  received: AcknowledgedTransfer,
): Promise<AcknowledgedFile> {
  const { processing, store } = environment;
  const key = keyOf(received.transfer.identity);
  if (processing.has(key)) {
    throw new OFTPError(671, `the file ${received.transfer.sfid.dsn} is being received on another session`);
  }
  // Before the record is there: a parallel session looks for records that nobody is working on.
  processing.add(key);
  try {
    return await store.acknowledge(receivedFile(received, entity.level));
  } catch (error) {
    processing.delete(key);
    throw error;
  }
}

/**
 * What follows the acknowledgement: the application's processing, and the end response that says how it went. Tells
 * whether there is a response to send.
 */
export async function finishFile(
  session: SessionContext,
  received: AcknowledgedTransfer,
  record: AcknowledgedFile,
): Promise<boolean> {
  try {
    return await processFile(session, received, record, false);
  } finally {
    session.environment.processing.delete(keyOf(record));
  }
}

/**
 * Finishes what an earlier life of the process has acknowledged but not finished, before the partner's new session goes
 * on. The application hears `endTransfer` of these files at least once.
 */
export async function finishEarlierFiles(session: SessionContext): Promise<void> {
  const { partner } = session;
  const { processing, store } = session.environment;
  for (const record of await store.unfinished(partner)) {
    if (session.over) return;
    const key = keyOf(record);
    if (processing.has(key)) continue;
    processing.add(key);
    try {
      // Another session may have finished it since it was read.
      const isLeft = (await store.findReceived(record))?.finished === false;
      if (isLeft) await processFile(session, transferOf(record), record, true);
    } finally {
      processing.delete(key);
    }
  }
}

async function processFile(
  { environment, monitor }: SessionContext,
  { transfer, relayed }: AcknowledgedTransfer,
  record: AcknowledgedFile,
  replayed: boolean,
): Promise<boolean> {
  const level = record.level as Level;
  const answer = await monitor.ended(transfer, { reasonCode: 0, reasonText: '', replayed });
  const due = answer !== undefined && !relayed;
  const response = due ? responseTo(transfer.sfid, transfer.identity, answer, level) : undefined;
  if (due && response === undefined) {
    const text = `no end response for ${transfer.sfid.dsn}: its processing failed, and NERP exists from level 1.4 on`;
    monitor.error(new OFTPError(671, text));
  }
  await environment.store.finish(record.id, response);
  return response !== undefined;
}

function transferOf(record: AcknowledgedFile): AcknowledgedTransfer {
  const { relayed, ...attributes } = JSON.parse(record.attributes) as Pick<SFID, 'fmt'> & { relayed: boolean };
  const { partner, name, date, time, destination, originator } = record;
  const blocks = Math.ceil(record.size / 1024);
  const sfid = {
    name: 'SFID',
    dsn: name,
    date,
    time,
    user: record.userData,
    dest: destination,
    orig: originator,
    fsiz: blocks,
    osiz: blocks,
    rest: 0n,
    desc: record.description,
    ...attributes,
  } as SFID;
  const transfer: Transfer = {
    direction: 'received',
    identity: { partner, name, date, time, destination, originator },
    localFile: record.localFile,
    bytesTransferred: record.size,
    sfid,
  };
  return { transfer, relayed };
}

function keyOf({ partner, name, date, time, destination, originator }: FileIdentity): string {
  return JSON.stringify([partner, name, date, time, destination, originator]);
}

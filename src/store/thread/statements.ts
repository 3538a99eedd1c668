/** The SQL of every operation. Each runs inside a transaction of its caller. */

import {
  type AcknowledgedFile,
  type EndResponse,
  type FileIdentity,
  LAST_PHASE,
  type OutgoingFile,
  type OutgoingKey,
  type OutgoingPhase,
  type QueuedResponse,
  type ReceivedFile,
  type Stamp,
} from '../store.js';
import type { Database } from './engine.js';
import { StateError } from './failure.js';
import type { Leftovers, Operations, PartnerCount } from './operations.js';
import { Query, type Row } from './query.js';

const IDENTITY = 'partner, name, date, time, destination, originator';
const IS_IDENTITY = `(${IDENTITY}) = (?, ?, ?, ?, ?, ?)`;

const RECEIVED = `SELECT id, ${IDENTITY}, local_file AS localFile, size, level, user_data AS userData, description,
  attributes, finished FROM received`;

const RESPONSE_CONTENT = `${IDENTITY}, command, user_data, response_destination, response_originator, creator,
  reason_code, reason_text, hash, signature`;

const OUTGOING = `SELECT id, ${IDENTITY}, path, version, phase, reached, attributes FROM outgoing`;

/** The statements by what they do, prepared once. */
function prepare(database: Database) {
  const query = (sql: string) => new Query(database, sql);
  return {
    received: query(`${RECEIVED} WHERE ${IS_IDENTITY}`),
    receivedStamps: query(
      `SELECT date, time FROM received WHERE (partner, name, destination, originator) = (?, ?, ?, ?)
       ORDER BY id DESC LIMIT ?`,
    ),
    unfinished: query(`${RECEIVED} WHERE partner = ? AND finished = 0 ORDER BY id`),
    addReceived: query(
      `INSERT INTO received (${IDENTITY}, local_file, size, level, user_data, description, attributes, acknowledged_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id`,
    ),
    setReceivedAttributes: query('UPDATE received SET attributes = ? WHERE id = ?'),
    finish: query('UPDATE received SET finished = 1 WHERE id = ? AND finished = 0 RETURNING partner'),
    expiredReceived: query(
      `SELECT id, ${IDENTITY} FROM received WHERE finished = 1 AND acknowledged_at < ?
       ORDER BY acknowledged_at LIMIT ?`,
    ),
    removeReceived: query('DELETE FROM received WHERE id = ?'),

    // Some versions of Node.js take no octets for NULL.
    addResponse: query(
      `INSERT INTO response (${RESPONSE_CONTENT})
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ifnull(?, x''), ifnull(?, x''))`,
    ),
    pending: query(
      `SELECT id, ${RESPONSE_CONTENT} FROM response WHERE partner = ? AND confirmed = 0 AND id > ? ORDER BY id LIMIT ?`,
    ),
    confirm: query(`UPDATE response SET confirmed = 1 WHERE id = ? AND confirmed = 0 RETURNING ${IDENTITY}`),
    latestResponse: query(
      `SELECT id, confirmed FROM response WHERE ${IS_IDENTITY} ORDER BY confirmed, id DESC LIMIT 1`,
    ),
    repeatResponse: query(
      `INSERT INTO response (${RESPONSE_CONTENT}) SELECT ${RESPONSE_CONTENT} FROM response WHERE id = ?`,
    ),
    removeResponse: query('DELETE FROM response WHERE id = ?'),
    removeConfirmed: query(`DELETE FROM response WHERE ${IS_IDENTITY} AND confirmed = 1`),

    attempt: query(
      `${OUTGOING} WHERE (partner, name, destination, originator, path, version) = (?, ?, ?, ?, ?, ?)
       AND phase <> 'acknowledged'`,
    ),
    addOutgoing: query(
      `INSERT INTO outgoing (${IDENTITY}, path, version, phase, reached, touched_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'started', 0, ?) ON CONFLICT DO NOTHING`,
    ),
    endPhase: query('DELETE FROM outgoing WHERE id = ? AND phase = ?'),
    setPhase: query("UPDATE outgoing SET phase = ?, touched_at = ? WHERE id = ? AND phase <> 'answered'"),
    setReached: query('UPDATE outgoing SET reached = ?, touched_at = ? WHERE id = ?'),
    setAttributes: query('UPDATE outgoing SET attributes = ?, touched_at = ? WHERE id = ?'),
    removeOutgoing: query('DELETE FROM outgoing WHERE id = ?'),
    outgoing: query(`${OUTGOING} WHERE ${IS_IDENTITY} ORDER BY phase <> 'acknowledged', id LIMIT 1`),
    removeOldOutgoing: query(
      'DELETE FROM outgoing WHERE id IN (SELECT id FROM outgoing WHERE touched_at < ? ORDER BY touched_at LIMIT ?)',
    ),

    countUnfinished: query('SELECT partner, count(*) AS count FROM received WHERE finished = 0 GROUP BY partner'),
    countPending: query('SELECT partner, count(*) AS count FROM response WHERE confirmed = 0 GROUP BY partner'),
  };
}

export class Statements implements Operations {
  readonly #sql: ReturnType<typeof prepare>;

  constructor(database: Database) {
    this.#sql = prepare(database);
  }

  leftovers(): Leftovers {
    const counts = (query: Query) => query.all() as unknown as readonly { partner: string; count: number }[];
    const pairs = (query: Query) => counts(query).map(({ partner, count }): PartnerCount => [partner, count]);
    return { unfinished: pairs(this.#sql.countUnfinished), pending: pairs(this.#sql.countPending) };
  }

  findReceived(identity: FileIdentity): AcknowledgedFile | undefined {
    const row = this.#sql.received.get(...identityOf(identity));
    return row && acknowledgedFile(row);
  }

  receivedStamps(file: Omit<FileIdentity, keyof Stamp>, limit: number): readonly Stamp[] {
    const { partner, name, destination, originator } = file;
    const rows = this.#sql.receivedStamps.all(partner, name, destination, originator, limit);
    return rows.map(({ date, time }) => ({ date: String(date), time: String(time) }));
  }

  acknowledge(file: ReceivedFile, now: number): number {
    const { localFile, size, level, userData, description, attributes } = file;
    const content = [localFile, size, level, userData, description, attributes, now];
    const row = this.#sql.addReceived.get(...identityOf(file), ...content);
    if (row === undefined)
      throw new StateError('duplicate', `the file ${file.name} was acknowledged before, on another session`);
    return Number(row['id']);
  }

  noteAttributes(id: number, attributes: string): void {
    this.#sql.setReceivedAttributes.run(attributes, id);
  }

  finish(id: number, response: EndResponse | undefined): string | undefined {
    const finished = this.#sql.finish.get(id);
    if (finished !== undefined && response !== undefined) this.queueResponse(response);
    return finished && String(finished['partner']);
  }

  unfinished(partner: string): readonly AcknowledgedFile[] {
    return this.#sql.unfinished.all(partner).map(acknowledgedFile);
  }

  queueResponse(response: EndResponse): void {
    const { name, file, userData, destination, originator, creator, reasonCode, reasonText, hash, signature } =
      response;
    const content = [name, userData, destination, originator, creator, reasonCode, reasonText, hash, signature];
    this.#sql.addResponse.run(...identityOf(file), ...content);
  }

  pendingResponses(partner: string, after: number, limit: number): readonly QueuedResponse[] {
    return this.#sql.pending.all(partner, after, limit).map(queuedResponse);
  }

  confirmResponse(id: number): string | undefined {
    const confirmed = this.#sql.confirm.get(id);
    if (confirmed === undefined) return undefined;
    const file = confirmed as unknown as FileIdentity;
    // Without a stamp to recognise the file by, nobody will ask for the response again.
    if (this.findReceived(file) === undefined) this.#sql.removeResponse.run(id);
    return file.partner;
  }

  repeatResponse(identity: FileIdentity): boolean {
    if (this.findReceived(identity)?.finished !== true) return false;
    const latest = this.#sql.latestResponse.get(...identityOf(identity));
    if (latest === undefined || latest['confirmed'] === 0) return false;
    const id = Number(latest['id']);
    // Under a new id, so that it comes after what is queued already, and no session takes it for the one it confirmed.
    this.#sql.repeatResponse.run(id);
    this.#sql.removeResponse.run(id);
    return true;
  }

  findAttempt({ partner, name, destination, originator, path, version }: OutgoingKey): OutgoingFile | undefined {
    return outgoingFile(this.#sql.attempt.get(partner, name, destination, originator, path, version));
  }

  beginOutgoing(key: OutgoingKey, stamp: Stamp, now: number): OutgoingFile {
    // Does nothing where a session has begun the same file since the caller looked for it.
    this.#sql.addOutgoing.run(...identityOf({ ...key, ...stamp }), key.path, key.version, now);
    return this.findAttempt(key) as OutgoingFile;
  }

  outgoingPhase(id: number, phase: OutgoingPhase, now: number): void {
    const other = LAST_PHASE[phase];
    if (other !== undefined && this.#sql.endPhase.run(id, other) > 0) return;
    this.#sql.setPhase.run(phase, now, id);
  }

  outgoingReached(id: number, reached: number, now: number): void {
    this.#sql.setReached.run(reached, now, id);
  }

  outgoingPrepared(id: number, attributes: string, now: number): void {
    this.#sql.setAttributes.run(attributes, now, id);
  }

  endOutgoing(id: number): void {
    this.#sql.removeOutgoing.run(id);
  }

  findOutgoing(identity: FileIdentity): OutgoingFile | undefined {
    return outgoingFile(this.#sql.outgoing.get(...identityOf(identity)));
  }

  removeExpired(before: number, limit: number): number {
    const expired = this.#sql.expiredReceived.all(before, limit) as unknown as readonly AcknowledgedFile[];
    for (const file of expired) {
      this.#sql.removeConfirmed.run(...identityOf(file));
      this.#sql.removeReceived.run(file.id);
    }
    return expired.length + this.#sql.removeOldOutgoing.run(before, limit - expired.length);
  }
}

function identityOf({ partner, name, date, time, destination, originator }: FileIdentity): string[] {
  return [partner, name, date, time, destination, originator];
}

function acknowledgedFile(row: Row): AcknowledgedFile {
  return { ...(row as unknown as AcknowledgedFile), finished: row['finished'] === 1 };
}

function outgoingFile(row: Row | undefined): OutgoingFile | undefined {
  return row as unknown as OutgoingFile | undefined;
}

function queuedResponse(row: Row): QueuedResponse {
  const { partner, name, date, time, destination, originator } = row as unknown as FileIdentity;
  return {
    id: row['id'] as number,
    name: row['command'] as QueuedResponse['name'],
    file: { partner, name, date, time, destination, originator },
    userData: row['user_data'] as string,
    destination: row['response_destination'] as string,
    originator: row['response_originator'] as string,
    creator: row['creator'] as string,
    reasonCode: row['reason_code'] as number,
    reasonText: row['reason_text'] as string,
    hash: row['hash'] as Uint8Array,
    signature: row['signature'] as Uint8Array,
  };
}

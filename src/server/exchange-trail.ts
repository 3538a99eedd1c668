import { type Command, decodeCommand } from '../protocol/commands/codec.js';
import { describeCommand } from '../protocol/commands/describe.js';
import type { Direction } from '../session/monitor.js';
import { COMMAND_TITLES } from './command-titles.js';
import type { OFTPConnection } from './connection.js';
import type { EventHub } from './event-hub.js';

/** DATA and CDT say little and are many: they are logged from this level on (2, verbose). */
export const DATA_LOG_LEVEL = 2;

/** The octets of exchange buffers are logged at this level (3, debug). */
const OCTETS_LOG_LEVEL = 3;

const DATA = 0x44;
const CDT = 0x43;

/** Shows one exchange buffer, without its STH, to the listeners of `log` and `piTrail`. */
export function showExchange(
  hub: EventHub,
  connection: OFTPConnection,
  direction: Direction,
  octets: Uint8Array,
  received: Command | undefined,
): void {
  const { maskSensitive: mask, friendlyLogFormat } = connection.settings;
  const commandId = octets[0] ?? 0;
  const title = titleOf(commandId);
  const command = received ?? decoded(connection, octets);
  const line = command === undefined ? `${title}, ${octets.length} octets` : describeCommand(command, { mask });
  const raw = Buffer.from(mask ? masked(octets) : octets);
  const level = commandId === DATA || commandId === CDT ? DATA_LOG_LEVEL : 1;
  hub.log(level, `${direction} ${line}`, 'OFTP', connection);
  if (hub.logs(OCTETS_LOG_LEVEL)) {
    hub.log(OCTETS_LOG_LEVEL, `${direction} octets ${raw.toString('hex')}`, 'OFTP', connection);
  }
  if (hub.listenerCount('piTrail') === 0) return;
  hub.tell('piTrail', {
    connectionId: connection.id,
    connection,
    direction,
    data: friendlyLogFormat ? Buffer.from(line) : raw,
    raw,
    commandId,
    commandDescription: title,
  });
}

function titleOf(id: number): string {
  return COMMAND_TITLES[String.fromCharCode(id)] ?? `unknown command ${id.toString(16).padStart(2, '0')}`;
}

function decoded(connection: OFTPConnection, octets: Uint8Array): Command | undefined {
  if (octets[0] === DATA) return undefined;
  const result = decodeCommand(connection.session.entity.level, octets);
  return result.ok ? result.command : undefined;
}

/** SSIDPSWD lies at octets 27..34 of SSID; challenges and responses are everything behind the head of AUCH and AURP. */
function masked(octets: Uint8Array): Uint8Array {
  const range = { X: [27, 35], A: [3, octets.length], S: [1, octets.length] }[String.fromCharCode(octets[0] ?? 0)];
  return range === undefined ? octets : octets.slice().fill(0x2a, range[0], range[1]);
}

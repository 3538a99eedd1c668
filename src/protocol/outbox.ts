import { type Command, encodeCommand } from './commands/codec.js';
import { reasonForLevel, reasonText } from './commands/reasons.js';
import type { Level } from './commands/version.js';
import type { SessionEnd } from './indications.js';
import type { Output } from './machine/states.js';
import { takeFirst } from './take-first.js';

/** Commands that say the same every time. */
const FIXED: Partial<Record<Output, Command>> = {
  SSRM: { name: 'SSRM', msg: 'ODETTE FTP READY ' },
  SECD: { name: 'SECD' },
  CDT: { name: 'CDT' },
  CD: { name: 'CD' },
  RTR: { name: 'RTR' },
};

/** Commands that follow from a request or an answer of the user. */
const REQUESTED: ReadonlySet<Output> = new Set<Output>([
  'SSID',
  'AUCH',
  'AURP',
  'SFID',
  'SFPA',
  'SFNA',
  'EFID',
  'EFPA',
  'EFNA',
  'EERP',
  'NERP',
]);

/** What goes to the peer: Stream Transmission Buffers with one command each, in order. */
export class Outbox {
  /** The level whose layouts the commands have. */
  level: Level;
  readonly #buffers: Uint8Array[] = [];
  /** V.Req-buf, encoded. */
  #requested: Uint8Array | undefined;

  constructor(level: Level) {
    this.level = level;
  }

  take(): Uint8Array | undefined {
    return takeFirst(this.#buffers);
  }

  /**
   * Keeps the command that the user wants sent until the tables send it: mostly at once, but after a peer's CD where
   * the turn has still to come (§9.10 F, G, Z).
   *
   * @throws EncodeError for a command that cannot be put on the wire
   */
  request(command: Command): void {
    this.#requested = this.#encode(command);
  }

  /** Sends the command that an output event of the tables stands for; false if it is none. `end`: what an ESID says. */
  send(output: Output, end: SessionEnd): boolean {
    const fixed = FIXED[output];
    if (fixed !== undefined) this.#buffers.push(this.#encode(fixed));
    else if (REQUESTED.has(output)) this.#sendRequested(output);
    else if (output.startsWith('ESID')) {
      this.#buffers.push(this.#encode({ name: 'ESID', reas: end.reason, reast: end.detail }));
    } else return false;
    return true;
  }

  #sendRequested(output: Output): void {
    if (this.#requested === undefined) throw new TypeError(`${output} is to be sent, but nobody asked for it`);
    this.#buffers.push(this.#requested);
    this.#requested = undefined;
  }

  #encode(command: Command): Uint8Array {
    return encodeCommand(this.level, 'reas' in command ? explained(command, this.level) : command);
  }
}

/** Reason code and text as the level has them: texts from 2.0 on, the standard one where none is given. */
function explained<C extends Extract<Command, { reas: number }>>(command: C, level: Level): C {
  const { name, reas, reast } = command;
  // A normal end needs no explanation.
  const text = level < 5 || reas === 0 ? '' : reast || reasonText(name, reas);
  return { ...command, reas: reasonForLevel(name, reas, level), reast: text };
}

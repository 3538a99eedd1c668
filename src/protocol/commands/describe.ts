/** Commands as one line for logs and trails. */
import type { Command } from './command.js';
import { layoutOf } from './layout.js';
import { quote } from './printable.js';
import { type ReasonKind, reasonText } from './reasons.js';
import type { Value } from './rows.js';
import { COMMAND_OCTET } from './table.js';

/** Always as long as the field SSIDPSWD, so that not even the length of a password shows. */
const MASK = '********';

/** Hashes fit, signatures do not: of a longer part only the length is shown. */
const HEX_OCTETS_MAX = 64;

/** Text that needs no quotes. */
const PLAIN = /^[!#-~]+$/;

export interface DescribeOptions {
  /** Whether passwords, challenges and responses are masked; default true. */
  readonly mask?: boolean;
}

/**
 * One line with all fields of a command, such as `SFPA acnt=0` or `EFNA reas=11 (invalid octet count)`. Text stands in
 * quotes where it needs them, with unprintable characters escaped; an empty text of variable length, hash or signature
 * is left out. `mask: false` shows secrets in full: for the eyes of those who may know them.
 */
export function describeCommand(command: Command, { mask = true }: DescribeOptions = {}): string {
  const { name } = command;
  const values = command as unknown as Readonly<Record<string, Value>>;
  let line: string = name;
  // Level 5 has every field of every command.
  for (const field of layoutOf(5, COMMAND_OCTET[name])?.fields ?? []) {
    if (field.key === undefined) continue;
    const value = values[field.key] as Value;
    if (field.kind === 'variable' && (value as string | Uint8Array).length === 0) continue;
    line += ` ${field.key}=${field.secret ? describeSecret(value, mask) : describeValue(value)}`;
    if (field.key === 'reas') line += ` (${reasonText(name as ReasonKind, value as number)})`;
  }
  return line;
}

function describeSecret(value: Value, mask: boolean): string {
  if (value instanceof Uint8Array) return mask ? lengthOf(value) : hex(value);
  return mask ? MASK : describeValue(value);
}

function describeValue(value: Value): string {
  if (value instanceof Uint8Array) return value.length <= HEX_OCTETS_MAX ? hex(value) : lengthOf(value);
  if (typeof value === 'boolean') return value ? 'Y' : 'N';
  if (typeof value === 'string') return PLAIN.test(value) ? value : quote(value);
  return String(value);
}

function lengthOf(octets: Uint8Array): string {
  return `(${octets.length} octets)`;
}

function hex(octets: Uint8Array): string {
  let text = '';
  for (const octet of octets) text += octet.toString(16).padStart(2, '0');
  return text;
}

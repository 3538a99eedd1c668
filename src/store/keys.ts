/** Texts that stand for what identifies a record: equal for the same one, and for no other. */
import type { FileIdentity, OutgoingKey } from './store.js';

// As JSON, because joined fields would let one field's end pass for the next one's beginning.

export function fileKey({ partner, name, date, time, destination, originator }: FileIdentity): string {
  return JSON.stringify([partner, name, date, time, destination, originator]);
}

export function sendingKey({ partner, name, destination, originator, path, version }: OutgoingKey): string {
  return JSON.stringify([partner, name, destination, originator, path, version]);
}

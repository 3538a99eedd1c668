/** The error for a name that does not exist, with the name that was probably meant. */
import { OFTPError } from './errors.js';

/** Longest part of an unknown name that the message repeats. */
const SHOWN_MAX = 80;

type Kind = 'option' | 'setting' | 'option of sendFile' | 'property of outgoing';

/** An error 10022 that says that there is no such option or setting, and which of `known` comes nearest. */
export function unknownName(kind: Kind, name: string, known: Iterable<string>): OFTPError {
  const nearest = nearestName(name, known);
  const hint = nearest === undefined ? whereToLook(kind, known) : `Did you mean '${nearest}'?`;
  return new OFTPError(10022, `There is no ${kind} '${name.slice(0, SHOWN_MAX)}'. ${hint}`);
}

function whereToLook(kind: Kind, known: Iterable<string>): string {
  if (kind === 'option' || kind === 'setting') return 'The table of settings lists all names.';
  return `Those that exist are ${[...known].join(', ')}.`;
}

/** The candidate that differs from `name` in the fewest letters, case aside; `undefined` when none is near. */
function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase();
  let nearest: string | undefined;
  let fewest = Math.max(2, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of candidates) {
    // The difference in length is the least possible distance; skipping by it bounds the work for absurdly long names.
    if (Math.abs(candidate.length - wanted.length) >= fewest) continue;
    const edits = editDistance(wanted, candidate.toLowerCase());
    if (edits < fewest) {
      fewest = edits;
      nearest = candidate;
    }
  }
  return nearest;
}

/** Levenshtein distance: how many letters must be inserted, removed or replaced to get from one word to the other. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let i = 0; i < from.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const replaced = row[j]! + (from[i] === to[j] ? 0 : 1);
      next.push(Math.min(replaced, row[j + 1]! + 1, next[j]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}

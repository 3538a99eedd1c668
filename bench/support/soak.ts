/** What both ends of the long run count. */

export interface Counts {
  /** Files that the other end has acknowledged. */
  sent: number;
  /** Files that have arrived, each once. */
  received: number;
  /** Files that an end response has come for, each once. */
  answered: number;
  /** Negative end responses, and files that could not be read. */
  failed: number;
}

export interface Sample extends Counts {
  /** Octets: resident, and what is held after everything that can be collected was. */
  readonly rss: number;
  readonly held: number;
  /** 0 where the system does not tell. */
  readonly descriptors: number;
}

export const NOTHING: Readonly<Counts> = { sent: 0, received: 0, answered: 0, failed: 0 };

/** Something in `[0, below)`. */
export const random = (below: number): number => Math.floor(Math.random() * below);

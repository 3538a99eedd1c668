import type { MachineEvent, Output, State } from './states.js';
import type { Input, Variables } from './variables.js';

/** Asks the local variables (`V.…`) and the parameters of the event (`I.…`). */
export type Predicate = (v: Variables, i: Input) => boolean;
export type Action = (v: Variables, i: Input) => void;

/** One line of a transition table. The first line whose predicate holds is taken. */
export interface Line {
  readonly when: string;
  readonly actions: readonly number[];
  readonly output: readonly Output[];
  /** `UE`: user error, the request is refused locally and the state stays. */
  readonly next: State | 'UE';
}

/** A state table as the RFC prints it: a grid of letters, and a transition list by letter. */
export interface SectionSource {
  readonly section: string;
  readonly columns: readonly (State | 'Other States')[];
  readonly grid: Readonly<Partial<Record<MachineEvent, string>>>;
  readonly transitions: Readonly<Record<string, readonly Line[]>>;
  readonly predicates: Readonly<Record<string, Predicate>>;
  readonly actions: Readonly<Record<number, Action>>;
}

/** One line of a table, its columns as the RFC prints them: predicate, actions, output events, next state. */
export function line(when: string, actions: readonly number[], output: readonly Output[], next: Line['next']): Line {
  return { when, actions, output, next };
}

/** Letters that mean "no transition": impossible by design, and the two kinds of user error. */
export const NO_TRANSITION: ReadonlySet<string> = new Set(['X', 'U', 'W']);

/** The letter at an event and a state, `undefined` where the table has no such row or column. */
export function letterAt(
  source: SectionSource,
  event: MachineEvent,
  column: State | 'Other States',
): string | undefined {
  const at = source.columns.indexOf(column);
  return at < 0 ? undefined : source.grid[event]?.split(' ')[at];
}

/** An action that only prepares an output event: the entity does it where it emits that output. */
export const buildsOutput: Action = () => {};

/**
 * Stopping and starting the inactivity timer is not done here: whether it runs follows from the state reached
 * (`WAITS_FOR_PEER`), and octets in either direction restart it.
 */
export const timer: Action = () => {};

/** The branches that RFC 5024 takes for special logic, which exists on X.25 only (Appendix C). */
export const specialLogic: Predicate = () => false;

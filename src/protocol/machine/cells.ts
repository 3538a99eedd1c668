/**
 * The state tables of RFC 5024 §9.8–9.12 and the amendments, put together once when the module is loaded: for every
 * state and event the transitions to choose from.
 */
import { AMENDMENTS } from './amendments.js';
import { ERROR_ABORT } from './error-abort.js';
import { LISTENER } from './listener.js';
import { SESSION_CONNECTION } from './session-connection.js';
import { SPEAKER_1, SPEAKER_2 } from './speaker.js';
import { COMMAND_EVENTS, END_EVENTS, EVENTS, type MachineEvent, type Output, STATES, type State } from './states.js';
import {
  type Action,
  buildsOutput,
  type Line,
  letterAt,
  NO_TRANSITION,
  type Predicate,
  type SectionSource,
  timer,
} from './table.js';

export const SECTIONS: readonly SectionSource[] = [SESSION_CONNECTION, ERROR_ABORT, SPEAKER_1, SPEAKER_2, LISTENER];

/** One predicate of a line, or its negation (`expected` false). */
interface Condition {
  readonly predicate: Predicate;
  readonly expected: boolean;
}

/** A line of a table with its predicates and actions looked up. */
export interface Transition {
  readonly conditions: readonly Condition[];
  readonly actions: readonly Action[];
  readonly output: readonly Output[];
  readonly next: State | 'UE';
}

/** The first transition whose conditions hold is taken. Without any, the event is a user error. */
export type Cell = readonly Transition[];

type Column = State | 'Other States';
type Cells = ReadonlyMap<Column, ReadonlyMap<MachineEvent, Cell>>;

const FROM_PEER: ReadonlySet<MachineEvent> = new Set([...COMMAND_EVENTS, ...END_EVENTS]);

const PRINTED = printedCells();
const AMENDED = amendedCells();

/** The cell of every event in every state. */
export const CELLS: Cells = new Map(
  STATES.map((state) => [state, new Map(EVENTS.map((event) => [event, resolve(state, event)]))]),
);

/**
 * A named column beats an amendment, an amendment beats "Other States" (which 9.10 prints also for Listener states).
 * A named "no transition" is final for the own user and the network; a peer does not keep to what is impossible.
 */
function resolve(state: State, event: MachineEvent): Cell {
  const named = PRINTED.get(state)?.get(event);
  if (named !== undefined && (named.length > 0 || !FROM_PEER.has(event))) return named;
  return (
    AMENDED.get(state)?.get(event) ??
    AMENDED.get('Other States')?.get(event) ??
    PRINTED.get('Other States')?.get(event) ??
    []
  );
}

/** What the tables print. A state stands in several of them, but each event has a transition in one at most. */
function printedCells(): Cells {
  const compiled = SECTIONS.map((source) => ({ source, transitions: compileLetters(source) }));
  const cells = new Map<Column, Map<MachineEvent, Cell>>();
  for (const column of [...STATES, 'Other States'] as const) {
    const row = new Map<MachineEvent, Cell>();
    cells.set(column, row);
    for (const { source, transitions } of compiled) {
      for (const event of EVENTS) {
        const letter = letterAt(source, event, column);
        if (letter !== undefined && !row.get(event)?.length) row.set(event, transitions.get(letter) ?? []);
      }
    }
  }
  return cells;
}

function amendedCells(): Cells {
  const cells = new Map<Column, Map<MachineEvent, Cell>>();
  for (const { state, events, lines } of AMENDMENTS) {
    const cell = lines.map((source) => compileLine(source, { predicates: {}, actions: { 1: timer, 2: timer } }));
    const row = cells.get(state) ?? new Map<MachineEvent, Cell>();
    cells.set(state, row);
    for (const event of events) row.set(event, cell);
  }
  return cells;
}

/** @throws Error where a grid holds a letter that has no lines */
function compileLetters(source: SectionSource): ReadonlyMap<string, Cell> {
  const cells = new Map(
    Object.entries(source.transitions).map(([letter, lines]) => [
      letter,
      lines.map((printed) => compileLine(printed, source)),
    ]),
  );
  const letters = Object.values(source.grid).flatMap((row) => row.split(' '));
  const unknown = letters.find((letter) => !cells.has(letter) && !NO_TRANSITION.has(letter));
  if (unknown !== undefined) throw new Error(`§${source.section} has no transition ${unknown}`);
  return cells;
}

/** @throws Error for a predicate or an action that the section does not define */
function compileLine(printed: Line, source: Pick<SectionSource, 'predicates' | 'actions'>): Transition {
  const terms = printed.when === '' ? [] : printed.when.split(' & ');
  return {
    conditions: terms.map((term) => ({
      predicate: defined(source.predicates[term.replace('!', '')], `predicate ${term}`),
      expected: !term.startsWith('!'),
    })),
    actions: printed.actions
      .map((number) => defined(source.actions[number], `action ${number}`))
      .filter((action) => action !== timer && action !== buildsOutput),
    output: printed.output,
    next: printed.next,
  };
}

function defined<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`a line of the state tables has an unknown ${what}`);
  return value;
}

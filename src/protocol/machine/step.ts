/**
 * The engine behind the state tables of RFC 5024 §9.8–9.12. Two rules: everything that decides about a state is in the
 * tables beside this file, and `Machine.step` is the only place that writes the state.
 */
import { AMENDMENTS, COMMANDS } from './amendments.js';
import { ERROR_ABORT } from './error-abort.js';
import { LISTENER } from './listener.js';
import { SESSION_CONNECTION } from './session-connection.js';
import { SPEAKER_1, SPEAKER_2 } from './speaker.js';
import type { MachineEvent, Output, State } from './states.js';
import { type Action, type Line, letterAt, NO_TRANSITION, type Predicate, type SectionSource } from './table.js';
import type { Context, Input, Variables } from './variables.js';

export const SECTIONS: readonly SectionSource[] = [SESSION_CONNECTION, ERROR_ABORT, SPEAKER_1, SPEAKER_2, LISTENER];

/** A request of the own user that the state does not allow; nothing was sent and nothing has changed. */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly event: MachineEvent;
  readonly state: State;

  constructor(event: MachineEvent, state: State) {
    super(`${event} is not allowed in state ${state} (RFC 5024 §9)`);
    this.event = event;
    this.state = state;
  }
}

interface CompiledLine {
  readonly holds: Predicate;
  readonly actions: readonly Action[];
  readonly output: readonly Output[];
  readonly next: State | 'UE';
}

function compileCondition(when: string, predicates: SectionSource['predicates']): Predicate {
  const terms = when
    .split('&')
    .map((term) => term.trim())
    .filter((term) => term !== '')
    .map((term): Predicate => {
      const predicate = predicates[term.replace('!', '')];
      if (predicate === undefined) throw new Error(`unknown predicate ${term}`);
      return term.startsWith('!') ? (context) => !predicate(context) : predicate;
    });
  return (context) => terms.every((term) => term(context));
}

function compileLines(lines: readonly Line[], source: Pick<SectionSource, 'predicates' | 'actions'>): CompiledLine[] {
  return lines.map(({ when, actions, output, next }) => ({
    holds: when === '' ? () => true : compileCondition(when, source.predicates),
    actions: actions.flatMap((number) => {
      const action = source.actions[number];
      return action === undefined ? [] : [action];
    }),
    output,
    next,
  }));
}

function isCommand(event: MachineEvent): boolean {
  return COMMANDS.has(event);
}

function linesAt(column: State | 'Other States', event: MachineEvent): readonly CompiledLine[] | 'none' | undefined {
  let printed = false;
  for (const source of SECTIONS) {
    const letter = letterAt(source, event, column);
    if (letter === undefined) continue;
    if (!NO_TRANSITION.has(letter)) return compileLines(source.transitions[letter] ?? [], source);
    printed = true;
  }
  return printed ? 'none' : undefined;
}

function amendedLines(state: State, event: MachineEvent): readonly CompiledLine[] | undefined {
  const candidates = AMENDMENTS.filter((entry) => entry.event === event);
  const amendment =
    candidates.find(({ states }) => states !== 'Other States' && states.includes(state)) ??
    candidates.find(({ states }) => states === 'Other States');
  return amendment && compileLines(amendment.lines, { predicates: {}, actions: {} });
}

/**
 * A named column beats an amendment, an amendment beats "Other States" (which 9.10 prints also for Listener states).
 * A named "no transition" is final for the own user and the network; a peer does not keep to what is impossible.
 */
function compileCell(state: State, event: MachineEvent): readonly CompiledLine[] | undefined {
  const named = linesAt(state, event);
  if (named === 'none' && !isCommand(event)) return undefined;
  if (named !== undefined && named !== 'none') return named;
  const lines = amendedLines(state, event) ?? linesAt('Other States', event);
  return lines === 'none' ? undefined : lines;
}

const cells = new Map<State, Map<MachineEvent, readonly CompiledLine[] | undefined>>();

function cellAt(state: State, event: MachineEvent): readonly CompiledLine[] | undefined {
  let row = cells.get(state);
  if (row === undefined) {
    row = new Map();
    cells.set(state, row);
  }
  if (!row.has(event)) row.set(event, compileCell(state, event));
  return row.get(event);
}

const NOTHING: Input = {};

/** One state machine of one session. */
export class Machine implements Context {
  readonly v: Variables;
  i: Input = NOTHING;
  #state: State = 'IDLE';

  constructor(variables: Variables) {
    this.v = variables;
  }

  get state(): State {
    return this.#state;
  }

  /**
   * Takes the transition that the tables have for an event in the present state and returns its output events in
   * order.
   *
   * @throws UserError where the tables print a user error: the state stays as it is
   */
  step(event: MachineEvent, input: Input = NOTHING): readonly Output[] {
    const lines = cellAt(this.#state, event);
    this.i = input;
    const line = lines?.find(({ holds }) => holds(this));
    if (line === undefined || line.next === 'UE') throw new UserError(event, this.#state);
    for (const action of line.actions) action(this);
    this.#state = line.next;
    return line.output;
  }

  /** Whether an event has a transition in the present state, without taking it. */
  allows(event: MachineEvent, input: Input = NOTHING): boolean {
    this.i = input;
    const line = cellAt(this.#state, event)?.find(({ holds }) => holds(this));
    return line !== undefined && line.next !== 'UE';
  }
}

/**
 * The engine behind the state tables of RFC 5024 §9.8–9.12. Two rules: everything that decides about a state is in
 * the tables beside this file, and `Machine.step` is the only place that writes the state.
 */
import { CELLS, type Transition } from './cells.js';
import type { MachineEvent, Output, State } from './states.js';
import type { Input, Variables } from './variables.js';

/** A request of the own user that is not allowed; nothing was sent and nothing has changed. */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly event: MachineEvent;
  readonly state: State;

  /** `reason`: why, where it is not the state that forbids the request. */
  constructor(event: MachineEvent, state: State, reason?: string) {
    super(`${event} is not allowed in state ${state} (${reason ?? 'RFC 5024 §9'})`);
    this.event = event;
    this.state = state;
  }
}

const NOTHING: Input = {};

/** One state machine of one session. */
export class Machine {
  readonly v: Variables;
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
    const transition = this.#transition(event, input);
    if (transition === undefined || transition.next === 'UE') throw new UserError(event, this.#state);
    for (const action of transition.actions) action(this.v, input);
    this.#state = transition.next;
    return transition.output;
  }

  /** Whether an event has a transition in the present state, without taking it. */
  allows(event: MachineEvent, input: Input = NOTHING): boolean {
    const transition = this.#transition(event, input);
    return transition !== undefined && transition.next !== 'UE';
  }

  #transition(event: MachineEvent, input: Input): Transition | undefined {
    // Plain loops: this runs once for every DATA exchange buffer.
    for (const transition of CELLS.get(this.#state)?.get(event) ?? []) {
      if (this.#holds(transition, input)) return transition;
    }
    return undefined;
  }

  #holds({ conditions }: Transition, input: Input): boolean {
    for (const { predicate, expected } of conditions) {
      if (predicate(this.v, input) !== expected) return false;
    }
    return true;
  }
}

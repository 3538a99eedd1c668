/** What a received command is to the state machine. */
import type { Command } from './commands/codec.js';
import type { PeerEvent, State } from './machine/states.js';
import type { Input, Variables } from './machine/variables.js';

export function eventOf(command: Command): PeerEvent {
  if (command.name !== 'ESID') return command.name;
  return command.reas === 0 ? 'ESID(R=00)' : 'ESID(R<>00)';
}

/** The parameters that the predicates ask for. */
export function inputOf(command: Command): Input {
  switch (command.name) {
    case 'SFID':
      return { position: command.rest };
    case 'SFPA':
      return { position: command.acnt };
    case 'EFPA':
      return { changeDirection: command.cd };
    default:
      return {};
  }
}

/** What is wrong with a command if it is a protocol violation in this state, for the ESID. */
export function violationOf(command: Command, state: State, v: Variables): string {
  if (command.name === 'SFID' && (state === 'IDLELI' || state === 'IDLELICD')) {
    return v.mode === 'S' ? 'SFID to a side that only sends' : `SFIDREST is ${command.rest}, restart was not agreed`;
  }
  if (command.name === 'SFPA' && state === 'OPOP') {
    return `SFPAACNT ${command.acnt} is beyond the SFIDREST ${v.restartPosition}`;
  }
  if (command.name === 'CDT' && state === 'OPO')
    return `CDT before the credit was used up, ${v.creditSpeaker} are left`;
  return `${command.name} is not allowed in state ${state}`;
}

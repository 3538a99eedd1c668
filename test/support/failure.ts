import { Assertion } from 'uvu/assert';

/** An error whose details, of any number of lines, uvu prints as they are below the message. */
export function failure(message: string, details: string): Assertion {
  return new Assertion({ message, details, operator: '', expects: undefined, actual: undefined });
}

/** Arguments of the command line that several commands share. */
import { InvalidArgumentError, Option } from 'commander';
import type { ServerOptions } from '../settings/settings.js';
import type { Parse } from './config-reader.js';
import { UsageError } from './exit.js';

/** A parser for the value of an option or argument, whose complaint names that option. */
export function argument<T>(parse: Parse<T>): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      if (error instanceof UsageError) throw new InvalidArgumentError(error.message.replace(/\.?$/, '.'));
      throw error;
    }
  };
}

/** How records stand in local files: the setting RecordDelimiter. */
export type RecordDelimiter = NonNullable<ServerOptions['recordDelimiter']>;

export function recordsOption(): Option {
  return new Option('--records <delimiter>', 'what is between records in local files')
    .choices(['crlf', 'length', 'none'])
    .default('crlf');
}

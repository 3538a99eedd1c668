#!/usr/bin/env node
/** The command `oftp`. */
import { Command, CommanderError } from 'commander';
import { VERSION } from '../settings/about.js';
import { benchCommand } from './bench.js';
import { checkCommand } from './check.js';
import { EXIT, UsageError } from './exit.js';
import { receiveCommand } from './receive.js';
import { sendCommand } from './send.js';
import { serveCommand } from './serve.js';
import { complain } from './terminal.js';

const HELP = `
"oftp COMMAND --help" tells all about a command. Two terminals are enough to try it:

  oftp serve                 # makes ./oftp-data and says how to send it a file
  oftp send …                # the line that it prints

Exit codes: 0 done, 1 failure, 2 wrong command line or configuration.`;

function program(): Command {
  const oftp = new Command('oftp')
    .description('Exchange files by the ODETTE File Transfer Protocol (OFTP 1.2, 1.3, 1.4 and 2.0).')
    .version(VERSION)
    .addHelpText('after', HELP)
    .showHelpAfterError('Try --help.')
    .exitOverride();
  for (const command of [serveCommand(), sendCommand(), receiveCommand(), checkCommand(), benchCommand()]) {
    oftp.addCommand(command.copyInheritedSettings(oftp));
  }
  return oftp;
}

async function main(): Promise<void> {
  // Whoever read the output has gone: what is under way is finished all the same.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  try {
    await program().parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      // It has printed help, version or the problem already.
      process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
      return;
    }
    complain(`oftp: ${(error as Error).message}`);
    process.exitCode = error instanceof UsageError ? EXIT.usage : EXIT.failure;
  }
}

await main();

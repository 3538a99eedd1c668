/** What `send`, `receive` and `check` have in common: their options, and a session from connecting to its end. */
import { type Command, Option } from 'commander';
import type { Version } from '../protocol/commands/version.js';
import { OFTPClient } from '../server/client.js';
import type { ClientOptions } from '../server/client-options.js';
import { type Address, TLS_PORT, type WrittenAddress } from './address.js';
import { argument } from './arguments.js';
import { code, FULL_STAMP, RECEIVED_NAME_FORMAT, version, wholeNumber } from './config-values.js';
import { EXIT } from './exit.js';
import { explain } from './explain.js';
import { checkedPassword, passwordFromEnvironment, passwordFromFile } from './secret.js';
import { onStopSignal } from './signals.js';
import { complain } from './terminal.js';
import { addTlsOptions, type TlsOptions, tlsClientOptions, wantsTls } from './tls-options.js';

export interface SessionOptions extends TlsOptions {
  /** Own SSID code. */
  readonly ssid: string;
  readonly sfid?: string;
  readonly password?: string;
  readonly passwordFile?: string;
  readonly passwordEnv?: string;
  readonly serverCode?: string;
  readonly oftp: Version;
  readonly buffer?: number;
  readonly credit?: number;
  readonly timeout: number;
  readonly state?: string;
  readonly verbose?: true;
}

/** The variable that is looked at when no option says where the password is. */
const PASSWORD_VARIABLE = 'OFTP_PASSWORD';

/** Settings of clients that receive: names that do not collide; stamps in full, by which responses find their files. */
export const RECEIVING = {
  receivedFileNameFormat: RECEIVED_NAME_FORMAT,
  virtualFileDateFormat: FULL_STAMP,
} as const;

/** What `--help` of each of these commands ends with. */
export const SESSION_HELP = `
The password comes from --password-file, --password-env or the environment variable ${PASSWORD_VARIABLE}. --password
works as well, but everybody on this machine can read it in the list of processes.

With --state an interrupted file goes on where it stopped when the command is given again, and an end response that
could not be sent follows in the next session. Two commands at the same time need two folders.

Exit codes: 0 done, 1 failure, 2 wrong command line, 130 and 143 stopped by a signal.`;

/** @param codeFlag the flag for the own code, which reads differently in different commands */
export function addSessionOptions(command: Command, codeFlag = '--ssid <code>'): Command {
  command
    .optionsGroup('Session:')
    .requiredOption(codeFlag, 'own SSID code, as the server knows it', argument(code))
    .option('--sfid <code>', 'own SFID code; the SSID code if left out', argument(code))
    .option('--password-file <file>', 'file with the password')
    .addOption(new Option('--password-env <name>', 'environment variable with the password').conflicts('passwordFile'))
    .addOption(
      new Option('--password <text>', 'the password, for all to see').conflicts(['passwordFile', 'passwordEnv']),
    )
    .option('--server-code <code>', 'SSID code that the server must have', argument(code))
    .option('--oftp <version>', 'highest version to offer: 1.2, 1.3, 1.4 or 2.0', argument(version), '2.0')
    .option('--buffer <octets>', 'exchange buffer size to offer, 128 to 99999', argument(wholeNumber(128, 99_999)))
    .option('--credit <count>', 'exchange buffers to send ahead, 1 to 999', argument(wholeNumber(1, 999)))
    .option('--timeout <seconds>', 'how long to wait for the server', argument(wholeNumber(1, 86_400)), 60)
    .option('--state <dir>', 'folder for what has to outlive the command; without it that is forgotten')
    .option('-v, --verbose', 'show the commands of the protocol');
  return addTlsOptions(command);
}

/** A client, and the words for what may go wrong with it. */
export interface ClientSession {
  readonly client: OFTPClient;
  /** Connects and opens the session. @throws Error in the words of an operator */
  connect(): Promise<void>;
}

/** What the options of the command line are to a client. `settings` are those that the command itself decides. */
export async function clientOptionsFrom(
  { host, port }: Address,
  options: SessionOptions,
  settings: Partial<ClientOptions>,
): Promise<ClientOptions> {
  const password = await findPassword(options);
  return {
    host,
    port,
    ...(await tlsClientOptions(options)),
    clientSsidCode: options.ssid,
    ...(options.sfid === undefined ? {} : { clientSfidCode: options.sfid }),
    ...(password === undefined ? {} : { clientPassword: password }),
    ...(options.serverCode === undefined ? {} : { serverSsidCode: options.serverCode }),
    ...(options.buffer === undefined ? {} : { exchangeBufferSize: options.buffer }),
    ...(options.credit === undefined ? {} : { creditCount: options.credit }),
    version: options.oftp,
    defaultTimeout: options.timeout,
    statePath: options.state ?? null,
    ...settings,
  };
}

/** The address with the port that counts: without one of its own that of plain TCP, or of TLS. */
export function addressFor(address: WrittenAddress, options: TlsOptions): Address {
  return { host: address.host, port: address.portGiven || !wantsTls(options) ? address.port : TLS_PORT };
}

/**
 * Makes a client and does something with it; whatever happens, it is gone afterwards. SIGINT and SIGTERM end its
 * session. The exit code is 0 if `work` returns true, otherwise 1.
 */
export async function withClient(
  written: WrittenAddress,
  options: SessionOptions,
  settings: Partial<ClientOptions>,
  work: (session: ClientSession) => Promise<boolean>,
): Promise<void> {
  const address = addressFor(written, options);
  const clientOptions = await clientOptionsFrom(address, options, settings);
  const client = new OFTPClient(clientOptions);
  if (options.verbose) client.on('log', ({ message }) => complain(message));
  endOnSignal(client);
  const context = { address, ssid: options.ssid, hasPassword: clientOptions.clientPassword !== undefined };
  const told = new Set<string>();
  const connect = async () => {
    await client.connect().catch((error: Error) => {
      throw new Error(explain(error, context), { cause: error });
    });
    // From here on errors are those of the session; those before are what connect throws.
    client.on('error', ({ description }) => {
      told.add(description);
      complain(description);
    });
  };
  try {
    process.exitCode = (await work({ client, connect })) ? EXIT.ok : EXIT.failure;
  } catch (error) {
    // What ended the session has been told when it did.
    if (!told.has((error as Error).message)) throw error;
    process.exitCode = EXIT.failure;
  } finally {
    await client.shutdown();
  }
}

/** Without any source the password is empty: some servers ask for none. */
async function findPassword({ password, passwordFile, passwordEnv }: SessionOptions): Promise<string | undefined> {
  if (passwordFile !== undefined) return passwordFromFile(passwordFile);
  if (passwordEnv !== undefined) return passwordFromEnvironment(passwordEnv);
  if (password !== undefined) return checkedPassword(password, '--password');
  return process.env[PASSWORD_VARIABLE] === undefined ? undefined : passwordFromEnvironment(PASSWORD_VARIABLE);
}

/** The first signal ends the session with ESID 05, the second one the process. */
function endOnSignal(client: OFTPClient): void {
  onStopSignal((exitCode) => {
    const leave = () => process.exit(exitCode);
    client.shutdown().then(leave, leave);
  });
}

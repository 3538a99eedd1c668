/** `oftp serve` */
import cluster from 'node:cluster';
import { Command, Option } from 'commander';
import { OFTPError } from '../settings/errors.js';
import { formatAddress } from './address.js';
import { argument } from './arguments.js';
import { type Config, loadConfig, type Overrides, PROCESSES_MAX } from './config.js';
import { code, listenAddress, wholeNumber } from './config-values.js';
import { demoIn, introduceDemo, prepareDemo } from './demo.js';
import { EXIT, UsageError } from './exit.js';
import { createLog, LOG_FORMATS, LOG_LEVELS, type Log, type LogFormat, type LogLevel } from './log.js';
import { obeyPrimary, Processes } from './processes.js';
import { onSignals } from './signals.js';
import { Station } from './station.js';
import { complain, say } from './terminal.js';

interface ServeOptions extends Overrides {
  readonly config?: string;
  readonly data: string;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  readonly grace: number;
  readonly checkConfig?: true;
}

const HELP = `
Without --config the server makes a folder with a configuration, a partner and a password of its own (--data), and says
how to send it a file.

The configuration is YAML; relative paths start at its folder:

  identity:
    ssid: O0013HUB                # SSID code of this server
    sfid: O0013HUB                # SFID code; the SSID code if left out
    sfids: [O0013PLANT1]          # further destinations whose files are taken
    passwordFile: hub.password    # or password: or passwordEnv: what the server tells its partners
  listen:
    host: 0.0.0.0                 # 127.0.0.1 if left out
    port: 3305                    # with TLS 6619, if left out
  tls:                            # without it, no TLS
    certificate: hub.pfx          # PFX, or PEM with the private key; a list for RSA and ECDSA side by side
    certificatePasswordFile: hub.pfx.password
    trusted: partners-ca.pem      # CAs of the partners' certificates, which are then asked for
    authenticateClients: true     # ask for them without that too: true or false
  security:                       # protection of files by certificates
    certificate: hub-files.pfx    # to sign and to decrypt; with the private key
    certificatePasswordFile: hub-files.pfx.password
  statePath: state                # what must outlive the process; .oftp if left out
  processes: 1                    # that serve the port; at most one for each core
  partners:
    - code: O0013SUPPLIER         # SSID code of the partner; all others are refused
      description: Supplier Ltd
      passwordFile: supplier.password
      inbox: supplier/inbox       # files from the partner
      outbox: supplier/outbox     # files for the partner, sent when it hands over the turn
      sent: supplier/sent         # where they go then; removed if left out
      failed: supplier/failed     # where refused ones go, with the reason; OUTBOX/failed if left out
      minimumVersion: '1.4'
      tlsCertificate: supplier.pem # the certificate that its TLS client must present
      certificate: supplier.cer   # to verify its files, and to encrypt those for it
      security: encryptedAndSigned # of the files for it: none, signed, encrypted or encryptedAndSigned
      compress: true
      cipherSuite: 4              # SFIDCIPH, 1 to 7; 4, AES-256 with SHA-256, if left out
      signedReceipt: true         # ask for signed end responses
      enabled: true
      settings: { CreditCount: 50 }
  settings:                       # any setting of the library by its name
    MaxConnections: 500

Outbox: move complete files in by a rename. Hidden files, *.tmp, *.part and folders are left alone. The virtual file
name is the file name in capitals, with "-" for what ODETTE-FTP does not allow, cut to 26 characters.

Signals: SIGHUP reads the configuration again without ending a session; SIGTERM and SIGINT end all sessions in good
order, a second one at once.

Exit codes: 0 stopped in good order, 1 failure, 2 wrong command line or configuration.`;

export function serveCommand(): Command {
  return new Command('serve')
    .description('run a server: take files from partners and have files ready for them')
    .option('-c, --config <file>', 'configuration in YAML; without it, the demonstration of --data')
    .addOption(new Option('--data <dir>', 'folder of the demonstration').default('oftp-data').conflicts('config'))
    .option('--host <address>', 'address to listen on', argument(listenAddress))
    .option('-p, --port <number>', 'port to listen on, 0 for any free one', argument(wholeNumber(0, 65_535)))
    .option('--ssid <code>', 'SSID code of this server', argument(code))
    .option('--sfid <code>', 'SFID code of this server', argument(code))
    .option('--processes <number>', 'processes that serve the port', argument(wholeNumber(1, PROCESSES_MAX)))
    .addOption(new Option('--log-level <level>', 'what to log').choices(LOG_LEVELS).default('info'))
    .addOption(
      new Option('--log-format <format>', 'auto: text on a terminal, otherwise JSON')
        .choices(LOG_FORMATS)
        .default('auto'),
    )
    .option('--grace <seconds>', 'how long a stop may take', argument(wholeNumber(0, 3600)), 30)
    .option('--check-config', 'only check the configuration')
    .addHelpText('after', HELP)
    .action(async (options: ServeOptions) => {
      await serve(options).catch(leaveIfWorker);
    });
}

async function serve(options: ServeOptions): Promise<void> {
  const demo = options.config === undefined ? demoIn(options.data) : undefined;
  if (demo !== undefined && !options.checkConfig) await prepareDemo(demo);
  const load = () => loadConfig(demo?.config ?? (options.config as string), options);
  const config = await load();
  if (options.checkConfig) {
    for (const warning of config.warnings) complain(warning);
    say(`${config.path} is in order`);
    return;
  }
  const asText = options.logFormat === 'text' || (options.logFormat === 'auto' && process.stdout.isTTY === true);
  const log = createLog(options.logLevel, asText);
  const { processes } = config;
  if (cluster.isWorker) return work(config, load, log.child({ process: process.pid }));
  if (processes > 1) {
    const port = await Processes.start(config, log, options.grace * 1000);
    if (demo !== undefined) introduceDemo(demo, addressOf(config, port), asText ? undefined : log);
    return;
  }
  const station = new Station(config, log);
  obeySignals(station, load, log, options.grace * 1000);
  try {
    await station.start();
  } catch (error) {
    throw startFailure(error as Error);
  }
  if (demo !== undefined) introduceDemo(demo, station, asText ? undefined : log);
}

/** One of several processes. When it has stopped, nothing is left for it to do. */
async function work(config: Config, load: () => Promise<Config>, log: Log): Promise<void> {
  const station = new Station(config, log, true);
  let reloading = Promise.resolve();
  obeyPrimary({
    reload: () => {
      reloading = reloading.then(() => station.reload(load));
    },
    stop: () => {
      station.stop().then(
        () => process.exit(EXIT.ok),
        (error: Error) => {
          log.error(`the stop failed: ${error.message}`);
          process.exit(EXIT.failure);
        },
      );
    },
  });
  await station.start().catch((error: Error) => {
    throw startFailure(error);
  });
}

/** A worker has its channel to the primary, which would keep it alive without a server. */
function leaveIfWorker(error: Error): never {
  if (!cluster.isWorker) throw error;
  complain(`oftp: ${error.message}`);
  process.exit(error instanceof UsageError ? EXIT.usage : EXIT.failure);
}

/** Where a server with several processes is, for whoever introduces it. */
function addressOf({ settings }: Config, port: number): Pick<Station, 'address' | 'ssid' | 'sfid'> {
  return {
    address: formatAddress({ host: settings.get('LocalHost') || '0.0.0.0', port }),
    ssid: settings.get('ServerSSIDCode') ?? '',
    sfid: settings.get('ServerSFIDCode') ?? '',
  };
}

function obeySignals(station: Station, load: () => Promise<Config>, log: Log, graceMs: number): void {
  let reloading = Promise.resolve();
  onSignals({
    reload: () => {
      reloading = reloading.then(() => station.reload(load));
    },
    stop: () => {
      const tooLate = () => {
        log.error(`stopped by force: there was still something open after ${graceMs / 1000} s`);
        process.exit(EXIT.failure);
      };
      // Also meets what would keep the process alive after the stop; by itself it does not.
      setTimeout(tooLate, graceMs).unref();
      station.stop().catch((error: Error) => {
        log.error(`the stop failed: ${error.message}`);
        process.exit(EXIT.failure);
      });
    },
    force: () => {
      log.warn('stopped by force: a second signal came');
      process.exit(EXIT.failure);
    },
  });
}

/** What to do about an address that cannot be listened on. */
const REMEDIES: Readonly<Record<number, string>> = {
  10048: 'another program listens there: stop it, or choose another port with --port',
  10013: 'this user may not: choose a port above 1023 with --port',
  10049: 'this machine does not have the address: choose another one with --host',
};

/** Calls by which a server comes to listen; `bind` is what fails in a worker of a cluster. */
const LISTENING: ReadonlySet<string | undefined> = new Set(['listen', 'bind']);

function startFailure(error: Error): Error {
  // Other calls of the system fail with the same numbers, and mean something else.
  const listening = LISTENING.has((error.cause as NodeJS.ErrnoException | undefined)?.syscall);
  const remedy = listening && error instanceof OFTPError ? REMEDIES[error.code] : undefined;
  return remedy === undefined ? error : new Error(`${error.message}; ${remedy}`, { cause: error });
}

/** `oftp send` */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { formatStamp } from '../files/stamp.js';
import { Certificate } from '../server/certificate.js';
import type { OFTPClient } from '../server/client.js';
import type { EndResponseEvent } from '../server/events.js';
import { FORMATS } from '../server/incoming-file-info.js';
import type { SendFileOptions } from '../server/send-file.js';
import { EXCHANGE_NAMES, type ExchangeType } from '../session/certificate-exchange.js';
import type { SentFile } from '../session/outgoing-transfer.js';
import { parseAddress, type WrittenAddress } from './address.js';
import { argument, type RecordDelimiter, recordsOption } from './arguments.js';
import { announceArrivals, leaveFiles, verdict } from './arrivals.js';
import { addSessionOptions, RECEIVING, SESSION_HELP, type SessionOptions, withClient } from './client-session.js';
import { code, virtualName, wholeNumber } from './config-values.js';
import { UsageError } from './exit.js';
import { addFileSecurityOptions, certificatesOf, type FileSecurityOptions, protectionOf } from './file-security.js';
import { makeFolder } from './folders.js';
import { showProgress } from './progress.js';
import { complain, counted, say } from './terminal.js';
import { nameAsDescription, virtualFileName } from './virtual-name.js';

interface SendOptions extends SessionOptions, FileSecurityOptions {
  readonly to: WrittenAddress;
  readonly destination?: string;
  readonly name?: string;
  readonly format: 'u' | 't' | 'f' | 'v';
  readonly recordSize?: number;
  readonly records: RecordDelimiter;
  readonly certificate?: ExchangeType;
  readonly receive?: string;
}

const HELP = `
Sends the files in their order, then hands over the turn once, so that the server can answer with end responses.

The virtual file name is the file name in capitals, with "-" for what ODETTE-FTP does not allow, cut to 26 characters.

--security, --compress and --signed-receipt protect the files (OFTP 2.0). Where the server passes files on, the
recipient that checks signatures and decrypts is who --destination names, and the certificate is that one's.

Example:
  oftp send ORDERS.EDI --to hub.example:3305 --from O0013SUPPLIER --password-file hub.password
${SESSION_HELP}`;

export function sendCommand(): Command {
  const command = new Command('send')
    .description('send files to a server')
    .argument('<file...>', 'files to send')
    .requiredOption(
      '--to <host:port>',
      'address of the server; port 3305, with TLS 6619, if left out',
      argument(parseAddress),
    )
    .option(
      '--destination <code>',
      "SFID code that the files are for; the server's SSID code if left out",
      argument(code),
    )
    .option('--name <name>', 'virtual file name, for a single file', argument(virtualName))
    .addOption(
      new Option('--format <format>', 'u: unstructured, t: text, f and v: records of fixed or variable length')
        .choices(['u', 't', 'f', 'v'])
        .default('u'),
    )
    .option('--record-size <octets>', 'length of records, for f and v', argument(wholeNumber(1, 99_999)))
    .addOption(recordsOption())
    .addOption(
      new Option('--certificate <type>', 'the files are certificates, sent by certificate exchange').choices(
        Object.keys(EXCHANGE_NAMES),
      ),
    )
    .option('--receive <dir>', 'folder for files that the server has; without it they stay there');
  addFileSecurityOptions(command, ['certificate']);
  return addSessionOptions(command, '--from, --ssid <code>')
    .addHelpText('after', HELP)
    .action(async (paths: string[], options: SendOptions) => {
      await send(paths, options);
    });
}

/** A file on its way. */
interface Item {
  readonly path: string;
  readonly size: number;
  sent?: SentFile;
  response?: EndResponseEvent;
}

async function send(paths: readonly string[], options: SendOptions): Promise<void> {
  if (options.name !== undefined && paths.length > 1) {
    throw new UsageError(
      `--name is for a single file, there are ${paths.length}: leave it out or send them one by one`,
    );
  }
  const protection = protectionOf(options);
  const items = await Promise.all(paths.map(inspect));
  if (options.receive !== undefined) await makeFolder(options.receive);
  const settings = { ...RECEIVING, recordDelimiter: options.records, ...(await certificatesOf(options)) };
  await withClient(options.to, options, settings, async ({ client, connect }) => {
    const sizes = new Map(items.map(({ path, size }) => [path, size]));
    showProgress(client, ({ connection, localFile }) => sizes.get(localFile) ?? connection.incoming?.size ?? 0);
    const left = options.receive === undefined ? leaveFiles(client) : [];
    const arrived = announceArrivals(client);
    const responses = collectResponses(client);
    await connect();
    try {
      // All are queued at once: those behind an EFPA that asks for the turn wait until it is back (RFC 5024 §5.3.9).
      await Promise.all(items.map((item) => sendOne(client, item, options, protection)));
      await takeTurn(client, options.receive);
      await client.logoff();
    } finally {
      report(items, matchResponses(items, responses), left);
    }
    return arrived() && items.every(({ sent, response }) => sent !== undefined && (response?.reasonCode ?? 0) === 0);
  });
}

/** Hands over the turn: end responses come, and files where there is a folder for them. */
async function takeTurn(client: OFTPClient, folder: string | undefined): Promise<void> {
  if (client.connection === null) return;
  await client.receiveFiles(folder === undefined ? {} : { downloadDirectory: resolve(folder) });
}

/** Makes sure that a file can be sent before any is. */
async function inspect(file: string): Promise<Item> {
  const path = resolve(file);
  try {
    await access(path, constants.R_OK);
    const stats = await stat(path);
    if (!stats.isFile()) throw new Error('it is not a regular file');
    return { path, size: stats.size };
  } catch (error) {
    throw new UsageError(`${file} cannot be sent, so nothing was: ${(error as Error).message}`);
  }
}

async function sendOne(
  client: OFTPClient,
  item: Item,
  options: SendOptions,
  protection: SendFileOptions,
): Promise<void> {
  const fileName = basename(item.path);
  try {
    const sent = await (options.certificate === undefined
      ? sendFile(client, item.path, options, protection)
      : sendCertificate(client, item.path, options.certificate, options));
    item.sent = sent;
    say(`${fileName}: sent as ${sent.virtualFileName}, ${counted(sent.fileSize, 'octet')}`);
  } catch (error) {
    complain(`${fileName}: not sent: ${(error as Error).message}`);
  }
}

function sendFile(
  client: OFTPClient,
  path: string,
  options: SendOptions,
  protection: SendFileOptions,
): Promise<SentFile> {
  const { name, destination, format, recordSize } = options;
  const fileName = basename(path);
  return client.sendFile({
    ...protection,
    path,
    virtualFileName: name ?? virtualFileName(fileName),
    description: name === undefined ? nameAsDescription(fileName) : '',
    format: FORMATS[format.toUpperCase() as Uppercase<typeof format>],
    ...(recordSize === undefined ? {} : { maxRecordSize: recordSize }),
    ...(destination === undefined ? {} : { destination }),
  });
}

/** Takes any store that has a certificate; only the certificate itself is sent. */
async function sendCertificate(
  client: OFTPClient,
  path: string,
  type: ExchangeType,
  { destination }: SendOptions,
): Promise<SentFile> {
  const { connection } = client;
  if (connection === null) throw new Error('the session has ended');
  const certificate = await Certificate.load({ store: path });
  return connection.exchangeCertificate({ certificate, type, ...(destination === undefined ? {} : { destination }) });
}

/** The end responses that come, in their order. */
function collectResponses(client: OFTPClient): readonly EndResponseEvent[] {
  const responses: EndResponseEvent[] = [];
  client.on('endResponse', (event) => {
    if (event.direction === 'received') responses.push(event);
  });
  return responses;
}

/**
 * Puts end responses to the files they are about, and returns those about other files. Not as they come: where an EFPA
 * takes the turn, the response may be here before the call that has sent the file settles.
 */
function matchResponses(items: readonly Item[], responses: readonly EndResponseEvent[]): readonly EndResponseEvent[] {
  const others: EndResponseEvent[] = [];
  for (const event of responses) {
    const item = items.find(
      ({ sent, response }) => response === undefined && sent !== undefined && isAbout(event, sent),
    );
    if (item === undefined) others.push(event);
    else item.response = event;
  }
  return others;
}

/** The response runs against the file: its destination is the file's originator (RFC 5024 §5.3.13). */
function isAbout(event: EndResponseEvent, sent: SentFile): boolean {
  return (
    event.virtualFileName === sent.virtualFileName &&
    event.virtualFileDate === formatStamp(sent.virtualFileDate, RECEIVING.virtualFileDateFormat) &&
    event.destination === sent.originator &&
    event.originator === sent.destination
  );
}

function report(items: readonly Item[], others: readonly EndResponseEvent[], left: readonly string[]): void {
  for (const { path, sent, response } of items) {
    if (sent === undefined) continue;
    const text = response === undefined ? 'no end response yet, it comes in a later session' : verdict(response);
    const print = (response?.reasonCode ?? 0) === 0 ? say : complain;
    print(`${basename(path)}: ${text}`);
  }
  for (const event of others) say(`${event.virtualFileName}, sent earlier: ${verdict(event)}`);
  for (const name of left) say(`${name}: waits at the server, get it by --receive or "oftp receive"`);
}

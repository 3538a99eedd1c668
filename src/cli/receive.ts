/** `oftp receive` */
import { resolve } from 'node:path';
import { Command } from 'commander';
import { parseAddress, type WrittenAddress } from './address.js';
import { argument, type RecordDelimiter, recordsOption } from './arguments.js';
import { announceArrivals, verdict } from './arrivals.js';
import { addSessionOptions, RECEIVING, SESSION_HELP, type SessionOptions, withClient } from './client-session.js';
import { nameFormat } from './config-values.js';
import { addCertificateOptions, type CertificateOptions, certificatesOf } from './file-security.js';
import { makeFolder } from './folders.js';
import { showProgress } from './progress.js';
import { say } from './terminal.js';

interface ReceiveOptions extends SessionOptions, CertificateOptions {
  readonly from: WrittenAddress;
  readonly into: string;
  readonly nameFormat: string;
  readonly records: RecordDelimiter;
}

const HELP = `
Takes what the server has, confirms each file by an end response (EERP), and leaves. Files that are there already are
not overwritten.

Example:
  oftp receive --from hub.example:3305 --into inbox --ssid O0013SUPPLIER --password-file hub.password
${SESSION_HELP}`;

export function receiveCommand(): Command {
  const command = new Command('receive')
    .description('take the files that a server has')
    .requiredOption(
      '--from <host:port>',
      'address of the server; port 3305, with TLS 6619, if left out',
      argument(parseAddress),
    )
    .requiredOption('--into <dir>', 'folder for the files, made if it is not there')
    .option(
      '--name-format <format>',
      'names of the files, from %VirtualFileName%, %VirtualFileDate:pattern%, %Originator% and others',
      argument(nameFormat),
      RECEIVING.receivedFileNameFormat,
    )
    .addOption(recordsOption());
  return addSessionOptions(addCertificateOptions(command))
    .addHelpText('after', HELP)
    .action(async (options: ReceiveOptions) => {
      await receive(options);
    });
}

async function receive(options: ReceiveOptions): Promise<void> {
  const folder = resolve(options.into);
  await makeFolder(folder);
  const settings = {
    ...RECEIVING,
    receivedFileNameFormat: options.nameFormat,
    recordDelimiter: options.records,
    ...(await certificatesOf(options)),
  };
  await withClient(options.from, options, settings, async ({ client, connect }) => {
    showProgress(client, ({ connection }) => connection.incoming?.size ?? 0);
    const arrived = announceArrivals(client);
    client.on('endResponse', (event) => {
      if (event.direction === 'received') say(`${event.virtualFileName}, sent earlier: ${verdict(event)}`);
      else say(`${event.virtualFileName}: end response sent`);
    });
    await connect();
    let count = 0;
    // A server may hand over only a part at a time: it is asked until a turn brings nothing.
    for (;;) {
      const files = client.connection === null ? [] : await client.receiveFiles({ downloadDirectory: folder });
      if (files.length === 0) break;
      count += files.length;
    }
    await client.logoff();
    if (count === 0 && arrived()) say('the server has no files');
    return arrived();
  });
}

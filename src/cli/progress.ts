/** A bar for the transfer under way, on a terminal only. */
import { createRequire } from 'node:module';
import type { OFTPClient } from '../server/client.js';
import type { TransferEvent } from '../server/events.js';
import { printable } from './terminal.js';

/** What is used of cli-progress, which comes without types. */
interface Bar {
  start(total: number, value: number, payload: { readonly name: string }): void;
  update(value: number): void;
  stop(): void;
}

const require = createRequire(import.meta.url);
const { SingleBar } = require('cli-progress') as { SingleBar: new (options: object) => Bar };

/** Where the bar is drawn: standard error, so that results on standard output stay clean. */
type Terminal = Pick<NodeJS.WriteStream, 'isTTY'>;

/**
 * Shows how far each file of a client is, as long as it takes.
 * @param total octets of a file, as far as they are known; 0 if not
 */
export function showProgress(
  client: Pick<OFTPClient, 'on'>,
  total: (event: TransferEvent) => number,
  stream: Terminal = process.stderr,
): void {
  if (!stream.isTTY) return;
  let bar: Bar | undefined;
  client.on('transfer', (event) => {
    if (bar === undefined) {
      bar = newBar(stream);
      bar.start(total(event), 0, { name: printable(event.virtualFileName) });
    }
    bar.update(event.bytesTransferred);
  });
  // Before the command prints how it went: the bar leaves an empty line.
  client.on('endTransfer', () => {
    bar?.stop();
    bar = undefined;
  });
}

function newBar(stream: Terminal): Bar {
  return new SingleBar({
    stream,
    format: '{name} [{bar}] {percentage} % of {total} octets, {eta_formatted} left',
    barsize: 20,
    fps: 5,
    hideCursor: true,
    clearOnComplete: true,
  });
}

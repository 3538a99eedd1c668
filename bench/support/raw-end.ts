/** One end of transfers over raw TCP: takes files, and sends one over each of some connections when it is asked to. */
import type { AddressInfo } from 'node:net';
import { answer } from './program.js';
import { rawReceiver, rawSend } from './raw-transfer.js';

const [inbox = ''] = process.argv.slice(2);

export interface RawSending {
  readonly port: number;
  readonly path: string;
  readonly octets: number;
  /** Octets after which an answer is waited for. */
  readonly window: number;
  readonly connections: number;
}

const receiver = await rawReceiver(inbox);
answer({ port: (receiver.address() as AddressInfo).port }, ({ port, path, octets, window, connections }: RawSending) =>
  Promise.all(Array.from({ length: connections }, () => rawSend(port, path, octets, window))),
);

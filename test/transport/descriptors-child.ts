/**
 * A listener in a process with very few descriptors, under the control of `descriptors.test.ts`: does as it is told and
 * answers with how it stands.
 */

import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import type { Channel } from '../../src/transport/channel.js';
import { CoarseClock } from '../../src/transport/clock.js';
import { Listener } from '../../src/transport/listener.js';
import { FakeTime, testTransport } from '../support/channels.js';

export type Order =
  | 'report'
  | 'open four files'
  | 'keep four files open'
  | 'close them'
  | 'close all clients'
  | 'pass a second';

export interface Standing {
  readonly port: number;
  readonly arrived: number;
  readonly turnedAway: number;
  /** The codes of the errors reported. */
  readonly errors: readonly number[];
}

const time = new FakeTime();
const transport = await testTransport({ clock: new CoarseClock(time) });
const channels: Channel[] = [];
const errors: number[] = [];
let turnedAway = 0;

const settings = {
  localHost: '127.0.0.1',
  localPort: 0,
  connectionBacklog: 200,
  useIpv6: 'ipv4',
  bindExclusively: true,
  maxConnections: 1000,
  tcpNoDelay: false,
  keepAlive: false,
  keepAliveTime: 1000,
  keepAliveInterval: 1000,
  keepAliveRetryCount: 9,
  linger: true,
} as const;

const listener = new Listener(transport, settings, {
  onArrival: (arrival) => void channels.push(arrival.openPlain()),
  onTurnedAway: (_, reason) => {
    if (reason === 'descriptors') turnedAway += 1;
  },
  onError: ({ code }) => void errors.push(code),
});

const kept: number[] = [];
const fourFiles = (): number[] => [1, 2, 3, 4].map(() => openSync(devNull, 'r'));

const ACTIONS: Readonly<Record<Order, () => void>> = {
  report() {},
  'open four files'() {
    for (const file of fourFiles()) closeSync(file);
  },
  'keep four files open'() {
    kept.push(...fourFiles());
  },
  'close them'() {
    for (const file of kept.splice(0)) closeSync(file);
  },
  'close all clients'() {
    for (const channel of channels) channel.destroy();
  },
  'pass a second'() {
    time.pass(1250);
  },
};

await listener.start();
process.on('message', (order: Order) => {
  ACTIONS[order]();
  const standing: Standing = { port: listener.localPort, arrived: channels.length, turnedAway, errors };
  process.send?.(standing);
});
process.on('disconnect', () => process.exit(0));

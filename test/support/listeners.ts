/** Listeners on free ports of the loopback interface, and clients for them. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { OFTPError } from '../../src/settings/errors.js';
import type { Arrival } from '../../src/transport/arrival.js';
import { Listener, type ListenerSettings } from '../../src/transport/listener.js';
import type { Transport } from '../../src/transport/transport.js';
import { testTransport, until } from './channels.js';
import { onCleanUp } from './cleanup.js';

export const LISTENER_SETTINGS: ListenerSettings = {
  localHost: '127.0.0.1',
  localPort: 0,
  connectionBacklog: 5,
  useIpv6: 'ipv4',
  bindExclusively: true,
  maxConnections: 1000,
  tcpNoDelay: false,
  keepAlive: false,
  keepAliveTime: 7_200_000,
  keepAliveInterval: 1000,
  keepAliveRetryCount: 9,
  linger: true,
};

export interface Site {
  readonly transport: Transport;
  readonly listener: Listener;
  readonly arrivals: Arrival[];
  readonly turnedAway: string[];
  readonly errors: OFTPError[];
}

export async function listenerSite(settings: Partial<ListenerSettings> = {}, directReads = true): Promise<Site> {
  const transport = await testTransport({ directReads });
  const [arrivals, turnedAway, errors]: [Arrival[], string[], OFTPError[]] = [[], [], []];
  const handler = {
    onArrival: (arrival: Arrival) => void arrivals.push(arrival),
    onTurnedAway: (address: string, reason: string) => void turnedAway.push(`${address} ${reason}`),
    onError: (error: OFTPError) => void errors.push(error),
  };
  const listener = new Listener(transport, { ...LISTENER_SETTINGS, ...settings }, handler);
  onCleanUp(async () => {
    await listener.stop();
    for (const { socket } of arrivals) socket.destroy();
  });
  return { transport, listener, arrivals, turnedAway, errors };
}

export async function startListener(settings: Partial<ListenerSettings> = {}, directReads = true): Promise<Site> {
  const made = await listenerSite(settings, directReads);
  await made.listener.start();
  return made;
}

export function dial(port: number, host = '127.0.0.1'): Socket {
  const client = connect({ port, host, allowHalfOpen: true });
  client.on('error', () => {});
  onCleanUp(() => {
    client.destroy();
  });
  return client;
}

/** The code of the error with which connecting fails, or undefined when it succeeds. */
export async function refusal(port: number, host: string): Promise<string | undefined> {
  const client = dial(port, host);
  try {
    await once(client, 'connect');
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

/** Connects one client after the other and waits until the server has dealt with each. */
export async function dialSeveral({ listener, arrivals, turnedAway }: Site, count: number): Promise<Socket[]> {
  const clients: Socket[] = [];
  for (let number = 1; number <= count; number += 1) {
    const before = arrivals.length + turnedAway.length;
    clients.push(dial(listener.localPort));
    await until(() => arrivals.length + turnedAway.length > before, `client ${number}`);
  }
  return clients;
}

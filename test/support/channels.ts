/** Channels over real sockets, a handler that records, and a clock that stands still until a test moves it. */

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Admission } from '../../src/transport/admission.js';
import { Arrival } from '../../src/transport/arrival.js';
import { remotePeer } from '../../src/transport/carrier.js';
import type { Channel, ChannelHandler } from '../../src/transport/channel.js';
import { CoarseClock, type TimeSource } from '../../src/transport/clock.js';
import { TransferMemory } from '../../src/transport/memory.js';
import { createTransport, type Transport, type TransportOptions } from '../../src/transport/transport.js';
import { onCleanUp } from './cleanup.js';

/** How long a test waits for what must come, in milliseconds. Only a failing test ever waits that long. */
const PATIENCE_MS = 10_000;

/** Turns of the event loop after which a test believes that nothing more comes. */
const QUIET_TURNS = 50;

/** Both ways of reading: straight into the read area, and by `data` events. */
export const READ_WAYS = [true, false] as const;

export class FakeTime implements TimeSource {
  ms = 1_000_000;
  /** The intervals that run. */
  readonly ticks = new Set<() => void>();

  now(): number {
    return this.ms;
  }

  every(_ms: number, tick: () => void): () => void {
    const entry = () => tick();
    this.ticks.add(entry);
    return () => this.ticks.delete(entry);
  }

  /** Lets time pass in one leap, and the intervals notice. */
  pass(ms: number): void {
    this.ms += ms;
    for (const tick of [...this.ticks]) tick();
  }
}

export function turnOfEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export async function until(condition: () => boolean, what: string): Promise<void> {
  const limit = performance.now() + PATIENCE_MS;
  while (!condition()) {
    if (performance.now() > limit) throw new Error(`waited ${PATIENCE_MS} ms in vain: ${what}`);
    await turnOfEventLoop();
  }
}

/** Waits until a number has not changed for many turns of the event loop. */
export async function untilSteady(value: () => number): Promise<void> {
  let last = value();
  for (let turns = 0; turns < QUIET_TURNS; turns += 1) {
    await turnOfEventLoop();
    if (value() !== last) turns = 0;
    last = value();
  }
}

/** Remembers all that a channel says. */
export class Recorder implements ChannelHandler {
  readonly chunks: Buffer[] = [];
  length = 0;
  drains = 0;
  ends = 0;
  readonly closes: (Error | undefined)[] = [];
  /** Called after each chunk has been recorded. */
  afterOctets: (start: number, end: number) => void = () => {};
  readonly #memory: TransferMemory;

  constructor(memory: TransferMemory) {
    this.#memory = memory;
  }

  onOctets(start: number, end: number): void {
    this.chunks.push(Buffer.from(this.#memory.bytes.subarray(start, end)));
    this.length += end - start;
    this.afterOctets(start, end);
  }

  onDrain(): void {
    this.drains += 1;
  }

  onEnd(): void {
    this.ends += 1;
  }

  onClose(error: Error | undefined): void {
    this.closes.push(error);
  }

  get octets(): Buffer {
    return Buffer.concat(this.chunks);
  }

  get text(): string {
    return this.octets.toString('latin1');
  }

  untilLength(length: number): Promise<void> {
    return until(() => this.length >= length, `${length} octets`);
  }

  untilClosed(): Promise<void> {
    return until(() => this.closes.length > 0, 'onClose');
  }
}

export function testTransport(options: Partial<TransportOptions> = {}): Promise<Transport> {
  const memory = new TransferMemory(1024 * 1024);
  return createTransport({ memory, clock: new CoarseClock(new FakeTime()), maxReadTime: 0, ...options });
}

/** The server's end of a connection, as the listener hands it over, and the socket of the client. */
export interface Ends {
  readonly arrival: Arrival;
  readonly client: Socket;
}

export async function connectEnds(transport: Transport, linger = true): Promise<Ends> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  // Resets are what some tests are about; they look for them in other ways.
  client.on('error', () => {});
  const [[socket]] = (await Promise.all([once(server, 'connection'), once(client, 'connect')])) as [[Socket], unknown];
  server.close();
  onCleanUp(() => {
    client.destroy();
    arrival.socket.destroy();
  });
  const remote = remotePeer(socket);
  if (remote === undefined) throw new Error('the client is gone already');
  const admission = new Admission(1);
  const arrival = new Arrival(transport, socket, remote, linger, admission, 'session');
  return { arrival, client };
}

/** A started channel, what it says, and the socket of the client. */
export interface Talk {
  readonly channel: Channel;
  readonly heard: Recorder;
  readonly client: Socket;
}

export async function startTalk(transport: Transport, linger = true): Promise<Talk> {
  const { arrival, client } = await connectEnds(transport, linger);
  const channel = arrival.openPlain();
  const heard = new Recorder(transport.memory);
  channel.start(heard);
  return { channel, heard, client };
}

/** More than the kernel keeps for a connection whose receiver does not read. */
export const FLOOD_LENGTH = 32 * 1024 * 1024;

/** Everything up to the end of the stream. */
export async function readToEnd(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let ended = false;
  socket
    .on('data', (chunk) => chunks.push(chunk))
    .on('end', () => {
      ended = true;
    });
  socket.resume();
  await until(() => ended, 'the end of the stream');
  return Buffer.concat(chunks);
}

/** Octets in which a lost, doubled or exchanged piece shows. */
export function pattern(length: number): Buffer {
  const octets = Buffer.allocUnsafe(length);
  let state = 12345;
  for (let at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    octets[at] = state >>> 16;
  }
  return octets;
}

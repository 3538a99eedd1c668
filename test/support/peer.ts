/** The scripted other end of a session: a plain TCP socket, under full control of the test. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { onCleanUp } from './cleanup.js';
import { type CommandName, describe, inHex, nameOf, type Received, read } from './received.js';
import type { Level } from './wire.js';

/** How long a test waits for what must come, in milliseconds. Only a failing test ever waits that long. */
const PATIENCE = 5000;
/** How long nothing may come before a test believes that nothing will, in milliseconds. */
const SILENCE = 150;

export class RawPeer {
  /** The level of the session: set by the SSID that the other side sends, or by the test. */
  level: Level = 5;
  readonly #socket: Socket;
  readonly #queue: Buffer[] = [];
  readonly #heldBack: Uint8Array[] = [];
  #partial: Buffer = Buffer.alloc(0);
  /** Why octets of the other side cannot be read as Stream Transmission Buffers. */
  #broken: string | undefined;
  #closed: 'FIN' | 'RST' | undefined;
  #wake: () => void = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('end', () => this.#close('FIN'));
    socket.on('error', () => this.#close('RST'));
    socket.on('close', () => this.#close('FIN'));
    onCleanUp(() => {
      socket.destroy();
    });
  }

  static async connect(port: number, host = '127.0.0.1'): Promise<RawPeer> {
    const socket = connect({ port, host, allowHalfOpen: true });
    await once(socket, 'connect');
    return new RawPeer(socket);
  }

  get localPort(): number {
    return this.#socket.localPort ?? 0;
  }

  /** Sends everything in one write, behind what was held back. */
  send(...buffers: Uint8Array[]): void {
    this.#socket.write(Buffer.concat([...this.#heldBack.splice(0), ...buffers]));
  }

  /** Sends these octets together with what follows, not before. */
  holdBack(octets: Uint8Array): void {
    this.#heldBack.push(octets);
  }

  /** Sends one octet a segment. */
  async sendOctetwise(octets: Uint8Array): Promise<void> {
    for (const octet of octets) {
      await new Promise<void>((resolve) => this.#socket.write(Uint8Array.of(octet), () => setImmediate(resolve)));
    }
  }

  /** FIN after what was sent so far; reading goes on. */
  end(): void {
    this.#socket.end(Buffer.concat(this.#heldBack.splice(0)));
  }

  /** RST. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** Lets the other side's octets pile up in the network. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** The next exchange buffer, unread; undefined when the connection has closed. */
  async nextBuffer(patience = PATIENCE): Promise<Buffer | undefined> {
    const buffer = await this.#until(patience, () => this.#queue[0] ?? this.#broken ?? this.#closed);
    if (buffer === undefined) throw new Error(`nothing came within ${patience} ms${this.#leftOver()}`);
    if (Buffer.isBuffer(buffer)) return this.#queue.shift();
    if (this.#broken !== undefined) throw new Error(this.#broken);
    return undefined;
  }

  /** The next command, whatever it is; undefined when the connection has closed. */
  async next(patience = PATIENCE): Promise<Received | undefined> {
    const buffer = await this.nextBuffer(patience);
    if (buffer === undefined) return undefined;
    const received = read(this.level, buffer);
    if (received.name === 'SSID') this.level = Number(received.fields['lev']) as Level;
    return received;
  }

  /** Whether a command or the end of the connection comes within so many milliseconds. */
  async somethingWithin(duration: number): Promise<boolean> {
    return (await this.#until(duration, () => this.#queue[0] ?? this.#broken ?? this.#closed)) !== undefined;
  }

  /** The next command, or what happened instead. Silence is told after a short while to those who reckon with it. */
  async nextOrSilence(mayBeSilent: boolean): Promise<Received | 'close' | 'silence'> {
    if (mayBeSilent && !(await this.somethingWithin(SILENCE))) return 'silence';
    return (await this.next()) ?? 'close';
  }

  /** The next command must be this one, with these fields, octet by octet. */
  async expect(name: CommandName, fields: Readonly<Record<string, string>> = {}): Promise<Received> {
    const received = await this.expectOneOf(name);
    for (const [field, value] of Object.entries(fields)) {
      if (received.fields[field] !== value) {
        throw new Error(`expected ${name} with ${field}='${value}', got ${describe(this.level, received.octets)}`);
      }
    }
    return received;
  }

  async expectOneOf(...names: CommandName[]): Promise<Received> {
    const received = await this.#expectAny(names.join(' or '));
    if (!names.includes(received.name)) {
      throw new Error(`expected ${names.join(' or ')}, got ${describe(this.level, received.octets)}`);
    }
    return received;
  }

  /** An ESID with one of these reasons, of which only three octets are read, and then the end of the connection. */
  async expectEsid(...reasons: number[]): Promise<number> {
    const reason = await this.#esidReason();
    const wanted = `ESID ${reasons.map((code) => String(code).padStart(2, '0')).join('|')}`;
    if (reason === undefined) throw new Error(`expected ${wanted}, the connection closed without one`);
    if (!reasons.includes(reason)) throw new Error(`expected ${wanted}, got ESID ${String(reason).padStart(2, '0')}`);
    await this.expectClose();
    return reason;
  }

  /** An ESID with one of these reasons, or the end of the connection without any. */
  async expectEsidOrClose(...reasons: number[]): Promise<number | undefined> {
    const reason = await this.#esidReason();
    if (reason !== undefined && !reasons.includes(reason)) {
      throw new Error(`expected ESID ${reasons.join('|')} or the end of the connection, got ESID ${reason}`);
    }
    await this.expectClose();
    return reason;
  }

  /** The other side ends the connection and sends nothing before; this side then ends it too, as TCP clients do. */
  async expectClose(patience = PATIENCE): Promise<'FIN' | 'RST'> {
    const outcome = await this.#until(patience, () => this.#queue[0] ?? this.#broken ?? this.#closed);
    if (outcome === undefined) throw new Error(`the connection is still open after ${patience} ms`);
    if (Buffer.isBuffer(outcome))
      throw new Error(`expected the connection to end, got ${describe(this.level, outcome)}`);
    if (outcome !== 'FIN' && outcome !== 'RST') throw new Error(outcome);
    this.#socket.end();
    return outcome;
  }

  /** Nothing comes and the connection stays open, for a short while. */
  async expectSilence(duration = SILENCE): Promise<void> {
    const outcome = await this.#until(duration, () => this.#queue[0] ?? this.#broken ?? this.#closed);
    if (Buffer.isBuffer(outcome)) throw new Error(`expected nothing, got ${describe(this.level, outcome)}`);
    if (outcome !== undefined) throw new Error(`expected nothing, the connection ended (${outcome})`);
  }

  /** Octets that have come but are no whole Stream Transmission Buffer yet. */
  get incomplete(): number {
    return this.#partial.length;
  }

  async #expectAny(wanted: string): Promise<Received> {
    const received = await this.next().catch((cause: unknown) => {
      throw new Error(`expected ${wanted}: ${(cause as Error).message}`, { cause });
    });
    if (received === undefined) throw new Error(`expected ${wanted}, the connection ended (${this.#closed})`);
    return received;
  }

  async #esidReason(): Promise<number | undefined> {
    const buffer = await this.nextBuffer().catch((cause: unknown) => {
      throw new Error(`expected ESID: ${(cause as Error).message}`, { cause });
    });
    if (buffer === undefined) return undefined;
    if (nameOf(buffer) !== 'ESID') throw new Error(`expected ESID, got ${describe(this.level, buffer)}`);
    return Number(buffer.toString('latin1', 1, 3));
  }

  #leftOver(): string {
    return this.#partial.length > 0 ? `, only the start of a buffer: ${inHex(this.#partial)}` : '';
  }

  /** Cuts the stream at its headers, which must have version 1, no flags, a length of 5 to 100003 (RFC 5024 §8.2). */
  #take(chunk: Buffer): void {
    let rest = this.#partial.length > 0 ? Buffer.concat([this.#partial, chunk]) : chunk;
    while (rest.length >= 4 && this.#broken === undefined) {
      const length = rest.readUInt32BE() & 0xffffff;
      if (rest[0] !== 0x10 || length < 5 || length > 100003) {
        this.#broken = `not a Stream Transmission Header: ${inHex(rest.subarray(0, 4))}`;
        break;
      }
      if (rest.length < length) break;
      this.#queue.push(rest.subarray(4, length));
      rest = rest.subarray(length);
    }
    this.#partial = rest;
    this.#wake();
  }

  #close(how: 'FIN' | 'RST'): void {
    this.#closed ??= how;
    this.#wake();
  }

  #until<T>(patience: number, probe: () => T | undefined): Promise<T | undefined> {
    return new Promise((resolve) => {
      const settle = (value: T | undefined): void => {
        clearTimeout(timer);
        this.#wake = () => {};
        resolve(value);
      };
      const timer = setTimeout(settle, patience, undefined);
      this.#wake = () => {
        const value = probe();
        if (value !== undefined) settle(value);
      };
      this.#wake();
    });
  }
}

/** A scripted responder: listens on a free port and hands out the connections that come. */
export class RawResponder {
  readonly #server: Server;
  readonly #waiting: RawPeer[] = [];

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket: Socket) => {
      this.#waiting.push(new RawPeer(socket));
      server.emit('peer');
    });
    onCleanUp(() => {
      server.close();
    });
  }

  static async listen(): Promise<RawResponder> {
    const server = createServer({ allowHalfOpen: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new RawResponder(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async accept(): Promise<RawPeer> {
    if (this.#waiting.length === 0) await once(this.#server, 'peer', { signal: AbortSignal.timeout(PATIENCE) });
    return this.#waiting.shift()!;
  }
}

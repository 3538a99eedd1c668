import { AssertionError } from 'node:assert';
import { Writable } from 'node:stream';
import type { SFID, SSID } from '../../src/protocol/commands/codec.js';
import type { Level } from '../../src/protocol/commands/version.js';
import type { SessionEnd } from '../../src/protocol/indications.js';
import type { Agreement, SessionOffer } from '../../src/protocol/negotiate.js';
import type { FileToSend } from '../../src/session/file-to-send.js';
import type { Identities } from '../../src/session/identities.js';
import type { EndResponseDecision, FileDecision, Monitor, Transfer, TransferEnd } from '../../src/session/monitor.js';
import type { Session } from '../../src/session/session.js';
import type { OFTPError } from '../../src/settings/errors.js';
import type { EndResponse, FileIdentity, Stamp } from '../../src/store/store.js';
import type { Job } from './jobs.js';
import { inboxName } from './ledger.js';
import type { Life } from './life.js';
import type { Random } from './random.js';
import type { Station } from './station.js';
import type { World } from './world.js';

/** How an application behaves in a session. Chances are from 0 to 1. */
export interface Manners {
  readonly refuses: number;
  readonly throws: number;
  /** The longest that it thinks, in milliseconds, if it is a slow one. */
  readonly thinksMax: number;
  /** Turns that it hands over and wants back before it logs off. */
  readonly turns: number;
  /** How many of its files it sends in a turn, from 0 to 1. */
  readonly share: number;
  /** Sends one file after the other, not all at once. */
  readonly waits: boolean;
  /** Ends the session after so many milliseconds, whatever goes on. */
  readonly leaves: number | undefined;
  /** Nothing may go wrong. */
  readonly strict: boolean;
}

export interface ApplicationParts {
  readonly world: World;
  readonly random: Random;
  readonly station: Station;
  readonly offer: SessionOffer;
  readonly manners: Manners;
  readonly initiator: boolean;
}

/** Simulated parties exchange plain files. */
const UNPROTECTED: FileToSend['protection'] = {
  encrypt: false,
  sign: false,
  compress: false,
  signedReceipt: false,
  encryption: 'aes256',
  fileHash: 'sha256',
  receiptHash: 'sha256',
};

const NO_IDENTITIES: Identities = {
  authentication: [],
  decryption: [],
  signing: [],
  receiptSigning: undefined,
  recipientAuthentication: undefined,
  encryption: [],
  signatureVerification: [],
  receiptVerification: [],
  challengeCipher: 'aes256',
};

/** The application of one party in one session: decides, sends and answers as its manners are. */
export class Application implements Monitor {
  readonly trails: boolean;
  readonly trailsData: boolean;
  readonly watchesTransfers: boolean;
  #session!: Session;
  #onClosed: () => void = () => {};
  #closed = false;
  readonly #world: World;
  readonly #random: Random;
  readonly #station: Station;
  readonly #life: Life;
  readonly #offer: SessionOffer;
  readonly #manners: Manners;
  readonly #initiator: boolean;
  #turns: number;

  constructor({ world, random, station, offer, manners, initiator }: ApplicationParts) {
    this.#world = world;
    this.#random = random;
    this.#station = station;
    this.#life = station.life;
    this.#offer = offer;
    this.#manners = manners;
    this.#initiator = initiator;
    this.#turns = manners.turns;
    this.trails = random.chance(0.1) || world.story !== undefined;
    this.trailsData = random.chance(0.5) || world.story !== undefined;
    this.watchesTransfers = random.chance(0.2);
  }

  identities(): Identities {
    return NO_IDENTITIES;
  }

  async usable(certificates: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
    return certificates;
  }

  /** Belongs to this session; `onClosed` is called when its connection is gone. */
  attend(session: Session, onClosed: () => void): void {
    this.#session = session;
    this.#onClosed = onClosed;
    const { leaves } = this.#manners;
    if (leaves !== undefined) this.#life.later(leaves, () => session.abort({ reason: 5, detail: 'shutting down' }));
  }

  trail(direction: string, octets: Uint8Array): void {
    const text = () =>
      Buffer.from(octets.subarray(0, 60))
        .toString('latin1')
        .replaceAll(/[^\x20-\x7e]/g, '.');
    this.#tell(() => `${direction} ${text()}${octets.length > 60 ? ` (${octets.length} octets)` : ''}`);
  }

  transferred(transfer: Transfer, block: Uint8Array | undefined): void {
    const { direction, sfid } = transfer;
    // Blocks of records are without the delimiters of the content.
    if (block === undefined || direction === 'sent' || sfid.fmt === 'F' || sfid.fmt === 'V') return;
    const start = transfer.bytesTransferred - block.length;
    const { content } = this.#station.received.known(transfer.identity);
    if (!content.subarray(start, transfer.bytesTransferred).equals(block)) {
      this.#world.fail(new Error(`octets ${start} to ${transfer.bytesTransferred} of a file are not what was sent`));
    }
  }

  error(error: OFTPError): void {
    this.#tell(() => `error: ${error.message}`);
    if (this.#manners.strict && error.code !== 671) this.#world.fail(error);
    if (this.#manners.strict && error.reasonCode !== undefined) this.#world.fail(error);
    // Whatever a peer or an application does: these are mistakes of a program.
    if (
      error.cause instanceof TypeError ||
      error.cause instanceof RangeError ||
      error.cause instanceof AssertionError
    ) {
      this.#world.fail(error.cause);
    }
  }

  async identify(_ssid: SSID): Promise<SessionOffer | SessionEnd> {
    await this.#think();
    if (this.#random.chance(this.#manners.refuses)) return { reason: 8, detail: 'call again later' };
    return this.#offer;
  }

  opened(_agreement: Agreement, _ssid: SSID): void {}

  async offered(sfid: SFID, identity: FileIdentity): Promise<FileDecision> {
    await this.#think();
    const { received, partner } = this.#station;
    const { content } = received.known(identity);
    const job = partner.jobs.find(({ name }) => name === sfid.dsn);
    if (job?.unwanted) {
      return {
        accept: false,
        refusal: { reason: 1, retry: false, text: 'unwanted' },
      };
    }
    if (this.#random.chance(this.#manners.refuses)) {
      return {
        accept: false,
        refusal: {
          reason: this.#random.pick([2, 12, 99]),
          retry: true,
          text: 'not now',
        },
      };
    }
    if (job?.streamed) {
      return { accept: true, stream: this.#streamFor(content), relayed: false };
    }
    return {
      accept: true,
      path: `${this.#life.root}/inbox/${inboxName(identity)}`,
      overwrite: job?.overwrites ?? false,
      relayed: false,
    };
  }

  refused(): void {}

  async starting(): Promise<void> {
    await this.#think();
  }

  async ended(transfer: Transfer, { reasonCode, replayed }: TransferEnd): Promise<EndResponseDecision> {
    this.#tell(() => `${transfer.identity.name} ${transfer.direction}, reason ${reasonCode}`);
    if (this.#life.dead) return never();
    if (transfer.direction === 'sent' || reasonCode !== 0) return undefined;
    const name = inboxName(transfer.identity);
    // What could not be recorded is told again.
    const again = this.#life.processed.has(name) && this.#station.storeFailures === 0;
    if (again) this.#world.fail(new Error(`${name} was processed twice, ${replayed}`));
    this.#life.processed.add(name);
    await this.#thinkSafely();
    const { level } = this.#session.entity;
    return this.#station.process(transfer.identity, transfer.sfid.user, level);
  }

  async turn(): Promise<void> {
    if (this.#life.dead) return never();
    await this.#thinkSafely();
    this.#tell(() => 'has the turn');
    for (const response of this.#station.owed.keys()) void this.#respondLater(response);
    const sendings: Promise<void>[] = [];
    for (const job of this.#station.jobsToSend(this.#random, this.#manners.share)) {
      const sending = this.#send(job);
      sendings.push(sending);
      if (this.#manners.waits) await sending;
    }
    if (this.#random.chance(0.5)) await Promise.all(sendings);
    if (!this.#initiator) return;
    this.#turns -= 1;
    if (this.#turns < 0) this.#session.turn.logoff();
    else await this.#session.turn.changeDirection().catch(() => this.#session.turn.logoff());
  }

  async answered(response: EndResponse): Promise<boolean> {
    await this.#think();
    this.#station.sent.heard(response);
    const job = this.#station.jobs.find(({ name }) => name === response.file.name);
    // Whoever answers a file has it, even if its EFPA was lost. Some send it again all the same.
    if (job !== undefined && (this.#station.heeds || response.name === 'NERP')) {
      job.overtaken ||= job.state === 'sending' && response.name === 'NERP';
      job.state = 'done';
    }
    this.#station.sent.acknowledged(response.file);
    return true;
  }

  responded(response: EndResponse): void {
    if (!this.#life.dead) this.#station.received.responded(response);
  }

  finished(): void {}

  closed(error: OFTPError | undefined): void {
    if (this.#closed) this.#world.fail(new Error('a session was closed twice'));
    this.#closed = true;
    this.#tell(() => `closed: ${error?.message ?? 'in good order'}`);
    this.#onClosed();
  }

  async #send(job: Job): Promise<void> {
    const { code, partner, sent } = this.#station;
    const { format, maxRecordSize, octets, positions } = job.content;
    const again = job.attempts > 0;
    job.attempts += 1;
    const file: FileToSend = {
      path: job.path,
      stream: undefined,
      virtualFileName: job.name,
      destination: partner.code,
      originator: code,
      format,
      maxRecordSize,
      recordDelimiter: 'crlf',
      codePage: 65_001,
      userData: 'USERDATA',
      description: 'simulated',
      chosenStamp: undefined,
      stamp: (level) => {
        const stamp = this.#stamp(level);
        sent.began({ name: job.name, ...stamp }, octets);
        return stamp;
      },
      restart: again && this.#random.chance(0.5) ? this.#random.between(0, positions) : undefined,
      protection: UNPROTECTED,
    };
    try {
      const { virtualFileName, virtualFileDate } = await this.#session.turn.sendFile(file);
      if (this.#life.dead) return;
      job.state = 'done';
      sent.acknowledged({ name: virtualFileName, ...virtualFileDate });
    } catch (error) {
      if (this.#life.dead) return;
      const { retry, message, reasonCode } = error as OFTPError;
      this.#tell(() => `${job.name} was not sent: ${message}`);
      if (this.#manners.strict && !job.unwanted && reasonCode !== undefined) this.#world.fail(error as Error);
      if (job.state === 'done') return;
      job.state = retry === false ? 'given up' : 'waiting';
      if (job.state === 'given up' && !job.unwanted) this.#world.fail(new Error(`gave up ${job.name}: ${message}`));
    }
  }

  /** Never the same twice in a simulation. */
  #stamp(level: Level): Stamp {
    this.#world.stamps += 1;
    const [minutes, seconds] = [Math.floor(this.#world.stamps / 60), this.#world.stamps % 60];
    const time = String(minutes * 100 + seconds).padStart(6, '0');
    return level < 4 ? { date: '240229', time } : { date: '20240229', time: `${time}0001` };
  }

  async #respondLater(response: EndResponse): Promise<void> {
    await this.#thinkSafely();
    const { owed } = this.#station;
    // Not twice, should another session of this process have the same idea.
    if (!owed.has(response) || owed.get(response) === this.#life) return;
    owed.set(response, this.#life);
    try {
      await this.#session.environment.store.queueResponse(response);
    } catch {
      owed.set(response, undefined);
      return;
    }
    this.#session.turn.respond();
  }

  #streamFor(content: Buffer): Writable {
    const fails = this.#random.chance(this.#manners.throws);
    let position = 0;
    const stream = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.#life.later(this.#random.between(0, 20), () => {
          const end = position + chunk.length;
          if (!content.subarray(position, end).equals(chunk)) this.#world.fail(new Error('a stream got wrong octets'));
          position = end;
          done(fails ? new Error('the application failed') : null);
        });
      },
      final: (done) => {
        this.#life.later(this.#random.between(0, 20), () => {
          if (position !== content.length) this.#world.fail(new Error('a stream was ended before the file'));
          done();
        });
      },
    });
    return stream.on('error', () => {});
  }

  /** Takes a while, and may fail. */
  async #think(): Promise<void> {
    await this.#thinkSafely();
    if (this.#random.chance(this.#manners.throws)) throw new Error('the application failed');
  }

  #thinkSafely(): Promise<void> {
    const slow = this.#random.chance(0.2) ? this.#manners.thinksMax : 10;
    const delay = this.#random.between(0, slow);
    return new Promise((resolve) => this.#life.later(delay, resolve));
  }

  #tell(line: () => string): void {
    if (!this.#life.dead) this.#world.tell(() => `${this.#station.code} ${line()}`);
  }
}

function never(): Promise<never> {
  return new Promise(() => {});
}

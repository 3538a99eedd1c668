/** One partner in the long run: session after session with files of all kinds, some of them cut off. */
import { setTimeout as delay } from 'node:timers/promises';
import { type ClientOptions, OFTPClient, type SendFileOptions } from '../../src/index.js';
import { type Counts, NOTHING, random } from './soak.js';

const FILES_MAX = 4;
/** One session of so many is cut off. */
const CUT_ONE_OF = 10;
const CUT_WITHIN_MS = 50;

export class SoakStation {
  readonly #client: OFTPClient;
  readonly #kinds: readonly SendFileOptions[];
  readonly #folder: string;
  readonly #counts: Counts = { ...NOTHING };
  readonly #answered = new Set<string>();
  #files = 0;
  cuts = 0;

  /** @param kinds what it sends, but for the names */
  constructor(options: ClientOptions, kinds: readonly SendFileOptions[], folder: string) {
    this.#client = new OFTPClient(options);
    this.#kinds = kinds;
    this.#folder = folder;
    this.#client.on('error', () => {});
    this.#client.on('endTransfer', ({ direction, reasonCode }) => {
      if (direction === 'received' && reasonCode === 0) this.#counts.received += 1;
    });
    this.#client.on('endResponse', ({ direction, virtualFileName, reasonCode, verified }) => {
      if (direction !== 'received') return;
      this.#answered.add(virtualFileName);
      if (reasonCode !== 0 || verified === false) this.#counts.failed += 1;
    });
  }

  get counts(): Counts {
    return { ...this.#counts, answered: this.#answered.size };
  }

  async run(until: AbortSignal): Promise<void> {
    while (!until.aborted) await this.#session(random(FILES_MAX + 1), random(CUT_ONE_OF) === 0);
  }

  /** Takes what the server still has to say. */
  async drain(): Promise<void> {
    await this.#session(0, false);
    await this.#client.shutdown();
  }

  async #session(files: number, cut: boolean): Promise<void> {
    const cutting = cut ? this.#cut() : undefined;
    try {
      await this.#client.connect();
      for (let sent = 0; sent < files; sent += 1) await this.#send();
      await this.#client.receiveFiles({ downloadDirectory: this.#folder });
      await this.#client.logoff();
    } catch (error) {
      if (!cut) throw error;
    } finally {
      await cutting;
    }
  }

  async #send(): Promise<void> {
    const kind = this.#kinds[random(this.#kinds.length)] as SendFileOptions;
    this.#files += 1;
    await this.#client.sendFile({ ...kind, virtualFileName: `SOAK${this.#files}` });
    this.#counts.sent += 1;
  }

  async #cut(): Promise<void> {
    await delay(random(CUT_WITHIN_MS));
    if (this.#client.connection !== null) this.cuts += 1;
    await this.#client.connection?.disconnect();
  }
}

import type { EndResponse, FileIdentity, ReceivedFile } from '../../src/store/store.js';
import type { Disk, Inode } from './disk.js';
import type { World } from './world.js';

/** A virtual file: a name with a stamp. */
export type VirtualFile = Pick<FileIdentity, 'name' | 'date' | 'time'>;

/** What happened to one virtual file, at both ends. */
export interface Facts extends VirtualFile {
  readonly content: Buffer;
  /** The receiver's store holds it as received. */
  stored: boolean;
  /** Went to a stream of the application, not to the disk. */
  streamed: boolean;
  /** The receiver's application has taken it out of the inbox. */
  taken: boolean;
  /** The sender has heard EFPA, or what stands for it. */
  acknowledged: boolean;
  /** The end response that the receiver's application wants, once it has decided. */
  answer: string | undefined;
  /** End responses of it that were queued: at first, and again for each attempt that was a duplicate. */
  queued: number;
  /** Those that the sender has confirmed, as the receiver knows. */
  responded: number;
  /** Those that the sender's application has heard of. */
  heard: number;
}

/** The files that go one way, what was promised about them, and the end of the simulation when a promise is broken. */
export class Ledger {
  readonly #world: World;
  /** That of the receiver. */
  readonly #disk: Disk;
  readonly #files = new Map<string, Facts>();

  constructor(world: World, disk: Disk) {
    this.#world = world;
    this.#disk = disk;
  }

  get files(): readonly Facts[] {
    return [...this.#files.values()];
  }

  find(file: VirtualFile): Facts | undefined {
    return this.#files.get(inboxName(file));
  }

  /** A virtual file is about to be offered for the first time. */
  began({ name, date, time }: VirtualFile, content: Buffer): void {
    const file = { name, date, time };
    if (this.find(file) !== undefined) this.#fail(`${inboxName(file)} was begun twice`);
    this.#files.set(inboxName(file), {
      ...file,
      content,
      stored: false,
      streamed: false,
      taken: false,
      acknowledged: false,
      answer: undefined,
      queued: 0,
      responded: 0,
      heard: 0,
    });
  }

  /** The receiver's store has the file. */
  stored(file: ReceivedFile): void {
    const facts = this.known(file);
    if (facts.stored) this.#fail(`${inboxName(file)} was received twice`);
    facts.stored = true;
    facts.streamed = file.localFile === '';
    this.#checkThere(facts);
  }

  acknowledged(file: VirtualFile): void {
    const facts = this.known(file);
    if (!facts.stored) this.#fail(`${inboxName(file)} was acknowledged, but the receiver has no record of it`);
    facts.acknowledged = true;
  }

  /** The receiver's application has got the file, for the first time or again after a crash. */
  processed(file: VirtualFile, answer: string, takes: boolean): void {
    const facts = this.known(file);
    if (!facts.stored) this.#fail(`${inboxName(file)} was processed before it was recorded`);
    facts.answer = answer;
    if (!takes || facts.taken || facts.streamed) return;
    facts.taken = true;
    this.#disk.inbox.set(inboxName(file), undefined);
    this.#disk.inbox.sync();
  }

  queued(file: VirtualFile): void {
    this.known(file).queued += 1;
  }

  responded({ file }: EndResponse): void {
    const facts = this.known(file);
    facts.responded += 1;
    if (facts.responded > facts.queued) this.#fail(`a response for ${inboxName(file)} was confirmed and sent again`);
  }

  heard({ file, name, reasonCode }: EndResponse): void {
    const facts = this.known(file);
    facts.heard += 1;
    const answer = `${name} ${reasonCode}`;
    if (facts.answer !== answer) {
      this.#fail(`${inboxName(file)} was answered by ${answer}, decided was ${facts.answer}`);
    }
  }

  /** A process begins whose predecessor could not note every RTR: what was confirmed may go out once more. */
  mayRespondAgain(): void {
    for (const facts of this.#files.values()) if (facts.responded > 0) facts.queued += 1;
  }

  /** After a power failure: what was recorded as received is still there, and nothing half. */
  checkDisk(): void {
    const { inbox } = this.#disk;
    for (const name of inbox.names()) this.checkName(name, inbox.get(name) as Inode);
    for (const facts of this.#files.values()) if (facts.stored) this.#checkThere(facts);
  }

  /** Whatever stands under a final name must be a whole file. */
  checkName(name: string, { octets }: Inode): void {
    if (name.startsWith('.')) return;
    const facts = this.#files.get(name);
    if (facts === undefined) this.#fail(`nobody has sent ${name}`);
    else if (!octets.equals(facts.content)) {
      this.#fail(`${name} has ${octets.length} octets that are not the file's ${facts.content.length}`);
    }
  }

  /** The file that everything else is about: without it nothing more can be said. */
  known(file: VirtualFile): Facts {
    const facts = this.find(file);
    if (facts !== undefined) return facts;
    const error = new Error(`${inboxName(file)} is the name of no file that was ever sent`);
    this.#world.fail(error);
    throw error;
  }

  #checkThere(facts: Facts): void {
    if (facts.streamed || facts.taken) return;
    const inode = this.#disk.inbox.get(inboxName(facts));
    if (inode === undefined) this.#fail(`${inboxName(facts)} is recorded as received, but it is gone`);
    else this.checkName(inboxName(facts), inode);
  }

  #fail(message: string): void {
    this.#world.fail(new Error(message));
  }
}

/** The final name of a virtual file, as the receiver's application makes it. */
export function inboxName({ name, date, time }: VirtualFile): string {
  return `${name}_${date}_${time}`;
}

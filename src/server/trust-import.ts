/** CA certificates out of trust lists, bundles and folders. */
import type { WorkerPool } from '../pool/worker-pool.js';
import { CertificateError } from '../security/certificates/entry.js';
import { certificatesIn } from '../security/certificates/stores.js';
import type { TrustList } from '../security/trust/trust-list.js';
import { OFTPError } from '../settings/errors.js';
import type { SettingValues } from '../settings/settings.js';
import { type TrustDocument, trustDocuments } from './trust-source.js';

export interface Imported {
  /** DER, each once. */
  readonly certificates: readonly Uint8Array[];
  /** Fingerprints of roots that must not issue to partners themselves. */
  readonly notIssuing: readonly string[];
}

/** Lends a pool of threads for one piece of work. */
export type LendPool = <T>(work: (pool: WorkerPool) => Promise<T>) => Promise<T>;

/** Milliseconds for reading one list: its XML is other people's. */
const READING_MAX_MS = 60_000;

/** Imports, and what they have to remember of each other: who signed, and which list was the last. */
export class TrustImporter {
  readonly #lend: LendPool;
  readonly #log: (message: string) => void;
  readonly #signers = new Map<string, string>();
  readonly #sequences = new Map<string, number>();

  constructor(lend: LendPool, log: (message: string) => void) {
    this.#lend = lend;
    this.#log = log;
  }

  /** @throws OFTPError 691 that says what could not be imported and why */
  async import(settings: SettingValues): Promise<Imported> {
    try {
      const documents = await trustDocuments(settings);
      const lists: Imported[] = [];
      for (const document of documents) lists.push(await this.#read(document, settings, documents.length > 1));
      const certificates = new Map(
        lists.flatMap((list) => list.certificates).map((der) => [Buffer.from(der).toString('base64'), der]),
      );
      if (certificates.size === 0) throw new Error('it holds no certificate of an authority');
      return { certificates: [...certificates.values()], notIssuing: lists.flatMap(({ notIssuing }) => notIssuing) };
    } catch (error) {
      if (error instanceof OFTPError) throw error;
      throw new OFTPError(691, `trusted certificates could not be imported: ${reasonOf(error)}`, { cause: error });
    }
  }

  async #read(document: TrustDocument, settings: SettingValues, amongOthers: boolean): Promise<Imported> {
    const { name, octets, authentic } = document;
    try {
      if (isXml(octets)) return await this.#list(document, settings);
      if (!authentic)
        throw new Error(
          `what comes over http can be changed on the way: use https, or a signed list with TrustListSigner`,
        );
      return { certificates: certificatesIn(octets).map(({ raw }) => raw), notIssuing: [] };
    } catch (error) {
      // A folder of certificates has other files, too.
      if (amongOthers && error instanceof CertificateError) {
        this.#log(`${name} has no certificate to import`);
        return { certificates: [], notIssuing: [] };
      }
      throw error instanceof OFTPError ? error : new Error(`${name}: ${reasonOf(error)}`, { cause: error });
    }
  }

  async #list({ name, octets, authentic }: TrustDocument, { trustListSigner }: SettingValues): Promise<Imported> {
    const given = signersOf(trustListSigner);
    const pinned = this.#signers.get(name);
    const chosen = given.signers.length + given.fingerprints.length > 0;
    if (!chosen && !authentic) {
      throw new Error(
        'what comes over http can be changed on the way: set TrustListSigner to its signer, or use https',
      );
    }
    const fingerprints = chosen || pinned === undefined ? given.fingerprints : [pinned];
    const question = { octets, signers: given.signers, fingerprints, unsigned: !chosen && pinned === undefined };
    const signal = AbortSignal.timeout(READING_MAX_MS);
    const list = await this.#lend((pool) => pool.run('readTrustList', question, signal));
    this.#refuseOld(name, list);
    if (!chosen && list.signer !== undefined && pinned === undefined) {
      this.#signers.set(name, list.signer.fingerprint);
      const { subject, fingerprint } = list.signer;
      this.#log(
        `the trust list ${name} is signed by "${subject}"; to accept nobody else set TrustListSigner=${fingerprint}`,
      );
    }
    if (list.skipped > 0)
      this.#log(`${list.skipped} entries of the trust list ${name} are not in good standing, or are no authority`);
    return list;
  }

  /** Who can change what is fetched may still show an old list, with authorities that have been removed since. */
  #refuseOld(name: string, { sequenceNumber, nextUpdate }: TrustList): void {
    const isUrl = /^https?:/i.test(name);
    if (isUrl && nextUpdate !== undefined && nextUpdate.getTime() < Date.now()) {
      throw new Error(`the list is out of date since ${nextUpdate.toISOString()}`);
    }
    const last = this.#sequences.get(name);
    if (isUrl && last !== undefined && sequenceNumber !== undefined && sequenceNumber < last) {
      throw new Error(`the list has number ${sequenceNumber}, older than number ${last} that was imported before`);
    }
    if (sequenceNumber !== undefined) this.#sequences.set(name, sequenceNumber);
  }
}

const isXml = (octets: Buffer): boolean => /^\uFEFF?\s*</.test(octets.subarray(0, 64).toString('utf8'));

/** Error texts of the file system name the path already. */
const reasonOf = (error: unknown): string => (error as Error).message;

const FINGERPRINT = /^(?:[\da-f]{2}:?){32}$/i;

/** @throws OFTPError 691 for a text that is neither certificates nor fingerprints */
function signersOf(text: string): { signers: readonly Uint8Array[]; fingerprints: readonly string[] } {
  if (text.includes('-----BEGIN ')) {
    return { signers: certificatesIn(Buffer.from(text)).map(({ raw }) => raw), fingerprints: [] };
  }
  const fingerprints = text.split(/[\s,;]+/).filter((part) => part !== '');
  for (const fingerprint of fingerprints) {
    if (!FINGERPRINT.test(fingerprint)) {
      throw new OFTPError(
        691,
        `TrustListSigner takes a certificate in PEM or SHA-256 fingerprints, not "${fingerprint.slice(0, 80)}"`,
      );
    }
  }
  const spelled = fingerprints.map((part) => part.replaceAll(':', '').toUpperCase().match(/../g)?.join(':') ?? '');
  return { signers: [], fingerprints: spelled };
}

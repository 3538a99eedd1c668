/** Certificates by purpose: those of this end, and those of the partner. */
import type { Purpose as Usage } from '../security/trust/purpose.js';
import { OFTPError } from '../settings/errors.js';
import { Certificate } from './certificate.js';

/**
 * What stands in a slot: one certificate, or several while they are being changed over, the present one first. Several
 * keys decrypt what was encrypted for any of them, several signers sign side by side, several certificates of the
 * partner verify.
 */
export type CertificateSlot = Certificate | readonly Certificate[] | null;

const OWN_PURPOSES = ['sessionAuthentication', 'decryption', 'signing', 'receiptSigning'] as const;
const RECIPIENT_PURPOSES = [
  'sessionAuthentication',
  'encryption',
  'signatureVerification',
  'receiptSignatureVerification',
  'tls',
] as const;

type OwnPurpose = (typeof OWN_PURPOSES)[number];
type RecipientPurpose = (typeof RECIPIENT_PURPOSES)[number];

/** Own certificates with their private keys; a purpose without one uses `certificate`. */
export type OwnCertificates = Record<OwnPurpose, CertificateSlot>;
/** Certificates of the partner; a purpose without one uses `recipientCertificate`. */
export type RecipientCertificates = Record<RecipientPurpose, CertificateSlot>;

/** What a certificate in a slot has to be good for; the one for all purposes may be good for some only. */
const USAGES: Readonly<Record<OwnPurpose | RecipientPurpose | 'all', Usage | undefined>> = {
  all: undefined,
  sessionAuthentication: 'encryption',
  decryption: 'encryption',
  encryption: 'encryption',
  signing: 'signing',
  receiptSigning: 'signing',
  signatureVerification: 'signing',
  receiptSignatureVerification: 'signing',
  tls: undefined,
};

export const usageOf = (purpose: OwnPurpose | RecipientPurpose | 'all'): Usage | undefined => USAGES[purpose];

/** Looks at a certificate that is about to be put into the slot of this name. @throws OFTPError to keep it out */
export type Admission = (certificate: Certificate, name: string, usage: Usage | undefined) => void;

/** What a purpose has, and whether it was given for this very purpose. */
export interface Resolved {
  readonly certificates: readonly Certificate[];
  readonly dedicated: boolean;
}

/** The slots of one owner; what they lack is looked up in those of the parent. */
class CertificateSet<Purpose extends OwnPurpose | RecipientPurpose> {
  readonly #name: string;
  readonly #purposes: readonly Purpose[];
  readonly #ownKeys: boolean;
  readonly #admit: Admission;
  readonly #parent: CertificateSet<Purpose> | undefined;
  // Both are made when they are needed: most connections have no certificates of their own, and there are thousands.
  #values: Map<Purpose | 'all', CertificateSlot> | undefined;
  #slots: Record<Purpose, CertificateSlot> | undefined;

  /** `name`: of the property that holds the one for all purposes. `ownKeys`: private keys are needed. */
  constructor(
    name: string,
    purposes: readonly Purpose[],
    ownKeys: boolean,
    admit: Admission,
    parent?: CertificateSet<Purpose>,
  ) {
    this.#name = name;
    this.#purposes = purposes;
    this.#ownKeys = ownKeys;
    this.#admit = admit;
    this.#parent = parent;
  }

  /** The slots as properties, for the user. A misspelled purpose is an error, not a certificate that is never used. */
  get slots(): Record<Purpose, CertificateSlot> {
    this.#slots ??= Object.freeze(this.#asProperties());
    return this.#slots;
  }

  get(purpose: Purpose | 'all'): CertificateSlot {
    return this.#values?.get(purpose) ?? null;
  }

  /** @throws OFTPError 690 for what is no certificate, an own one without its private key, or one not trusted */
  set(purpose: Purpose | 'all', value: CertificateSlot): void {
    const name = purpose === 'all' ? this.#name : `${this.#name}s.${purpose}`;
    for (const certificate of listOf(value)) {
      this.#check(name, certificate);
      // Whom to trust for TLS is decided in the handshake, where issuers are shown; the slot only says who it must be.
      if (purpose !== 'tls') this.#admit(certificate, name, usageOf(purpose));
    }
    this.#values ??= new Map();
    this.#values.set(purpose, Array.isArray(value) ? Object.freeze([...value]) : value);
  }

  /** The nearest owner's certificates in this very slot. */
  nearest(purpose: Purpose | 'all'): readonly Certificate[] {
    const own = listOf(this.get(purpose));
    return own.length > 0 ? own : (this.#parent?.nearest(purpose) ?? []);
  }

  /** What counts for a purpose: the nearest owner's, and there the one of the purpose before the one for all. */
  resolve(purpose: Purpose): Resolved {
    const own = listOf(this.get(purpose));
    if (own.length > 0) return { certificates: own, dedicated: true };
    const general = listOf(this.get('all'));
    if (general.length > 0) return { certificates: general, dedicated: false };
    return this.#parent?.resolve(purpose) ?? { certificates: [], dedicated: false };
  }

  /** Empties every slot. */
  clear(): void {
    this.#values = undefined;
  }

  #asProperties(): Record<Purpose, CertificateSlot> {
    const slots = {} as Record<Purpose, CertificateSlot>;
    for (const purpose of this.#purposes) {
      Object.defineProperty(slots, purpose, {
        enumerable: true,
        get: () => this.get(purpose),
        set: (value: CertificateSlot) => this.set(purpose, value),
      });
    }
    return slots;
  }

  #check(name: string, certificate: unknown): void {
    if (!(certificate instanceof Certificate)) {
      throw new OFTPError(690, `${name} takes what Certificate.load gives, an array of such, or null`);
    }
    if (certificate.encoded.length === 0) {
      throw new OFTPError(690, `${name} cannot be a key alone: its store has no certificate`);
    }
    if (this.#ownKeys && !certificate.hasPrivateKey) {
      throw new OFTPError(
        690,
        `${name}: the store of "${certificate.subject}" has no private key for it: load it from a PFX or PEM that has`,
      );
    }
  }
}

/** All certificates that one server, client or connection uses. */
export class Keyring {
  readonly own: CertificateSet<OwnPurpose>;
  readonly recipient: CertificateSet<RecipientPurpose>;

  /** @param admit asked about every certificate that is put in */
  constructor(admit: Admission, parent?: Keyring) {
    this.own = new CertificateSet('certificate', OWN_PURPOSES, true, admit, parent?.own);
    this.recipient = new CertificateSet('recipientCertificate', RECIPIENT_PURPOSES, false, admit, parent?.recipient);
  }

  clear(): void {
    this.own.clear();
    this.recipient.clear();
  }
}

function listOf(slot: CertificateSlot): readonly Certificate[] {
  if (slot === null || slot === undefined) return [];
  return Array.isArray(slot) ? slot : [slot as Certificate];
}

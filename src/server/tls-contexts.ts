import type { OFTPError } from '../settings/errors.js';
import type { TlsContext } from '../transport/tls/context.js';

/**
 * The context of handshakes, made when it is first needed and again after something that it is made of has changed.
 * Connections keep the one that they began with.
 */
export class TlsContexts {
  readonly #make: () => Promise<TlsContext>;
  readonly #failed: (error: OFTPError) => void;
  #current: Promise<TlsContext> | undefined;
  /** The last one that could be made. */
  #good: TlsContext | undefined;

  /** @param failed told when a change cannot be put into effect; the context of before stays */
  constructor(make: () => Promise<TlsContext>, failed: (error: OFTPError) => void) {
    this.#make = make;
    this.#failed = failed;
  }

  /** Something has changed. */
  invalidate(): void {
    this.#current = undefined;
  }

  /** Makes a context of what there is now. @throws OFTPError when that is not possible */
  async renew(): Promise<TlsContext> {
    this.#good = undefined;
    this.#current = undefined;
    return await this.get();
  }

  /** @throws OFTPError when there is none of before either */
  get(): Promise<TlsContext> {
    this.#current ??= this.#makeOrKeep();
    return this.#current;
  }

  async #makeOrKeep(): Promise<TlsContext> {
    try {
      this.#good = await this.#make();
    } catch (error) {
      if (this.#good === undefined) {
        this.#current = undefined;
        throw error;
      }
      this.#failed(error as OFTPError);
    }
    return this.#good;
  }
}

/** The most certificates whose contexts are kept; those of a server with RSA and ECDSA are two. */
const ALTERNATIVES_MAX = 100;

/** Contexts that differ from another one by their certificate only; they go with it. */
export class AlternativeContexts {
  readonly #contexts = new WeakMap<TlsContext, Map<string, TlsContext>>();

  /** The context with the certificate of this fingerprint, which is made where there is none yet. */
  get(base: TlsContext, fingerprint: string, make: () => TlsContext): TlsContext {
    const contexts = this.#contexts.get(base) ?? new Map<string, TlsContext>();
    this.#contexts.set(base, contexts);
    const context = contexts.get(fingerprint) ?? make();
    // The one that has not been asked for longest goes first.
    contexts.delete(fingerprint);
    contexts.set(fingerprint, context);
    const [oldest] = contexts.keys();
    if (contexts.size > ALTERNATIVES_MAX && oldest !== undefined) contexts.delete(oldest);
    return context;
  }
}

/** The TLS handshakes with clients that are under way. */
export class Handshakes {
  readonly #underWay = new Set<AbortController>();

  /** A handshake begins: what ends it early, and what to call when it is over. */
  begin(): { readonly signal: AbortSignal; readonly done: () => void } {
    const controller = new AbortController();
    this.#underWay.add(controller);
    return { signal: controller.signal, done: () => this.#underWay.delete(controller) };
  }

  /** Ends all of them with an error. */
  abort(reason: Error): void {
    for (const controller of this.#underWay) controller.abort(reason);
  }
}

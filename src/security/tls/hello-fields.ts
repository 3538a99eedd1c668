/** Octets that are no ClientHello. */
export class MalformedHello extends Error {
  override readonly name = 'MalformedHello';
}

/** The fields of a TLS structure (RFC 8446 §3), one after the other. What does not fit is a {@link MalformedHello}. */
export class HelloFields {
  readonly #octets: Uint8Array;
  #at = 0;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  /** Nothing is left. */
  get ended(): boolean {
    return this.#at === this.#octets.length;
  }

  /** Nothing may be left. */
  end(): void {
    if (!this.ended) throw new MalformedHello();
  }

  take(length: number): Uint8Array {
    if (length > this.#octets.length - this.#at) throw new MalformedHello();
    this.#at += length;
    return this.#octets.subarray(this.#at - length, this.#at);
  }

  /** An unsigned number of so many octets. */
  number(octets: 1 | 2): number {
    return this.take(octets).reduce((value, octet) => value * 256 + octet, 0);
  }

  /** A vector behind its length, which has so many octets. */
  vector(lengthOctets: 1 | 2, lengthMin: number, lengthMax = 0xffff): HelloFields {
    const length = this.number(lengthOctets);
    if (length < lengthMin || length > lengthMax) throw new MalformedHello();
    return new HelloFields(this.take(length));
  }

  /** All that is left, as numbers of two octets. */
  numbers(): number[] {
    const numbers: number[] = [];
    while (!this.ended) numbers.push(this.number(2));
    return numbers;
  }

  /** All that is left, in printable ASCII; anything else is nobody's name. */
  text(): string {
    const octets = this.take(this.#octets.length - this.#at);
    if (octets.some((octet) => octet < 0x21 || octet > 0x7e)) throw new MalformedHello();
    return String.fromCharCode(...octets);
  }
}

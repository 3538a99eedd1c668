/** Why a complete file is not taken: what EFNA says (RFC 5024 §5.3.10). */
export class EndRefusal extends Error {
  override readonly name = 'EndRefusal';
  /** EFNAREAS */
  readonly reason: number;

  constructor(reason: number, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Why a complete secured file is not taken: what EFNA says (RFC 5024 §5.3.10), and the error of the own side. */
export class EndRefusal extends Error {
  override readonly name = 'EndRefusal';
  /** EFNAREAS */
  readonly reason: number;
  /** 683 for a signature, 684 for everything else. */
  readonly code: 683 | 684;

  constructor(reason: number, code: 683 | 684, message: string) {
    super(message);
    this.reason = reason;
    this.code = code;
  }
}

/** A command that cannot be put on the wire as it is: the fault is with whoever made it, not with the peer. */
export class EncodeError extends Error {
  override readonly name = 'EncodeError';
  /** RFC name of the field, such as SFIDDSN. */
  readonly field: string;
  /** What is wrong with which value, and what would be right. Holds no secret. */
  readonly detail: string;

  constructor(field: string, detail: string) {
    super(`${field}: ${detail}`);
    this.field = field;
    this.detail = detail;
  }
}

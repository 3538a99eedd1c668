/**
 * A node of a circular doubly linked list, to be extended by what the list holds: joining and leaving take no memory
 * and the same short time in a list of any length. A list is a bare node of its own, the head; an empty list links to
 * itself.
 */
export class Linked {
  #before: Linked = this;
  #after: Linked = this;

  /** Whether the node is in a list; for a head, whether its list has any nodes. */
  get linked(): boolean {
    return this.#after !== this;
  }

  /** The node behind this one; for a head, the first of its list. */
  get after(): Linked {
    return this.#after;
  }

  /** Moves the node, from wherever it is, to the end of the list of `head`. */
  append(head: Linked): void {
    this.unlink();
    this.#before = head.#before;
    this.#after = head;
    head.#before.#after = this;
    head.#before = this;
  }

  /** Takes the node out of its list; a node that is in none stays as it is. */
  unlink(): void {
    this.#before.#after = this.#after;
    this.#after.#before = this.#before;
    this.#before = this;
    this.#after = this;
  }
}

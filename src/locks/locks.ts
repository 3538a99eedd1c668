/**
 * What only one of several processes may work on at a time. Within a process the holders of things exclude each other
 * by themselves; these locks are asked for afterwards, where processes share a state.
 */
export interface Locks {
  /** Whether other processes take part. */
  readonly shared: boolean;
  /**
   * Takes a name for this process; false where another one has it. While that one is on its way out (`leave`), this
   * waits for it.
   *
   * @param name at most {@link LOCK_NAME_MAX} characters
   * @throws OFTPError where the owner of the locks cannot be asked
   */
  take(name: string): Promise<boolean>;
  /** Says that the name will be released soon: who asks for it from now on waits instead of being refused. */
  leave(name: string): void;
  /** Lets others have the name. */
  release(name: string): void;
}

/** Enough for a path of 4096 octets, or for all that identifies a virtual file. */
export const LOCK_NAME_MAX = 16_384;

/** The locks of a process that shares its state with no other. */
export const ALONE: Locks = {
  shared: false,
  take: () => Promise.resolve(true),
  leave: () => {},
  release: () => {},
};

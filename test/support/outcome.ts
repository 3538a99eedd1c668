/** What became of a promise, without letting a rejection go unhandled. */
export interface Outcome<T> {
  readonly value?: T;
  readonly error?: Error & { code?: number; reasonCode?: number; retry?: boolean; reasonText?: string };
}

/** The promise, or a rejection when it has not settled within so many milliseconds. */
export async function within<T>(promise: Promise<T>, patience = 10_000): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`a promise has not settled within ${patience} ms`)), patience);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

export function outcomeOf<T>(promise: Promise<T>): Promise<Outcome<T>> {
  return within(promise).then(
    (value) => ({ value }),
    (error) => ({ error }),
  );
}

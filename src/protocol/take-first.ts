/**
 * Takes the first of what waits in a queue that is nearly always empty. The last one leaves the array without the room
 * that it had grown by: thousands of sessions that wait would keep it.
 */
export function takeFirst<T>(queue: T[]): T | undefined {
  const first = queue.shift();
  if (first !== undefined && queue.length === 0) queue.length = 0;
  return first;
}

type Task = () => void | Promise<void>;

const tasks: Task[] = [];

/** Registers what a test has opened; `cleanUp` undoes it, the latest first. */
export function onCleanUp(task: Task): void {
  tasks.push(task);
}

/** Closes everything registered since the last call: `test.after.each(cleanUp)`. */
export async function cleanUp(): Promise<void> {
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
    await task();
  }
}

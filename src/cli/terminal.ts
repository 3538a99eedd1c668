/** What the commands print for people. */

/** Control and format characters, lone surrogates, and what some viewers take for line ends. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** One line that cannot steer a terminal: names and texts of a peer may contain anything. */
export function printable(line: string): string {
  return line.replace(UNPRINTABLE, '\uFFFD');
}

/** Prints a result. */
export function say(text: string): void {
  process.stdout.write(`${text.split('\n').map(printable).join('\n')}\n`);
}

/** Prints a problem. */
export function complain(text: string): void {
  process.stderr.write(`${text.split('\n').map(printable).join('\n')}\n`);
}

/** `1 file`, `2 files`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

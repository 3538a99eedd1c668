/**
 * The fenced blocks of the README and what is promised about them. A comment on the line before a block says how it is
 * checked:
 *
 *     <!-- check: compile -->   a `ts` block: it compiles against the package as it is published
 *     <!-- check: run -->       an `sh` block: each of its lines works when it is typed into a fresh clone
 */

export type Check = 'compile' | 'run';

export interface Block {
  readonly language: string;
  /** How the block is checked; undefined for a block that only shows something. */
  readonly check: Check | undefined;
  readonly code: string;
  /** The line of the README in which the code starts. */
  readonly line: number;
}

const FENCE = /^\s*(`{3,}|~{3,})\s*(\S*)/;
const MARKER = /^\s*<!--\s*check:\s*(.*?)\s*-->\s*$/;
const LANGUAGE_OF: Readonly<Record<Check, string>> = { compile: 'ts', run: 'sh' };

/** Every fenced block of a Markdown text. Throws when a marker is not what it should be or has no block below it. */
export function fencedBlocks(markdown: string): Block[] {
  const lines = markdown.split('\n');
  const blocks: Block[] = [];
  let marker: string | undefined;
  for (let index = 0; index < lines.length; index++) {
    const text = lines[index] ?? '';
    const [, fence, language = ''] = FENCE.exec(text) ?? [];
    if (fence !== undefined) {
      const end = lines.findIndex((line, at) => at > index && line.trim() === fence);
      if (end === -1) throw new Error(`line ${index + 1}: the block has no end`);
      const code = lines.slice(index + 1, end).join('\n');
      blocks.push({ language, check: readMarker(marker, language, index), code, line: index + 2 });
      index = end;
    } else if (marker !== undefined) {
      throw new Error(`line ${index}: "check: ${marker}" does not stand on the line before a block`);
    }
    marker = fence === undefined ? MARKER.exec(text)?.[1] : undefined;
  }
  if (marker !== undefined) throw new Error(`the last line: "check: ${marker}" has no block below it`);
  return blocks;
}

function readMarker(marker: string | undefined, language: string, line: number): Check | undefined {
  if (marker === undefined) return undefined;
  if (marker !== 'compile' && marker !== 'run') {
    throw new Error(`line ${line}: "check: ${marker}" is unknown; there are ${Object.keys(LANGUAGE_OF).join(', ')}`);
  }
  if (language !== LANGUAGE_OF[marker]) {
    throw new Error(`line ${line}: "check: ${marker}" is for ${LANGUAGE_OF[marker]} blocks, not for "${language}"`);
  }
  return marker;
}

/** The commands of the blocks that are run, a line each, without comments. */
export function commandLines(blocks: readonly Block[]): string[] {
  return blocks
    .filter(({ check }) => check === 'run')
    .flatMap(({ code }) => code.split('\n'))
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** The scripts of package.json that shell blocks of the README name, whether the blocks are run or not. */
export function namedScripts(blocks: readonly Block[]): string[] {
  const code = blocks.filter(({ language }) => language === 'sh').map((block) => block.code);
  const named = [...code.join('\n').matchAll(/\bnpm (?:run (?:-\S+ )*([\w:-]+)|(start|test)\b)/g)];
  return named.map(([, run, lifecycle]) => run ?? lifecycle ?? '');
}

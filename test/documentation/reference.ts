/** The parts of the README that come from tables in the code, each between two comments. */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PROJECT_ROOT } from '../support/project.js';

export interface GeneratedSection {
  readonly name: string;
  /** The compiled module below `dist/`, and its function that returns the section as Markdown. */
  readonly module: string;
  readonly render: string;
}

/** Sections that the code writes. */
export const GENERATED: readonly GeneratedSection[] = [
  { name: 'settings', module: 'test/support/documentation.js', render: 'settingsMarkdown' },
  { name: 'errors', module: 'test/support/documentation.js', render: 'errorsMarkdown' },
];

/** The section that people write, and the interface whose members are its rows. */
export const EVENTS = { section: 'events', file: 'src/server/events.ts', interface: 'EventMap' } as const;

/** What the code says the section should be. */
export async function renderSection({ module, render }: GeneratedSection): Promise<string> {
  const exports = await import(pathToFileURL(join(PROJECT_ROOT, 'dist', module)).href);
  if (typeof exports[render] !== 'function') throw new Error(`${module} exports no function ${render}`);
  return exports[render]().trim();
}

/** The text between `<!-- name:start -->` and `<!-- name:end -->`. Throws when the README has no such section. */
export function readSection(markdown: string, name: string): string {
  return splitSection(markdown, name)[1].trim();
}

/** The Markdown text with another text between the comments of this section. */
export function replaceSection(markdown: string, name: string, section: string): string {
  const [before, , after] = splitSection(markdown, name);
  return `${before}\n\n${section}\n\n${after}`;
}

function splitSection(markdown: string, name: string): [before: string, section: string, after: string] {
  const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`];
  const from = markdown.indexOf(start) + start.length;
  const to = markdown.indexOf(end);
  if (from < start.length || to < from) throw new Error(`README.md has no section from ${start} to ${end}`);
  return [markdown.slice(0, from), markdown.slice(from, to), markdown.slice(to)];
}

/** The names that stand in backquotes in the first column of a section's table. */
export function tableNames(section: string): string[] {
  return [...section.matchAll(/^\|\s*`([^`]+)`/gm)].map(([, name = '']) => name);
}

/** The page about the surface of the reference component. */
import { type Entry, readSurface, type Surface } from './surface.js';

const INTRODUCTION = `# The reference component, name by name

Every property, method, event parameter, setting and error number of the reference component, where it is here, and the
test files (below \`test/\`) that hold it to its behaviour. Behaviours are numbered \`B-001\` and on; tests carry these
numbers. The page is made by \`node dist/test/documentation/update.js\`.
`;

/** The page as Markdown. */
export function surfaceMarkdown(surface: Surface = readSurface()): string {
  return [
    INTRODUCTION,
    ...surface.themes.flatMap(({ title, entries }) => [
      `## ${title}\n`,
      '| Name | Here | Tests |',
      '| --- | --- | --- |',
      ...entries.map(entryLine),
      '',
    ]),
    '## Behaviours\n',
    '| Row | Tests |',
    '| --- | --- |',
    ...surface.rows.map(({ name, superseded, tests }) => {
      const note = superseded ? ['decided otherwise'] : [];
      return `| ${name} | ${[...note, ...tests].join(', ') || '**none**'} |`;
    }),
    '',
  ].join('\n');
}

function entryLine({ name, here, tests }: Entry): string {
  return `| \`${name}\` | ${here || '**nowhere**'} | ${tests.join(', ') || '**none**'} |`;
}

/**
 * The tables of settings and errors as Markdown, for the README and for the test that holds the README equal to them.
 */
import { inspect } from 'node:util';
import { ERRORS } from '../../src/settings/error-table.js';
import type { Setting, TextRule } from '../../src/settings/row.js';
import { THEMES } from '../../src/settings/table.js';

/** A section for each theme, with a row for each setting. */
export function settingsMarkdown(): string {
  return THEMES.map(({ title, rows }) =>
    [
      `### ${title}`,
      '',
      ...table(
        ['Property', '`config()`', 'Values', 'Default', 'Changes', 'Effect'],
        Object.entries<Setting>(rows).map(([name, setting]) => settingCells(name, setting)),
      ),
    ].join('\n'),
  ).join('\n\n');
}

/** One table of the errors that are raised, and a line with the numbers that are only kept. */
export function errorsMarkdown(): string {
  const all = [...ERRORS.values()];
  const kept = all.filter((error) => !error.raised).map((error) => `${error.code} ${error.name}`);
  return [
    ...table(
      ['Code', 'Name', 'Meaning'],
      all.filter((error) => error.raised).map((error) => [String(error.code), `\`${error.name}\``, error.meaning]),
    ),
    '',
    `Numbers that keep their meaning although this version never raises them: ${kept.join(', ')}.`,
  ].join('\n');
}

const CHANGES = {
  always: 'at any time',
  newConnections: 'at any time, for new connections',
  beforeSession: 'at any time, for new sessions; for a connection up to `acceptConnection`',
  notListening: 'not while listening',
  never: 'read only',
} as const satisfies Readonly<Record<Setting['changes'], string>>;

function settingCells(name: string, setting: Setting): string[] {
  const { property, config } = setting.onServer ?? { property: name, config: setting.config };
  const ofServer = setting.scope === 'server' || setting.changes !== 'never';
  const ofConnection = setting.scope === 'connection';
  const properties = [ofServer && `\`server.${property}\``, ofConnection && `\`connection.${name}\``];
  const configNames = [ofServer && `\`${config}\``, ofConnection && `\`${setting.config}[id]\``];
  const frozen = setting.changes === 'notListening' ? ` (${setting.frozenCode})` : '';
  const danger = setting.danger && `**Careful:** ${setting.danger}`;
  return [
    properties.filter(Boolean).join(', '),
    configNames.filter(Boolean).join(', '),
    values(setting),
    // The default of what can only be read says nothing, and that of BuildInfo depends on the machine.
    setting.changes === 'never' ? '' : `\`${inspect(setting.default)}\``,
    CHANGES[setting.changes] + frozen,
    [setting.effect, danger, setting.platform].filter(Boolean).join(' '),
  ];
}

function values(setting: Setting): string {
  switch (setting.type) {
    case 'boolean':
      return '`true`, `false`';
    case 'integer':
      return `${setting.min} to ${setting.max} (${setting.unit})`;
    case 'choice':
      return Object.entries(setting.choices)
        .map(([word, number]) => `\`'${word}'\` (${number})`)
        .join(', ');
    case 'string':
      return (setting.nullable ? 'string or `null`' : 'string') + lengthMax(setting.text);
    case 'strings':
      return `up to ${setting.maxItems} strings${lengthMax(setting.text)}`;
  }
}

function lengthMax(text: TextRule | undefined): string {
  return text === undefined ? '' : `, at most ${text.maxLength} ${text.unit}`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)];
}

import { SETTINGS } from '../../src/config.ts';

/** The table of docs/configuration.md, as it must be between its two marks. */
export function settingsTable(): string {
  const rows = Object.entries(SETTINGS).map(([name, setting]) => {
    const byDefault = setting.default === null || setting.default === '' ? '–' : `\`${setting.default}\``;
    const values = setting.kind === 'choice' ? ` (${setting.of.join(', ')})` : '';
    return `| \`${name}\` | ${byDefault} | ${setting.doc}${values} |`;
  });
  return ['| variable | default | meaning |', '|---|---|---|', ...rows].join('\n');
}

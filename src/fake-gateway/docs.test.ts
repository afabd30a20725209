/** The tables of docs/fake-gateway.md are those of the code. After a change here, copy what the failure shows. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FAULTS, type FaultName } from './faults/catalogue.ts';
import { TOKENS } from './faults/tokens.ts';

const page = readFileSync(new URL('../../docs/fake-gateway.md', import.meta.url), 'utf8');

function section(name: string): string {
  const found = new RegExp(`<!-- ${name} -->\n([\\s\\S]*)<!-- /${name} -->`).exec(page);
  return found?.[1] ?? `no section "${name}"`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows];
  return `${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`;
}

test('the faults', () => {
  const rows = Object.entries(FAULTS).map(([name, fault]) => [
    `\`${name}\``,
    fault.axis,
    fault.says,
    fault.delayMs === null ? '' : `${fault.delay}: ${fault.delayMs.toLocaleString('en-US')}`,
  ]);
  expect(section('faults')).toBe(table(['fault', 'kind', 'what happens', '`delay_ms`'], rows));
});

test('the magic tokens', () => {
  for (const [name, effect] of [
    ['tokens', 'charge'],
    ['refund tokens', 'refund'],
    ['capture tokens', 'capture'],
    ['void tokens', 'void'],
  ] as const) {
    const rows = TOKENS.filter((token) => token.effect === effect).map(({ token, fault, calls }) => [
      `\`${token}\``,
      tokenSays(fault, calls),
    ]);
    expect(section(name)).toBe(table(['`method`', 'what happens'], rows));
  }
});

function tokenSays(fault: FaultName | null, calls: 'every' | 'first'): string {
  if (fault === null) return 'it succeeds';
  return calls === 'every' ? `\`${fault}\`` : `\`${fault}\` on the first call, later ones go well`;
}

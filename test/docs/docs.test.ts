/** What the documents say must be what the code does. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { expect, it } from 'vitest';
import { SETTINGS } from '../../src/config.ts';
import { followUpStatus } from '../../src/domain/follow-up-status.ts';
import { type Operation, openOperation, STATUS_MOVES } from '../../src/domain/operation.ts';
import type { LookupOutcome } from '../../src/domain/outcomes.ts';
import { type Context, onWatched } from '../../src/domain/transition/index.ts';
import { POLICY } from '../support/contract.ts';
import { settingsTable } from '../support/settings-table.ts';

const url = (path: string): URL => new URL(`../../${path}`, import.meta.url);
const read = (file: string): string => readFileSync(url(file), 'utf8');
const between = (file: string, mark: string): string | undefined =>
  read(file).split(`<!-- ${mark} -->`)[1]?.split(`<!-- /${mark} -->`)[0]?.trim();

/** Reports are left out: they say what was true on their day. */
const PAGES = [
  'README.md',
  'ARCHITECTURE.md',
  'CHANGELOG.md',
  ...['docs', 'docs/decisions'].flatMap((folder) =>
    readdirSync(url(folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`),
  ),
];

it('docs/configuration.md lists every setting with its default', () => {
  expect(between('docs/configuration.md', 'settings')).toBe(settingsTable());
});

it('the README shows eight settings with their defaults', () => {
  const rows = [
    ...(between('README.md', 'eight settings') ?? '').matchAll(/^\| `(\w+)` \| `?([^`|]+?)`? \|/gm),
  ];
  const shown = rows.map(([, name = '', byDefault]) => [name, byDefault]);
  expect(shown).toHaveLength(8);
  const settings: Readonly<Record<string, { readonly default: unknown }>> = SETTINGS;
  const byCode = (name: string): string => {
    const value = settings[name]?.default ?? '';
    return value === '' ? '–' : String(value);
  };
  expect(shown).toEqual(shown.map(([name = '']) => [name, byCode(name)]));
});

it('every relative link leads to a file, and every anchor to a heading', () => {
  const links = PAGES.flatMap((page) =>
    [...read(page).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, link = '']) => link)
      .filter((link) => !/^https?:/.test(link))
      .map((link) => ({ page, link })),
  );
  expect(links.length).toBeGreaterThan(100);
  expect(links.filter(({ page, link }) => !leadsSomewhere(page, link))).toEqual([]);
});

function leadsSomewhere(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const file = path === '' ? page : posix.join(posix.dirname(page), path);
  if (!existsSync(url(file))) return false;
  return anchor === undefined || anchorsOf(read(file)).includes(anchor);
}

/** As GitHub makes them from headings. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** The moves in the drawings of the states, in their order: of a payment, and of a refund. */
function drawnMoves(): string[][] {
  return [...read('ARCHITECTURE.md').matchAll(/^stateDiagram-v2\n([\s\S]*?)^```/gm)].map(([, drawing = '']) =>
    [...drawing.matchAll(/^ {2}([A-Z]+) --> ([A-Z]+)/gm)].map(([, from, to]) => `${from} ${to}`).sort(),
  );
}

it('the drawing of a payment has exactly the moves of the code', () => {
  const moves = Object.entries(STATUS_MOVES).flatMap(([from, list]) => list.map((to) => `${from} ${to}`));
  expect(drawnMoves()[0]).toEqual(moves.sort());
});

it('the drawing of a refund has its moves until it ends, and those that lookups of an ended refund lead to', () => {
  const unended = (['PROCESSING', 'UNRESOLVED', 'REVIEW'] as const).flatMap((from) =>
    // The status of a charge with manual capture is none of a refund's.
    STATUS_MOVES[from].flatMap((to) => (to === 'AUTHORIZED' ? [] : [[from, to] as const])),
  );
  const ended = (['COMPLETED', 'FAILED'] as const).flatMap((from) =>
    LOOKUPS.map((outcome) => {
      const operation: Operation = { ...OPENED, status: from, gatewayRef: 're_1' };
      const news = { moneyAtMs: 0, moneyRef: null, sentUntilMs: null };
      const { decision } = onWatched(operation, outcome, { news, askedAtMs: 0 }, CONTEXT);
      return [from, decision.next.status] as const;
    }),
  );
  const moves = [...unended, ...ended]
    .map(([from, to]) => [followUpStatus(from), followUpStatus(to)])
    .filter(([from, to]) => from !== to)
    .map((move) => move.join(' '));
  expect(drawnMoves()[1]).toEqual([...new Set(moves)].sort());
});

const OPENED = openOperation({ kind: 'refund', n: 1, openedAtMs: 0, calling: true, verifyFirst: false });
const CONTEXT: Context = { policy: POLICY, nowMs: 0, roll: 0 };
const LOOKUPS: readonly LookupOutcome[] = [
  { kind: 'succeeded', ref: 're_1' },
  { kind: 'pending', ref: 're_1' },
  { kind: 'declined', ref: 're_1', code: 'refund_failed' },
  { kind: 'reversed', refs: ['re_1'] },
  { kind: 'mismatch', ref: 're_1', reason: 'amount_mismatch' },
  { kind: 'duplicated', refs: ['re_1', 're_2'] },
  { kind: 'absent' },
  { kind: 'unavailable', reason: 'timeout' },
  { kind: 'forbidden', reason: 'http_401' },
];

it('every decision is listed, and every listed decision exists', () => {
  const listed = [...read('docs/decisions/README.md').matchAll(/\]\((\d{4}-[a-z-]+\.md)\)/g)].map(
    ([, file]) => file ?? '',
  );
  expect(listed.length).toBeGreaterThan(0);
  for (const file of listed)
    expect(read(`docs/decisions/${file}`)).toMatch(
      /^# \d+\. .*\n\n## Context\n[\s\S]*\n## Decision\n[\s\S]*\n## Consequences\n/,
    );
});

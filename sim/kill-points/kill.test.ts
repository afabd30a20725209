import { expect, test } from 'vitest';
import { killEverywhere } from './kill.ts';
import { KILL_SCENARIOS, type KillScenario } from './scenarios.ts';

/** The others run in seconds too, but not in every run of the tests: `npm run prove`. */
const QUICK = [
  'success',
  'decline',
  'a reset that charged',
  'the acknowledgement of the outcome is lost',
  'a refund that loses its answer',
  'two steps: declined, then sealed',
];

function named(name: string): KillScenario {
  const scenario = KILL_SCENARIOS.find((one) => one.name === name);
  if (scenario === undefined) throw new Error(`There is no script "${name}".`);
  return scenario;
}

test.each(QUICK)('%s: a process may be killed anywhere', async (name) => {
  const { portUses, kills, failures } = await killEverywhere(named(name));
  expect(failures).toEqual([]);
  expect(kills).toBe(4 * portUses);
});

test('an end that the script does not allow is reported, with the place and the story', async () => {
  const { failures } = await killEverywhere({ ...named('success'), status: 'FAILED' });
  expect(failures[0]?.where).toBe('undisturbed');
  expect(failures[0]?.complaint).toBe('ended COMPLETED, not FAILED');
  expect(failures[0]?.story.join('\n')).toContain('payment.completed');
  expect(failures.at(-1)?.where).toMatch(/^killed after use \d+, p\d \w+; all die and start again$/);
});

test('an end that is allowed but never happens is reported', async () => {
  const crashed = { status: 'REVIEW', why: 'for no reason' } as const;
  const { failures } = await killEverywhere({ ...named('success'), crashed });
  expect(failures.map(({ complaint }) => complaint)).toEqual([
    'no crash leads to REVIEW, although the script allows it',
  ]);
});

test('an end of a refund that the script does not allow is reported', async () => {
  const refunds = { ends: ['FAILED'], told: /^refund_declined/ } as const;
  const { failures } = await killEverywhere({ ...named('a refund'), refunds });
  const said = failures.filter(({ where }) => where === 'undisturbed').map(({ complaint }) => complaint);
  expect(said).toEqual([
    'the refunds ended COMPLETED, not FAILED',
    "the client's last answer was SUCCEEDED, started",
  ]);
});

test('every script has its own name, and says why where it allows another end', () => {
  const names = KILL_SCENARIOS.map(({ name }) => name);
  expect(names).toEqual([...new Set(names)]);
  expect(names.length).toBeGreaterThanOrEqual(50);
  for (const { crashed } of KILL_SCENARIOS) expect(crashed?.why ?? 'none').not.toBe('');
});

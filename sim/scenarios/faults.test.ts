/** Each named fault has its test, by its name: every script of it, played to the end and compared to the number. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { REQUIRED_MARKS } from '../simulate/marks.ts';
import { FAULTS, testName } from './catalogue.ts';
import { complaints } from './check.ts';
import { playScenario } from './play.ts';

for (const named of FAULTS) {
  test(testName(named), async () => {
    expect(named.scenarios.length + (named.elsewhere?.length ?? 0)).toBeGreaterThan(0);
    for (const scenario of named.scenarios) {
      const played = await playScenario(scenario, { keepStory: true });
      expect(complaints(scenario, played), [scenario.name, ...played.story].join('\n')).toEqual([]);
    }
    for (const { file, test: name } of named.elsewhere ?? []) {
      const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
      const quoted = [`'${name}'`, `\`${name}\``, `"${name}"`];
      expect(
        quoted.some((one) => text.includes(one)),
        `${file} has no test "${name}" any more`,
      ).toBe(true);
    }
  });
}

describe('the catalogue', () => {
  test('has every name once', () => {
    const names = FAULTS.map(testName);
    expect(names).toEqual([...new Set(names)]);
    const scenarios = FAULTS.flatMap((named) => named.scenarios.map(({ name }) => name));
    expect(scenarios).toEqual([...new Set(scenarios)]);
  });

  test('says of each fault how the random simulation meets it, or what does instead', () => {
    for (const named of FAULTS) {
      expect(named.marks.length > 0 || named.metBy !== undefined, testName(named)).toBe(true);
      for (const mark of named.marks) expect(REQUIRED_MARKS, testName(named)).toContain(mark);
    }
  });

  test('leaves out no kind of fault that the random simulation knows', () => {
    const told = new Set(FAULTS.flatMap(({ marks }) => marks));
    const faults = REQUIRED_MARKS.filter(
      (mark) => !/^(event|move|alarm|refund\w*|end\w*|capture\w*|void\w*):/.test(mark),
    );
    expect(faults.filter((mark) => !told.has(mark))).toEqual([]);
  });
});

describe('a script', () => {
  test('is played the same way twice', async () => {
    for (const scenario of FAULTS.flatMap(({ scenarios }) => scenarios)) {
      const [first, second] = [
        await playScenario(scenario, { keepStory: true }),
        await playScenario(scenario, { keepStory: true }),
      ];
      expect(second.story, scenario.name).toEqual(first.story);
    }
  });

  test('that expects something else fails, with every difference', async () => {
    const [named] = FAULTS;
    const [scenario] = named?.scenarios ?? [];
    if (scenario === undefined) throw new Error('There is no script.');
    const wrong = { ...scenario, ending: { ...scenario.ending, calls: 2, alarms: ['needs_review'] } };
    const said = complaints(wrong, await playScenario(wrong, { keepStory: false }));
    expect(said).toEqual(['calls: 1, not 2', 'alarms: [], not ["needs_review"]']);
  });
});

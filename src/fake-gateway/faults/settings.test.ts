import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FAULT_NAMES, FAULTS } from './catalogue.ts';
import { DEMO_FAULTS, faultSettings, parseFaultSettings } from './settings.ts';

describe('fault settings', () => {
  test('an empty description: nothing goes wrong, with the seed of the start and the delays of the catalogue', () => {
    const settings = faultSettings({}, 7);
    expect(settings.seed).toBe(7);
    expect(settings.latency_ms).toEqual({ min: 0, max: 0 });
    for (const name of FAULT_NAMES) {
      const { delayMs } = FAULTS[name];
      expect(settings[name]).toEqual(delayMs === null ? { rate: 0 } : { rate: 0, delay_ms: delayMs });
    }
  });

  test('what is shown can be put back as it is', () => {
    const shown = faultSettings({ seed: 3, error_before: 0.2, lands_late: { rate: 0.1, delay_ms: 5 } }, 1);
    expect(faultSettings(JSON.parse(JSON.stringify(shown)), 9)).toEqual(shown);
  });

  test('a number is a rate', () => {
    expect(faultSettings({ declined: 0.5 }, 1).declined).toEqual({ rate: 0.5 });
    expect(faultSettings({ pending: 0.5 }, 1).pending).toEqual({ rate: 0.5, delay_ms: 2_000 });
  });

  test("the demo's are the seed's 30 %", () => {
    const { error_before, error_after, latency_ms } = faultSettings(DEMO_FAULTS, 1);
    expect(error_before.rate + error_after.rate).toBeCloseTo(0.3);
    expect(latency_ms).toEqual({ min: 50, max: 150 });
  });

  test.each([
    ['no object', []],
    ['null', null],
    ['an unknown fault', { error_befor: 0.1 }],
    ['a fault of every object', { constructor: 0.1 }],
    ['an unknown field', { declined: { rate: 0.1, ratio: 1 } }],
    ['a delay where there is none', { declined: { rate: 0.1, delay_ms: 5 } }],
    ['a rate below 0', { declined: -0.1 }],
    ['a rate above 1', { declined: 1.1 }],
    ['a rate as text', { declined: '0.1' }],
    ['a rate that is NaN', { declined: Number.NaN }],
    ['a fault that is null', { declined: null }],
    ['a fault that is a list', { declined: [0.1] }],
    ['a delay below 0', { pending: { rate: 0.1, delay_ms: -1 } }],
    ['a delay that is null', { pending: { rate: 0.1, delay_ms: null } }],
    ['a null delay where there is none', { declined: { rate: 0.1, delay_ms: null } }],
    ['a delay in fractions', { pending: { rate: 0.1, delay_ms: 1.5 } }],
    ['a delay over two weeks', { pending: { rate: 0.1, delay_ms: 1_209_600_001 } }],
    ['latency the wrong way round', { latency_ms: { min: 2, max: 1 } }],
    ['latency by halves', { latency_ms: { min: 2 } }],
    ['latency as a number', { latency_ms: 5 }],
    ['unknown latency', { latency_ms: { min: 1, max: 2, mean: 1 } }],
    ['a negative seed', { seed: -1 }],
    ['a seed as text', { seed: '1' }],
    ['answer faults over 1', { error_before: 0.6, drop_after: 0.5 }],
    ['booking faults over 1', { declined: 0.6, pending: 0.5 }],
    ['refund faults over 1', { refund_declined: 0.6, refund_pending: 0.5 }],
  ])('%s is refused', (_what, value) => {
    expect(parseFaultSettings(value, 1)).toMatchObject({ ok: false });
    expect(() => faultSettings(value, 1)).toThrow(TypeError);
  });

  test('all problems are reported at once', () => {
    const parsed = parseFaultSettings({ nonsense: 1, declined: 2, seed: -1 }, 1);
    expect(parsed.ok ? [] : parsed.problems).toHaveLength(3);
  });

  test('faults of different axes may each reach 1; ten rates of 0.1 are 1', () => {
    expect(
      parseFaultSettings({ error_before: 1, declined: 1, refund_declined: 1, keys_ignored: 1 }, 1).ok,
    ).toBe(true);
    const tenth = Object.fromEntries(FAULT_NAMES.slice(0, 10).map((name) => [name, 0.1]));
    expect(parseFaultSettings(tenth, 1).ok).toBe(true);
  });

  test('nothing that can be sent breaks the parser', () => {
    fc.assert(
      fc.property(fc.anything(), fc.constantFrom(...FAULT_NAMES, 'seed', 'latency_ms'), (value, name) => {
        expect(typeof parseFaultSettings(value, 1).ok).toBe('boolean');
        expect(typeof parseFaultSettings({ [name]: value }, 1).ok).toBe('boolean');
      }),
    );
  });
});

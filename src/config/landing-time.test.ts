import { describe, expect, it } from 'vitest';
import { landingProblems } from './landing-time.ts';

const ELSEWHERE = { GATEWAY_URL: 'https://gateway.example' };

describe('a landing time', () => {
  it.each([0, 180, 999])('of %i ms is refused where real money moves over a network', (ms) => {
    const [problem, ...others] = landingProblems(ELSEWHERE, 'http', ms);
    expect(problem).toMatch(
      new RegExp(`^GATEWAY_LANDS_WITHIN_MS is ${ms} ms\\..*Set it to at least 1000\\. The default is 180000`),
    );
    expect(others).toEqual([]);
  });

  it.each([
    ['of a second', ELSEWHERE, 'http', 1000],
    ['without real money', { ...ELSEWHERE, GATEWAY_LIVEMODE: 'no' }, 'http', 180],
    ['on this machine', { GATEWAY_URL: 'http://127.0.0.1:4000' }, 'http', 180],
    ['on this machine, by IPv6', { GATEWAY_URL: 'http://[::1]:4000' }, 'http', 180],
    ['of the fake gateway', {}, 'fake', 180],
    ['of Stripe, which knows its own', { STRIPE_SECRET_KEY: 'rk_test_0' }, 'stripe', 180],
    ['that is no number', ELSEWHERE, 'http', undefined],
    ['at what is no address', { GATEWAY_URL: 'gateway' }, 'http', 180],
  ] as const)('%s is not', (_, env, kind, ms) => {
    expect(landingProblems(env, kind, ms)).toEqual([]);
  });
});

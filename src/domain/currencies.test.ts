import { describe, expect, it } from 'vitest';
import { CURRENCIES, exponentOf } from './currencies.ts';

describe('the currencies', () => {
  it('are the 157 of the list, each once', () => {
    expect(CURRENCIES.size).toBe(157);
    for (const code of CURRENCIES.keys()) expect(code).toMatch(/^[A-Z]{3}$/);
  });

  it.each([
    ['USD', 2],
    ['EUR', 2],
    ['HUF', 2],
    ['TWD', 2],
    ['IDR', 2],
    ['MGA', 2],
    ['MRU', 2],
    ['XCG', 2],
    ['ZWG', 2],
    ['SLE', 2],
    ['JPY', 0],
    ['KRW', 0],
    ['ISK', 0],
    ['UGX', 0],
    ['CLP', 0],
    ['VND', 0],
    ['XPF', 0],
    ['BHD', 3],
    ['IQD', 3],
    ['JOD', 3],
    ['KWD', 3],
    ['LYD', 3],
    ['OMR', 3],
    ['TND', 3],
    ['CLF', 4],
    ['UYW', 4],
  ])('%s has %i decimals', (code, exponent) => {
    expect(exponentOf(code)).toBe(exponent);
  });

  it.each([
    'XAU',
    'XXX',
    'XTS',
    'XDR',
    'XBA',
    'XAD',
    'BOV',
    'CHE',
    'MXV',
    'USN',
    'UYI',
    'ANG',
    'BGN',
    'CUC',
    'HRK',
    'SLL',
    'ZWL',
    'VEF',
    'usd',
    'US',
    'USDT',
    '',
    'toString',
    '__proto__',
  ])('%j cannot be charged', (code) => {
    expect(exponentOf(code)).toBeUndefined();
  });

  it('have as many codes for each number of decimals as the list', () => {
    const count = (exponent: number) => [...CURRENCIES.values()].filter((each) => each === exponent).length;
    expect([0, 1, 2, 3, 4].map(count)).toEqual([16, 0, 132, 7, 2]);
  });
});

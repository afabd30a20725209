/**
 * How often the search for card numbers is wrong, in percent of 2,000 texts of each kind. The texts are the same
 * every time, and so are the numbers. Decision 24 says what they mean. If the rule changes, some of them change.
 */
import { expect, it } from 'vitest';
import { CARDS, inText, type Maker, ORDINARY, textsOf } from '../../test/support/card-texts.ts';
import { holdsCardNumber } from './cards.ts';

const TEXTS = 2000;

function rates(
  makers: Readonly<Record<string, Maker>>,
  isWrong: (text: string) => boolean,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(makers).map(([kind, make]) => {
      const wrong = textsOf(kind, make, TEXTS).filter(isWrong).length;
      return [kind, Math.round((1000 * wrong) / TEXTS) / 10];
    }),
  );
}

const asWritten = (makers: Readonly<Record<string, Maker>>): Record<string, Maker> =>
  Object.fromEntries(
    Object.entries(makers).map(([kind, make]) => [kind, (random) => inText(make(random), random)]),
  );

const isMissed = (text: string): boolean => !holdsCardNumber(text);

it('the share of card numbers that are missed', () => {
  expect(rates(asWritten(CARDS), isMissed)).toEqual({
    'Visa, 16 digits': 0.1,
    'Visa, 19 digits': 0.1,
    Mastercard: 0.1,
    'American Express': 0.2,
    'Diners Club, 14 digits': 0.2,
    'Diners Club, 16 digits': 0.3,
    Discover: 0.2,
    JCB: 0.1,
    'UnionPay, 16 digits': 0.1,
    'UnionPay, 19 digits': 0.2,
    'Maestro, 16 digits': 0,
    'Maestro, 18 or 19 digits': 0.1,
    'RuPay, Elo, Mir, Troy': 0.2,
  });
});

it('the share of ordinary texts that are refused, and none of the other kinds', () => {
  const refused = rates(ORDINARY, holdsCardNumber);
  expect(Object.fromEntries(Object.entries(refused).filter(([, rate]) => rate > 0))).toEqual({
    'number in four fours': 4.4,
    '14 digits': 0.2,
    '15 digits': 0.2,
    '16 digits': 4.5,
    '16 digits, beginning with 4': 9.6,
    '17 digits': 0.2,
    '18 digits': 1.4,
    '19 digits': 2.4,
    'tracking number': 0.1,
    IBAN: 0.9,
    'French SIRET (Luhn)': 5.3,
  });
});

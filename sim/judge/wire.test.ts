import { expect, test } from 'vitest';
import { createWire, type Exchange, lookedUp } from './wire.ts';

const LOOKUP: Exchange = {
  kind: 'lookup',
  sender: 'p1',
  key: 'refund-1',
  claimId: 'a',
  beganMs: 0,
  untilMs: 1000,
  leftMs: null,
  heard: null,
};

test('a refund that its own worker looks up, and another refund for the same process, has two outcomes', () => {
  const wire = createWire();
  wire.exchanges.set('refund-1', [
    { ...LOOKUP, heard: { kind: 'succeeded', ref: 're_1' } },
    { ...LOOKUP, heard: { kind: 'unavailable', reason: 'timeout' } },
    { ...LOOKUP, claimId: 'b', heard: { kind: 'absent' } },
    LOOKUP,
  ]);
  expect(lookedUp(wire, 'refund-1', 'a')).toEqual(['succeeded', 'unavailable']);
  expect(lookedUp(wire, 'refund-2', 'a')).toEqual([]);
});

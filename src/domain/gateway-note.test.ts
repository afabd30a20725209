import { describe, expect, it } from 'vitest';
import { type GatewayNote, type NotedRow, weighNote } from './gateway-note.ts';
import type { Operation } from './operation.ts';
import type { Fate } from './outcomes.ts';

const KEY = 'the current key';

function weigh(says: Fate, row: Partial<Operation> & { held?: boolean }, changes: Partial<GatewayNote> = {}) {
  const { held = false, ...operation } = row;
  const known: NotedRow = {
    operation: { kind: 'charge', status: 'UNRESOLVED', step: 'lookup', gatewayRef: null, ...operation },
    gatewayKey: KEY,
    held,
  };
  const note: GatewayNote = {
    accountId: null,
    orderId: 'o1',
    reference: 'r',
    kind: known.operation.kind,
    key: KEY,
    ref: 'ch_1',
    says,
    ...changes,
  };
  return weighNote(note, known, true);
}

const FATES = ['live', 'pending', 'declined', 'reversed'] as const;
const FAILED = { status: 'FAILED', step: 'none' } as const;
const COMPLETED = { status: 'COMPLETED', step: 'none', gatewayRef: 'ch_1' } as const;
const REFUNDED = { ...COMPLETED, kind: 'refund', step: 'lookup' } as const;

describe('a note', () => {
  it.each(FATES)('that something is %s wakes what waits for a lookup', (says) => {
    for (const status of ['PROCESSING', 'UNRESOLVED', 'REVIEW'] as const)
      for (const step of ['lookup', 'verify'] as const) expect(weigh(says, { status, step })).toBe('wake');
  });

  it.each([
    ['live', 'wait'],
    ['pending', 'wait'],
    ['declined', 'known'],
    ['reversed', 'known'],
  ] as const)('that it is %s never brings a call forward: %s', (says, verdict) => {
    expect(weigh(says, { status: 'PROCESSING', step: 'call' })).toBe(verdict);
  });

  it('waits for the worker that may have asked too early', () => {
    for (const step of ['call', 'lookup'] as const)
      expect(weigh('declined', { step, held: true })).toBe('wait');
    expect(weigh('live', { ...FAILED, held: true })).toBe('wait');
  });

  it('about a charge that has failed wakes it if money may have moved', () => {
    expect(FATES.map((says) => weigh(says, FAILED))).toEqual(['wake', 'wake', 'known', 'known']);
  });

  it('about a charge that has succeeded wakes it only if it names another one that is live', () => {
    for (const says of FATES) expect(weigh(says, COMPLETED)).toBe('known');
    expect(weigh('live', COMPLETED, { ref: null })).toBe('known');
    expect(weigh('live', COMPLETED, { ref: 'ch_2' })).toBe('wake');
    expect(weigh('declined', COMPLETED, { ref: 'ch_2' })).toBe('known');
    // What is known needs no wait either.
    expect(weigh('live', { ...COMPLETED, held: true })).toBe('known');
  });

  it('about a refund that has succeeded wakes it if it has failed since', () => {
    expect(FATES.map((says) => weigh(says, REFUNDED))).toEqual(['known', 'known', 'wake', 'wake']);
    expect(weigh('live', REFUNDED, { ref: 're_2' })).toBe('wake');
    expect(weigh('declined', { ...REFUNDED, step: 'none' })).toBe('wake');
  });

  it('about an earlier charge of the order counts only if money may have moved', () => {
    const verdicts = FATES.map((says) => weigh(says, {}, { key: 'an earlier key' }));
    expect(verdicts).toEqual(['wake', 'wake', 'known', 'known']);
    expect(weigh('declined', {}, { key: null })).toBe('wake');
  });

  it('is of no use at a gateway without lookups', () => {
    const row: NotedRow = {
      operation: { kind: 'charge', status: 'UNRESOLVED', step: 'lookup', gatewayRef: null },
      gatewayKey: KEY,
      held: true,
    };
    const note: GatewayNote = {
      ...{
        accountId: null,
        orderId: 'o1',
        reference: 'r',
        kind: 'charge',
        key: KEY,
        ref: null,
        says: 'live',
      },
    };
    expect(weighNote(note, row, false)).toBe('known');
  });
});

/** What a charge costs that captures at once: nothing of captures is in its statements. */
import { expect, test } from 'vitest';
import type { Order } from '../domain/payment.ts';
import { createAccept } from './accept.ts';
import { openNextCharge } from './keys.ts';
import type { Session } from './session.ts';

const ID = '01936b1e-7f2a-7c3d-8e4f-0123456789ab';

/** The statements for a first charge, in a mode that is final and in one that is not, and for the next charge. */
async function statementsOf(changes: Partial<Order>): Promise<readonly string[]> {
  const statements: string[] = [];
  const session: Session = {
    async query(text) {
      statements.push(text);
      return [];
    },
    refusalOf: () => null,
    wrote() {},
    verify: async () => {},
  };
  const order = { accountId: 'a', orderId: 'o', amountMinor: 1, currency: 'USD', metadata: {}, ...changes };
  const key = { hash: 'h', fingerprint: 'f' };
  const start = { kind: 'claimed', leaseMs: 1000 } as const;
  const names = { order, paymentId: ID, gateway: 'g', chargeKey: ID, key, claimId: ID } as const;
  const intent = { ...names, livemode: false, installationId: ID, giveUpAfterS: null, start };
  // There is no row with the mode.
  for (const livemode of [false, null]) await createAccept(session, { livemode })(intent).catch(() => null);
  const next = {
    ...names,
    expected: { seq: 1 },
    n: 2,
    verifyFirst: false,
    giveUpAfterS: null,
    openedWallMs: 0,
    start,
  };
  await openNextCharge(session, next);
  return statements;
}

test('a charge that captures at once names nothing of captures in its statements', async () => {
  const statements = await statementsOf({});
  expect(statements).toHaveLength(3);
  for (const statement of statements) expect(statement).not.toContain('capture');
});

test('one with manual capture names its method in all of them', async () => {
  for (const statement of await statementsOf({ captureMethod: 'manual' }))
    expect(statement).toContain('capture_method');
});

/** What charges were prepared on at gateways of two steps: written once, without a claim, and apart from the payment. */
import { describe, expect, test } from 'vitest';
import type { ChargeOf, PaymentRecord } from '../../../src/ports/store.ts';
import type { Environment } from './environment.ts';
import { accepted, newPaymentId, recordOf, seen } from './fixtures.ts';

const ACTION = { type: 'redirect_to_url', url: 'https://bank.example/?a="1"' };

export function handleTests(env: Environment): void {
  const charge = (n = 1): ChargeOf => ({ accountId: 'acme', paymentId: newPaymentId(), n });
  const of = ({ order, paymentId, operation }: PaymentRecord): ChargeOf => ({
    accountId: order.accountId,
    paymentId,
    n: operation.n,
  });

  describe('the handle of a charge', () => {
    test('is none at first, and then the first one that was given', async () => {
      const one = charge();
      expect(await env.store.handle(one)).toBeNull();
      expect(await env.store.keepHandle(one, 'pi_1')).toBe('pi_1');
      expect(await env.other.keepHandle(one, 'pi_2')).toBe('pi_1');
      expect(await env.other.handle(one)).toEqual({ handle: 'pi_1', prepares: 0, action: null });
    });

    test('is the same for all who give one at once', async () => {
      const one = charge();
      const given = ['a', 'b', 'c', 'd'];
      const stored = await Promise.all(
        given.map((handle, index) => (index % 2 === 0 ? env.store : env.other).keepHandle(one, handle)),
      );
      expect(new Set(stored).size).toBe(1);
      expect(given).toContain(stored[0]);
      expect((await env.store.handle(one))?.handle).toBe(stored[0]);
    });

    test('is stored once if the acknowledgement was lost and it is given again', async () => {
      const one = charge();
      await env.failNext('lost_committed');
      await expect(env.frail.keepHandle(one, 'pi_1')).rejects.toMatchObject({ kind: 'outcome_unknown' });
      expect(await env.store.keepHandle(one, 'pi_2')).toBe('pi_1');
    });

    test('belongs to one charge of one account', async () => {
      const one = charge(2);
      await env.store.keepHandle(one, 'pi_1');
      expect(await env.store.handle({ ...one, n: 1 })).toBeNull();
      expect(await env.store.handle({ ...one, accountId: 'another' })).toBeNull();
      expect(await env.store.handle({ ...one, paymentId: newPaymentId() })).toBeNull();
    });

    test('changes nothing of the payment, whoever holds it', async () => {
      const held = await accepted(env.store, 'held');
      const before = await seen(env.store, 'held');
      await env.other.keepHandle(of(held), 'pi_1');
      await env.other.keepAction(of(held), ACTION);
      expect(await recordOf(env.store, held.order)).toEqual({ ...before.payment });
    });
  });

  describe('the number of its kept errors', () => {
    test('only grows, before and after the handle', async () => {
      const one = charge();
      await env.store.raisePrepares(one, 1);
      expect(await env.store.handle(one)).toEqual({ handle: null, prepares: 1, action: null });
      await env.other.raisePrepares(one, 1);
      await env.store.raisePrepares(one, 2);
      await env.other.raisePrepares(one, 1);
      expect(await env.store.keepHandle(one, 'pi_1')).toBe('pi_1');
      expect(await env.store.handle(one)).toEqual({ handle: 'pi_1', prepares: 2, action: null });
    });
  });

  describe('what the customer has to do', () => {
    test('is stored as it is, and can be taken back', async () => {
      const one = charge();
      await env.store.keepHandle(one, 'pi_1');
      await env.store.keepAction(one, ACTION);
      expect(await env.other.handle(one)).toEqual({ handle: 'pi_1', prepares: 0, action: ACTION });
      await env.other.keepAction(one, { type: 'other' });
      expect((await env.store.handle(one))?.action).toEqual({ type: 'other' });
      await env.store.keepAction(one, null);
      expect((await env.store.handle(one))?.action).toBeNull();
    });

    test('is not stored without a handle', async () => {
      const one = charge();
      await env.store.keepAction(one, ACTION);
      expect(await env.store.handle(one)).toBeNull();
      await env.store.raisePrepares(one, 1);
      await env.store.keepAction(one, ACTION);
      expect((await env.store.handle(one))?.action).toBeNull();
    });
  });
}

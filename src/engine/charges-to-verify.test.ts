/** Reads which charges of an order must be verified. */
import { expect, it } from 'vitest';
import { createScriptedGateway } from '../../test/support/scripted-gateway.ts';
import { createVirtualWorld, order } from '../../test/support/virtual-world.ts';
import type { ChargeToVerify, PaymentRecord } from '../ports/store.ts';
import { isMadeElsewhere } from './charges-to-verify.ts';

const GATEWAY = createScriptedGateway();

function isElsewhere(gateways: readonly string[]): Promise<boolean> {
  const { engine } = createVirtualWorld().parts(GATEWAY);
  const charges = gateways.map((gateway, index) => ({ n: index + 1, gateway }) as ChargeToVerify);
  const chargesToVerify = async (_payment: unknown, page: { afterN: number; limit: number }) =>
    charges.filter(({ n }) => n > page.afterN).slice(0, page.limit);
  const record = { order: order('o1'), paymentId: 'p' } as PaymentRecord;
  return isMadeElsewhere({ ...engine, store: { ...engine.store, chargesToVerify } }, record);
}

it.each([1, 15, 16, 17, 40])(
  'one of %i that was made elsewhere is enough, even the last one',
  async (count) => {
    const here = Array.from({ length: count }, () => GATEWAY.name);
    expect(await isElsewhere(here)).toBe(false);
    expect(await isElsewhere([...here.slice(1), 'another'])).toBe(true);
    expect(await isElsewhere(['another', ...here.slice(1)])).toBe(true);
  },
);

/** What an adapter declares: by its contract, and by the methods that it has. */
import type { Declared } from '../domain/contract-check.ts';
import type { Gateway } from '../ports/gateway.ts';

export function declaredBy({
  contract,
  twoSteps,
  refunds,
  captures,
}: Pick<Gateway, 'contract' | 'twoSteps' | 'refunds' | 'captures'>): Declared {
  return {
    contract,
    twoSteps: twoSteps !== undefined,
    offered: [
      'charge',
      ...(refunds === undefined ? [] : (['refund'] as const)),
      ...(captures === undefined ? [] : (['capture', 'void'] as const)),
    ],
  };
}

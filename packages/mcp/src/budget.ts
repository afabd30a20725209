/**
 * What one session may charge. It guards against an agent's mistake: what may have been charged counts until it is proved that nothing was.
 * An order counts once, because it is charged at most once. Whoever starts another session begins again from zero.
 */

/** The most that may be charged in each currency, in minor units, by its code. Other currencies may not be charged. */
export type Limits = ReadonlyMap<string, number>;

export interface Spending {
  readonly orderId: string;
  /** Which try it is. The same try again is the same charge. */
  readonly attempt: string;
  readonly amountMinor: number;
  readonly currency: string;
}

/** What is known after a call. `nothing_sent` says nothing about earlier calls of the same try. */
export type Spent = 'perhaps' | 'nothing' | 'nothing_sent';

export interface Budget {
  /** Whether there is any limit. */
  readonly isLimited: boolean;
  /** Null: it fits, and counts from now on; then `done` must follow. Otherwise why not. */
  begin(spending: Spending): string | null;
  done(spending: Spending, spent: Spent): void;
}

interface Try extends Spending {
  underWay: number;
  /** An earlier call may have charged it. */
  mayBeCharged: boolean;
}

export function createBudget(limits: Limits | null): Budget {
  const tries = new Map<string, Try>();
  const nameOf = ({ orderId, attempt, amountMinor, currency }: Spending) =>
    JSON.stringify([orderId, attempt, amountMinor, currency]);

  function countedMinor(currency: string, tried: Iterable<Spending>): number {
    const byOrder = new Map<string, number>();
    for (const each of tried) {
      if (each.currency !== currency) continue;
      byOrder.set(each.orderId, Math.max(each.amountMinor, byOrder.get(each.orderId) ?? 0));
    }
    return [...byOrder.values()].reduce((sum, amount) => sum + amount, 0);
  }

  return {
    isLimited: limits !== null,
    begin(spending) {
      if (limits === null) return null;
      const { currency } = spending;
      const limitMinor = limits.get(currency);
      if (limitMinor === undefined)
        return `This session may charge only in ${[...limits.keys()].join(', ')}, and not in ${currency}.`;
      if (countedMinor(currency, [...tries.values(), spending]) > limitMinor) {
        const leftMinor = limitMinor - countedMinor(currency, tries.values());
        return `This session may charge ${limitMinor} minor units of ${currency} in all, and ${leftMinor} are left. What may have been charged counts.`;
      }
      const known = tries.get(nameOf(spending)) ?? { ...spending, underWay: 0, mayBeCharged: false };
      known.underWay += 1;
      tries.set(nameOf(spending), known);
      return null;
    },
    done(spending, spent) {
      const known = tries.get(nameOf(spending));
      if (known === undefined) return;
      known.underWay -= 1;
      if (spent !== 'nothing_sent') known.mayBeCharged = spent === 'perhaps';
      if (known.underWay === 0 && !known.mayBeCharged) tries.delete(nameOf(spending));
    },
  };
}

/** Lookups and lists of charges, with their own faults. */
import { chargeBody, errorBody, GATEWAY_ERROR, listBody, lookupBody, operationBody } from './bodies.ts';
import { subjectOf } from './charge-operations.ts';
import type { CurrentSettings } from './faults/current.ts';
import { delayOf } from './faults/decide.ts';
import type { FaultSettings } from './faults/settings.ts';
import { chargeToken, type MagicToken, operationToken } from './faults/tokens.ts';
import { isVisible, madeAt } from './ledger/charge-state.ts';
import type { Charge, Ledger, OperationKind } from './ledger/port.ts';
import type { Page } from './paging.ts';
import { cursorOf } from './paging.ts';
import { createReadFaults } from './read-faults.ts';
import type { Sleeper } from './sleep.ts';
import { answer, type Wire } from './wire.ts';

export interface Reads {
  byKey(key: string): Promise<Wire>;
  byId(id: string): Promise<Wire>;
  list(page: Page & { readonly createdAfterMs?: number }): Promise<Wire>;
  /** The refunds, captures or voids under a key. */
  operationsByKey(kind: OperationKind, key: string): Promise<Wire>;
}

export function createReads(
  ledger: Ledger,
  current: CurrentSettings,
  sleeper: Sleeper,
  now: () => number,
): Reads {
  const guarded = createReadFaults(current, sleeper, answer(503, GATEWAY_ERROR));

  /** Whether its token makes the lookups of a charge or refund fail. */
  const isDownFor = (
    magic: MagicToken | null,
    { createdMs }: { readonly createdMs: number },
    settings: FaultSettings,
  ): boolean => magic?.fault === 'lookup_down' && now() < createdMs + delayOf(settings, 'lookup_down');
  const isChargeDown = (charge: Charge, settings: FaultSettings): boolean =>
    isDownFor(chargeToken(charge.method), charge, settings);

  return {
    byKey: (key) =>
      guarded(key, async (settings) => {
        const nowMs = now();
        const charges = await ledger.byKey(key);
        if (charges.some((charge) => isChargeDown(charge, settings))) return answer(503, GATEWAY_ERROR);
        const visible = charges.filter((charge) => isVisible(charge, nowMs));
        return answer(
          200,
          lookupBody(
            key,
            visible.map((charge) => chargeBody(charge, nowMs)),
          ),
        );
      }),
    byId: (id) =>
      guarded(id, async (settings) => {
        const nowMs = now();
        const charge = await ledger.byId(id);
        if (charge !== undefined && isChargeDown(charge, settings)) return answer(503, GATEWAY_ERROR);
        return charge !== undefined && isVisible(charge, nowMs)
          ? answer(200, chargeBody(charge, nowMs))
          : answer(404, errorBody('charge_not_found', { message: 'There is no charge with this id.' }));
      }),
    list: ({ createdAfterMs, after, limit }) =>
      guarded('list', async () => {
        const nowMs = now();
        const charges = await ledger.list({
          nowMs,
          view: 'public',
          // One more than requested, to know whether there is a next page.
          limit: limit + 1,
          ...(createdAfterMs === undefined ? {} : { createdAfterMs }),
          ...(after === undefined ? {} : { after }),
        });
        const page = charges.slice(0, limit);
        const next = charges.length > limit ? cursorOf(page.at(-1)) : null;
        return answer(
          200,
          listBody(
            page.map((charge) => chargeBody(charge, nowMs)),
            next,
          ),
        );
      }),
    operationsByKey: (kind, key) =>
      guarded(subjectOf({ kind, key }), async (settings) => {
        const nowMs = now();
        const charge = await ledger.byOperationKey(key);
        if (charge === undefined) return answer(200, lookupBody(key, []));
        const made = madeAt(charge, kind, nowMs).filter((one) => one.key === key);
        const magic = operationToken(kind, charge.method);
        if (made.some((one) => isDownFor(magic, one, settings))) return answer(503, GATEWAY_ERROR);
        const visible = made.filter(({ visibleMs }) => visibleMs <= nowMs);
        return answer(
          200,
          lookupBody(
            key,
            visible.map((one) => operationBody(charge, one, nowMs)),
          ),
        );
      }),
  };
}

/** Reads all charges of an order that must be verified, however many: see `Store.chargesToVerify`. */
import type { ChargeToVerify, PaymentRecord } from '../ports/store.ts';
import type { Engine } from './context.ts';
import { paymentKey } from './unit.ts';

/** How many charges are read, and then looked up, at once. One lease has time for several such pages. */
const PAGE = 16;

/** Page by page, starting after charge `afterN`. The last page may be empty. Rejects with `StoreError`. */
export async function* pagesToVerify(
  { store }: Engine,
  record: PaymentRecord,
  afterN: number,
): AsyncGenerator<readonly ChargeToVerify[]> {
  for (let from = afterN; ; ) {
    const page = await store.chargesToVerify(paymentKey(record), { afterN: from, limit: PAGE });
    yield page;
    if (page.length < PAGE) return;
    from = page.at(-1)?.n ?? from;
  }
}

/**
 * When the last late evidence about any charge came in. Null: there is none. If evidence is unchecked, this one is,
 * because evidence is checked in the order in which it comes in. Rejects with `StoreError`.
 */
export async function lastEvidenceAtMs(engine: Engine, record: PaymentRecord): Promise<number | null> {
  let lastMs: number | null = null;
  for await (const page of pagesToVerify(engine, record, 0)) {
    for (const { moneyAtMs, sentUntilMs } of page) {
      for (const atMs of [moneyAtMs, sentUntilMs]) if (atMs !== null) lastMs = Math.max(lastMs ?? atMs, atMs);
    }
  }
  return lastMs;
}

/**
 * Whether a charge that must be verified was made at another gateway. Only that gateway can prove that it does not
 * exist. Rejects with `StoreError`.
 */
export async function isMadeElsewhere(engine: Engine, record: PaymentRecord): Promise<boolean> {
  for await (const page of pagesToVerify(engine, record, 0)) {
    if (page.some(({ gateway }) => gateway !== engine.gateway.name)) return true;
  }
  return false;
}

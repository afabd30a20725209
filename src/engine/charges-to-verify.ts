/** Reading the charges of an order that are in question, however many: see `Store.chargesToVerify`. */
import type { ChargeToVerify, PaymentRecord } from '../ports/store.ts';
import type { Engine } from './context.ts';
import { paymentKey } from './write.ts';

/** Charges that are read, and then asked after, together: a lease has room for several such pages. */
const PAGE = 16;

/** A page at a time, from behind charge `afterN`; the last one may be empty. Rejects with `StoreError`. */
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
 * When the last piece of late evidence about any charge came in; null: none has. It is one of those that wait, if any does, for
 * they are dealt with in the order in which they come. Rejects with `StoreError`.
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
 * Whether a charge is in question that was made at another gateway: only there it can be proved that it does not exist.
 * Rejects with `StoreError`.
 */
export async function isMadeElsewhere(engine: Engine, record: PaymentRecord): Promise<boolean> {
  for await (const page of pagesToVerify(engine, record, 0)) {
    if (page.some(({ gateway }) => gateway !== engine.gateway.name)) return true;
  }
  return false;
}

import { dashed } from '../../domain/ids.ts';
import type { NextCharge, PaymentRecord } from '../../ports/store.ts';
import { isMadeElsewhere } from '../charges-to-verify.ts';
import { begin, openedRecord, patienceS, startNow } from '../intent.ts';
import { momentOf } from '../moment.ts';
import { derivedKey, isNamedAsDerived } from '../names.ts';
import { problem } from '../problem.ts';
import { showPayment } from '../show.ts';
import { type Charging, type ClientRequest, noteStarted, type Turn } from './request.ts';
import { waitForOwn } from './waiting.ts';

/** Charges a failed order again, under a new key, as its charge `n`. */
export async function openNext(
  charging: Charging,
  request: ClientRequest,
  record: PaymentRecord | null,
  n: number,
): Promise<Turn> {
  const { engine, driver, starting } = charging;
  const { clock, store, policy } = engine;
  if (record === null || request.key === null) return 'again';
  // The row is from another installation and was restored while this process runs. Its next charge would get another key at the gateway.
  if (!isNamedAsDerived(engine, record)) return 'again';
  const other = starting.underWay(request.names);
  if (other !== undefined) {
    await other;
    return 'again';
  }
  const { order } = request;
  const unproved = record.absences > 0;
  if (unproved && (await isMadeElsewhere(engine, record)))
    return problem('other_gateway', showPayment(engine, record));
  const verifyFirst = unproved && policy.contract.lookup;
  const giveUpAfterS = patienceS(engine, request.giveUpAfterS);
  const { start, place } = startNow(engine, { step: verifyFirst ? 'verify' : 'call', giveUpAfterS });
  const opening: NextCharge = {
    paymentId: record.paymentId,
    expected: { seq: record.seq },
    n,
    order,
    gateway: engine.gateway.name,
    chargeKey: derivedKey(engine, order, n),
    // A charge that failed without a decline is looked up once more before anything else is sent.
    verifyFirst,
    key: request.key,
    claimId: dashed(engine.random.hex128()),
    giveUpAfterS,
    openedWallMs: clock.wallMs(),
    start,
  };
  const { claimId } = opening;
  const claimedAt = momentOf(clock);
  const opened = store.openNextCharge(opening);
  starting.note(request.names, opened);
  const result = await opened.catch((error: unknown) => {
    place?.free();
    throw error;
  });
  if (result.kind === 'lost') {
    place?.free();
    request.claims.push({ claimId, claimedAt });
    return 'again';
  }
  engine.databaseClock.note(result.nowMs, claimedAt);
  const next = openedRecord(record, opening, result.nowMs);
  noteStarted(request, next);
  begin(driver, next, { nowMs: result.nowMs, claimedAt, place });
  return waitForOwn(charging, request, next);
}

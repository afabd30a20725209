import type { PaymentRecord } from '../../ports/store.ts';
import { accept, newIntent, startNow } from '../intent.ts';
import { momentOf } from '../moment.ts';
import { stopForNames } from '../names.ts';
import { type Charging, type ClientRequest, noteStarted } from './request.ts';

/**
 * Starts the order's first charge. Null: the order or the key exists already, or another request of this process
 * has just tried to start it. Then the request must read what is stored.
 */
export async function tryAccept(charging: Charging, request: ClientRequest): Promise<PaymentRecord | null> {
  const { engine, driver, starting } = charging;
  const other = starting.underWay(request.names);
  if (other !== undefined) {
    await other;
    return null;
  }
  const { start, place } = startNow(engine, { step: 'call', giveUpAfterS: request.giveUpAfterS });
  const intent = newIntent(engine, request, start);
  const { claimId } = intent;
  const claimedAt = momentOf(engine.clock);
  request.drawn.push(intent.paymentId);
  const accepting = accept(engine, driver, intent, place);
  starting.note(request.names, accepting);
  const result = await accepting;
  if (result.kind !== 'accepted') {
    request.claims.push({ claimId, claimedAt });
    request.perhapsStored ||= result.perhapsOurs;
    if (result.kind === 'other_installation') stopForNames(engine);
    return null;
  }
  noteStarted(request, result.record);
  return result.record;
}

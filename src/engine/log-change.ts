/** What the log says about a payment's changes: alarms, and how it ended. */
import { isSettled } from '../domain/charge.ts';
import type { Alarm, Decision } from '../domain/transition/index.ts';
import type { Log } from '../ports/log.ts';
import type { PaymentRecord } from '../ports/store.ts';

/** What happened, and what the person who reads it should do. */
const ALARMS: Readonly<Record<Alarm, string>> = {
  gateway_forbidden:
    'the gateway answered 401 or 403: it refuses our credentials, or this order; the order waits, until its give_up_after_s if it has one, and if a second order is refused, all calls are paused: fix the credentials (GATEWAY_TOKEN), or ask the gateway about this order',
  needs_review: 'the outcome of this payment cannot be proved: look its charge up at the gateway',
  duplicate_charge: 'the gateway holds more than one live charge of this order: refund the surplus there',
  other_gateway:
    'an earlier charge of this order at another gateway may have moved money, and this process cannot ask that gateway: look the charge up there; nothing more is sent for the order, and if it is paid already, refund the surplus',
  evidence_waits:
    'late evidence about a charge of this settled order cannot be checked, because the gateway has given no answer for too long: look its charges up there; a failed order is not charged again meanwhile',
};

export function logChange(log: Log, record: PaymentRecord, decision: Decision): void {
  const fields = {
    payment_id: record.paymentId,
    status: record.charge.status,
    event: decision.event.type,
    detail: decision.event.detail,
    attempts: record.charge.attempts,
  };
  if (decision.alarm !== undefined) log.error({ ...fields, alarm: decision.alarm }, ALARMS[decision.alarm]);
  else if (isSettled(record.charge.status)) log.info(fields, 'payment settled');
}

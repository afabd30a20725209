/** What the log says about a payment's changes: alarms, and how it ended. */

import type { EventType } from '../domain/events.ts';
import { isSettled } from '../domain/operation.ts';
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

/** Alarms that stand as long as the gateway says nothing else; the others end with the payment's REVIEW, or not at all. */
const WAITING: ReadonlySet<Alarm> = new Set(['gateway_forbidden', 'evidence_waits']);

/** With these the gateway has said nothing that ends an alarm. */
const TELLS_NOTHING: ReadonlySet<EventType> = new Set([
  'call.started',
  'call.not_sent',
  'call.refused',
  'call.unknown',
  'lookup.started',
  'lookup.unavailable',
  'verify.started',
  'verify.unavailable',
]);

/** More standing alarms than a person will let stand; beyond it they are forgotten, and have no end in the log. */
const MAX_STANDING = 10_000;

/** `before`: the payment as it was before the change; `record`: as it is now. */
export type ChangeLog = (before: PaymentRecord, record: PaymentRecord, decision: Decision) => void;

/** What one process says. It knows of the alarms that it raised itself, and of every review. */
export function createChangeLog(log: Log): ChangeLog {
  const standing = new Map<string, Alarm>();

  function endedBy({ operation, paymentId }: PaymentRecord, decision: Decision): Alarm | undefined {
    const { next, event, alarm: raised } = decision;
    const stands = standing.get(paymentId);
    if (stands !== undefined && stands !== raised && !TELLS_NOTHING.has(event.type)) {
      standing.delete(paymentId);
      return stands;
    }
    return operation.status === 'REVIEW' && next.status !== 'REVIEW' ? reviewAlarm(operation) : undefined;
  }

  return (before, record, decision) => {
    const fields = {
      payment_id: record.paymentId,
      status: record.operation.status,
      event: decision.event.type,
      detail: decision.event.detail,
      attempts: record.operation.attempts,
    };
    const { alarm } = decision;
    const ended = endedBy(before, decision);
    if (ended !== undefined) log.info({ ...fields, alarm_ended: ended }, 'what this alarm was about is over');
    if (alarm !== undefined) {
      if (standing.size >= MAX_STANDING) standing.clear();
      if (WAITING.has(alarm)) standing.set(record.paymentId, alarm);
      log.error({ ...fields, alarm }, ALARMS[alarm]);
    } else if (isSettled(record.operation.status)) log.info(fields, 'payment settled');
  };
}

/** The alarm with which the payment went to REVIEW. */
function reviewAlarm({ failureCode }: PaymentRecord['operation']): Alarm {
  return failureCode === 'duplicate_charge' || failureCode === 'other_gateway' ? failureCode : 'needs_review';
}

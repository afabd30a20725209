/** What the log says about the changes of a payment or a refund: alarms, and how it ended. */

import { isSettled } from '../domain/operation.ts';
import type { Alarm, Decision } from '../domain/transition/index.ts';
import type { Gateway } from '../ports/gateway.ts';
import type { Log } from '../ports/log.ts';
import type { PaymentRecord } from '../ports/store.ts';
import { type Engine, roomOf } from './context.ts';
import { namesOf, unitOf } from './unit.ts';

/** What happened, and what the person who reads it should do. */
const ALARMS: Readonly<Record<Alarm, string>> = {
  gateway_forbidden:
    'the gateway answered 401 or 403: it refuses our credentials, or this order; the order waits, until its give_up_after_s if it has one, and if a second order is refused, all calls are paused: fix the credentials, or ask the gateway about this order',
  needs_review:
    'the outcome of this payment cannot be proved, or the gateway shows other terms than were asked for (detail says which): look its charge up at the gateway, then ask for look-now or resolve it',
  duplicate_charge: 'the gateway holds more than one live charge of this order: refund the surplus there',
  duplicate_refund: 'the gateway holds more than one live refund under one key: look at the charge there',
  duplicate_capture: 'the gateway holds more than one capture under one key: look at the charge there',
  duplicate_void: 'the gateway holds more than one void under one key: look at the charge there',
  captured_elsewhere:
    'an authorised charge was captured at the gateway, and not by a capture that has succeeded here: the payment is COMPLETED with what was captured; if a capture here has failed, it may be that one; if not, find out who captures there',
  authorization_unknown:
    'the time of an authorisation is over, and the gateway does not say what has become of it: look the charge up there, and capture or void it if it still holds the money',
  capture_landed_late:
    'a capture that counted as failed was made by the gateway after all: the payment is COMPLETED; compare what was captured with what the customer should pay',
  void_landed_late:
    'a void that counted as failed was made by the gateway after all: the payment is VOIDED, so nothing is paid',
  refund_failed_late:
    'a refund that had succeeded has failed since, so the customer does not get the money: refund again under a new refund_id, or pay it in another way',
  refund_landed_late:
    'a refund that counted as failed was made by the gateway after all: it counts now; compare the refunds of this payment with what the customer should get',
  operator_refuted:
    'an operator has stated how this ended, and the gateway shows something else: what was stated does not count; read the events, and compare with the gateway',
  other_gateway:
    'an earlier charge of this order at another gateway may have moved money, and this process cannot ask that gateway: look the charge up there; nothing more is sent for the order, and if it is paid already, refund the surplus',
  evidence_waits:
    'late evidence about a charge of this settled order cannot be checked, because the gateway has given no answer for too long: look its charges up there; a failed order is not charged again meanwhile',
};

/** `before`: it as it was before the change; `record`: as it is now. */
export type ChangeLog = (before: PaymentRecord, record: PaymentRecord, decision: Decision) => void;

export function createChangeLog(engine: Pick<Engine, 'log' | 'standing' | 'rooms' | 'gateway'>): ChangeLog {
  const { log, standing, gateway } = engine;
  return (before, record, { event, alarm }) => {
    const { operation, seq } = record;
    const room = roomOf(engine, record);
    const fields = {
      ...namesOf(record),
      status: operation.status,
      event: event.type,
      detail: event.detail,
      attempts: operation.attempts,
    };
    for (const ended of standing.endedBy(unitOf(record), { seq, type: event.type }))
      logEnd(log, fields, ended);
    if (before.operation.status === 'REVIEW' && operation.status !== 'REVIEW')
      logEnd(log, fields, reviewAlarm(before.operation));
    if (alarm === undefined) {
      if (isSettled(operation.status)) log.info(fields, room.ended);
      return;
    }
    const isNews = standing.raised(record, alarm);
    // An order that is refused with each try is one alarm. What comes once a day is repeated.
    if (isNews || alarm !== 'gateway_forbidden')
      log.error({ ...fields, alarm }, nameCredentials(room.alarms[alarm] ?? ALARMS[alarm], gateway));
  };
}

/** Says where the credentials are set, if that is known. */
function nameCredentials(text: string, { credentials }: Gateway): string {
  return credentials === undefined
    ? text
    : text.replace('fix the credentials', `fix the credentials (${credentials})`);
}

export function logEnd(log: Log, fields: Record<string, unknown>, alarm: Alarm): void {
  log.info({ ...fields, alarm_ended: alarm }, 'what this alarm was about is over');
}

/** The alarm with which it went to REVIEW. */
function reviewAlarm({ failureCode }: PaymentRecord['operation']): Alarm {
  return isAlarm(failureCode) ? failureCode : 'needs_review';
}

/** Some reasons of a review are alarms of their own. */
function isAlarm(reason: string | null): reason is Alarm {
  return reason !== null && Object.hasOwn(ALARMS, reason);
}

/** What whoever runs Payonce is told about endpoints: those that stop getting events, or get them slowly. It is in the log. */
import { SICK_AFTER } from '../domain/outgoing/schedule.ts';
import type { Log } from '../ports/log.ts';
import type { Claimed, Noted } from '../ports/outgoing.ts';

export function tell(log: Log, claimed: Claimed, { gone, failures, next, status, error }: Noted): void {
  const fields = {
    account_id: claimed.accountId,
    endpoint_id: claimed.endpointId,
    event_id: claimed.eventId,
    status,
    ...(error === null ? {} : { error }),
  };
  const wasSick = claimed.failures >= SICK_AFTER;
  const isSick = failures >= SICK_AFTER;
  if (gone)
    log.warn(
      fields,
      'a webhook endpoint answered 410, so it is disabled: it gets no events until somebody enables it',
    );
  else if (next === 'DEAD')
    log.warn(fields, 'an event was given up after three days of tries: it can be sent again');
  else if (isSick && !wasSick)
    log.warn(
      fields,
      'a webhook endpoint fails or is slow: it gets one event at a time until it answers 2xx quickly',
    );
  else if (wasSick && !isSick) log.info(fields, 'a webhook endpoint works again');
}

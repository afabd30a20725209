/** Events for merchants on PostgreSQL. */
import type { DeliveryQueue, EndpointBooks } from '../../ports/outgoing.ts';
import { createSession, type SessionOptions } from '../session.ts';
import { claim } from './claim.ts';
import { deliveries } from './deliveries.ts';
import { endpoints } from './endpoints.ts';
import { note } from './note.ts';
import { createPlan } from './plan.ts';
import { tidy } from './tidy.ts';

export function createEndpointBooks(options: SessionOptions): EndpointBooks {
  const session = createSession(options);
  return { ...endpoints(session), ...deliveries(session) };
}

export function createDeliveryQueue(options: SessionOptions): DeliveryQueue {
  const session = createSession(options);
  return {
    plan: createPlan(session),
    claim: (wanted) => claim(session, wanted),
    note: (claimed, noted) => note(session, claimed, noted),
    tidy: () => tidy(session),
  };
}

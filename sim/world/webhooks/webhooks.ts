/** The gateway tells what happens in its ledger. Its events get lost, come late, often, or wrong, and to processes that cannot take them. */
import { orderReference } from '../../../src/domain/ids.ts';
import type { Fate } from '../../../src/domain/outcomes.ts';
import type { Tape } from '../../core/tape.ts';
import type { BookedCharge, BookedRefund } from '../../gateway/model.ts';
import type { WebhookFault, WebhookPlan } from '../../plan/webhooks.ts';
import type { World } from '../world.ts';
import { createDelivering, type Delivering } from './deliver.ts';
import { type About, bodyOf, says } from './event.ts';

export interface Webhooks {
  /** The charge has changed, or was made. */
  charge(charge: BookedCharge): void;
  /** The same for a refund. */
  refund(refund: BookedRefund): void;
  /** Whether an event is on its way. */
  busy(): boolean;
}

/** An event, whoever sent it. */
export interface Event {
  /** In the order in which events of the gateway happened. */
  readonly n: number;
  readonly about: About;
  readonly says: Fate;
  readonly accountId: string;
  readonly orderId: string;
  readonly body: string;
  /** `forged`: by somebody else. `foreign`: about another installation's order. */
  readonly kind: 'own' | 'foreign' | 'forged';
}

const OTHER_INSTALLATION_ID = '1d8f4f0e-95f5-4d5c-8a3e-7f2a5a1f2b12';
const UNKNOWN_ORDER = 'order-unknown';

const FLOOD = 30;
const FLOOD_GAP_MS = 300;
const LATE_MS = [5000, 60_000, 600_000] as const;

const OPPOSITE: Readonly<Record<Fate, Fate>> = {
  live: 'declined',
  pending: 'declined',
  declined: 'live',
  reversed: 'live',
};

/** @param tape what every choice about events is drawn from */
export function createWebhooks(world: World, plan: WebhookPlan, tape: Tape): Webhooks {
  const delivering = createDelivering(world, tape);
  let events = 0;

  function happens(fault: WebhookFault): boolean {
    const does = !world.healed && tape.chance(plan[fault] ?? 0);
    if (does) world.marks.hit(fault);
    return does;
  }

  function changed(about: About): void {
    const named = world.ordersByReference.get(about.booked.reference);
    const truth = says(about);
    // The gateway has booked it under a wrong reference, or nothing has happened yet.
    if (named === undefined || truth === null) return;
    // The object changes, and the event shows what it was.
    const copy = { ...about, booked: { ...about.booked } } as About;
    const fate = happens('webhook_contradicts') ? OPPOSITE[truth] : truth;
    const event = eventOf(copy, fate, named, 'own');
    sendMore(copy, fate, named);
    if (happens('webhook_lost')) return;
    send(delivering, event);
  }

  function eventOf(
    about: About,
    fate: Fate,
    { accountId, orderId }: { readonly accountId: string; readonly orderId: string },
    kind: Event['kind'],
  ): Event {
    events += 1;
    return { n: events, about, says: fate, accountId, orderId, body: bodyOf(about, fate, orderId), kind };
  }

  function send({ begin }: Delivering, event: Event): void {
    const delayMs = happens('webhook_late') ? tape.below(tape.pick(LATE_MS)) : 1 + tape.below(20);
    begin(event, delayMs);
    if (happens('webhook_twice')) begin(event, delayMs + tape.below(5000));
    if (!happens('webhook_flood')) return;
    for (let count = 1; count <= FLOOD; count += 1) begin(event, delayMs + count * FLOOD_GAP_MS);
  }

  /** What comes beside the event itself. */
  function sendMore(
    about: About,
    fate: Fate,
    named: { readonly accountId: string; readonly orderId: string },
  ): void {
    const { accountId, orderId } = named;
    const aboutAnother = (reference: string): About =>
      ({ ...about, booked: { ...about.booked, reference } }) as About;
    if (happens('webhook_of_unknown_order')) {
      const unknown = aboutAnother(world.referenceOf(accountId, UNKNOWN_ORDER));
      send(delivering, eventOf(unknown, fate, { accountId, orderId: UNKNOWN_ORDER }, 'own'));
    }
    if (happens('webhook_of_another_installation')) {
      const foreign = aboutAnother(orderReference(OTHER_INSTALLATION_ID, accountId, orderId));
      send(delivering, eventOf(foreign, OPPOSITE[fate], named, 'foreign'));
    }
    if (happens('webhook_forged')) send(delivering, eventOf(about, OPPOSITE[fate], named, 'forged'));
  }

  return {
    charge: (booked) => changed({ kind: 'charge', booked }),
    refund: (booked) => changed({ kind: 'refund', booked }),
    busy: delivering.busy,
  };
}

/** A gateway that sends none. */
export const SILENT: Webhooks = { charge: () => {}, refund: () => {}, busy: () => false };

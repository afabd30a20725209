/** Which events (webhooks) the gateway of a world sends, and what goes wrong with them. */
import type { Tape } from '../core/tape.ts';

/** What happens to one event. Several may happen to the same one. */
export const WEBHOOK_FAULTS = [
  'webhook_lost',
  /** It comes up to ten minutes late, so that later ones overtake it. */
  'webhook_late',
  'webhook_twice',
  /** It comes again and again, and each time its gateway wants an answer. */
  'webhook_flood',
  /** It says the opposite of what is in the ledger. */
  'webhook_contradicts',
  /** One more comes, about an order of ours that the database does not have. */
  'webhook_of_unknown_order',
  /** One more comes, about an order of another installation that has the same order id. */
  'webhook_of_another_installation',
  /** One more comes, and the gateway has not signed it. */
  'webhook_forged',
] as const;

export type WebhookFault = (typeof WEBHOOK_FAULTS)[number];

/** Chances in a thousand, for each event. */
export type WebhookPlan = Readonly<Partial<Record<WebhookFault, number>>>;

/** How many worlds in a thousand have a gateway that sends events. */
const WITH_WEBHOOKS = 250;

/** Null: the gateway sends none. */
export function drawWebhooks(tape: Tape): WebhookPlan | null {
  if (!tape.chance(WITH_WEBHOOKS)) return null;
  const plan: Partial<Record<WebhookFault, number>> = {};
  for (const name of WEBHOOK_FAULTS) {
    if (tape.chance(400)) plan[name] = tape.pick([200, 50, 500]);
  }
  return plan;
}

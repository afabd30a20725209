/** The texts of the problems that an event can be answered with. None tells a forger why. */
import type { WebhookAnswer, WebhookProblem } from '../api.ts';
import { COMMON_DETAILS } from '../common-details.ts';
import { RETRY_AFTER_MS } from '../retry-after.ts';

const DETAILS: Readonly<Record<WebhookProblem, string>> = {
  not_found:
    'No events are taken here: this server has no gateway of this name, or no webhook secret for it. Nothing was stored or sent.',
  webhook_refused:
    'It is not proved that the gateway sent this event just now. Nothing was stored or sent. The log of this server says more.',
  webhook_not_noted:
    'This event could not be noted yet: its payment is being worked on, or too many events came at once. Nothing was stored. Send it again.',
  shutting_down: COMMON_DETAILS.shutting_down,
  installation_changed: COMMON_DETAILS.installation_changed,
};

export function webhookProblem(code: WebhookProblem): Extract<WebhookAnswer, { kind: 'problem' }> {
  const wait = code === 'webhook_not_noted' ? { retryAfterMs: RETRY_AFTER_MS } : {};
  return { kind: 'problem', code, detail: DETAILS[code], ...wait };
}

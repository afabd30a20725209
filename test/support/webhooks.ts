/** Events of a scripted gateway about the order `o1`, in virtual time. Their body is what the adapter reads from them. */
import type { GatewayNote, WebhookReading } from '../../src/domain/gateway-note.ts';
import { orderReference } from '../../src/domain/ids.ts';
import type { WebhookAnswer } from '../../src/engine/api.ts';
import type { Gateway } from '../../src/ports/gateway.ts';
import { INSTALLATION_ID, type VirtualReplica, type VirtualWorld } from './virtual-world.ts';

/** The gateway, and it sends events. */
export function withWebhooks<G extends Gateway>(gateway: G): G {
  const webhooks: NonNullable<Gateway['webhooks']> = ({ body }) =>
    JSON.parse(Buffer.from(body).toString('utf8')) as WebhookReading;
  return Object.assign(gateway, { webhooks });
}

export interface Sender {
  /** Delivers what the adapter reads, and does not let time pass. */
  deliver(reading: unknown): Promise<WebhookAnswer>;
  /** Delivers a note about `o1`, and lets time pass until it is answered: `taken`, or the code of the problem. */
  send(says: GatewayNote['says'], changes?: Partial<GatewayNote>): Promise<string>;
}

/** The note of an event about `o1`. The charge that it names is not known, unless that is changed. */
export function noteOf(says: GatewayNote['says'], changes: Partial<GatewayNote> = {}): GatewayNote {
  const { accountId = null, orderId = 'o1' } = changes;
  const reference = orderReference(INSTALLATION_ID, accountId ?? 'default', orderId);
  return { accountId, orderId, reference, kind: 'charge', key: null, ref: null, says, ...changes };
}

export function sender(world: VirtualWorld, { engine }: Pick<VirtualReplica, 'engine'>): Sender {
  const deliver = (reading: unknown) =>
    engine.gatewayWebhook({
      gateway: null,
      accountId: 'default',
      body: Buffer.from(JSON.stringify(reading) ?? ''),
      headers: {},
    });
  return {
    deliver,
    async send(says, changes) {
      const answer = await world.ended(deliver({ kind: 'note', note: noteOf(says, changes) }));
      return answer.kind === 'taken' ? 'taken' : answer.code;
    },
  };
}

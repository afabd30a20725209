/** What every adapter that takes events must do: only what the gateway signed just now is about anything. */
import type { WebhookReading } from '../domain/gateway-note.ts';
import type { WebhookDelivery } from '../ports/gateway.ts';
import { type GatewayHarness, REQUEST, type WebhookDialect } from './harness.ts';
import type { Suite } from './suite.ts';

const NOW_MS = 1_900_000_000_000;
const DAY_MS = 86_400_000;

export function collectWebhooks(suite: Suite, { connect }: GatewayHarness, dialect: WebhookDialect): void {
  const { describe, test, expect } = suite;
  describe('events', () => {
    async function read(delivery: WebhookDelivery, wallMs = NOW_MS): Promise<WebhookReading> {
      const gateway = connect(NOWHERE);
      try {
        if (gateway.webhooks === undefined) throw new Error('The adapter takes no events.');
        return gateway.webhooks(delivery, wallMs);
      } finally {
        await gateway.close();
      }
    }
    const signed = () => dialect.succeeded(REQUEST, NOW_MS);

    test('one that the gateway signed just now names our charge', async () => {
      const { orderId, reference } = REQUEST;
      const note = { orderId, reference, kind: 'charge', says: 'live' };
      expect(await read(signed())).toMatchObject({ kind: 'note', note });
    });

    test('with another body than the signed one is forged', async () => {
      const { body, headers } = signed();
      expect(await read({ body: Buffer.concat([body, Buffer.from(' ')]), headers })).toMatchObject({
        kind: 'forged',
      });
    });

    test('without its headers is forged', async () => {
      expect(await read({ body: signed().body, headers: {} })).toMatchObject({ kind: 'forged' });
    });

    test.each([
      ['a day ago', NOW_MS + DAY_MS],
      ['a day ahead', NOW_MS - DAY_MS],
    ])('that was signed %s is forged', async (_when, wallMs) => {
      expect(await read(signed(), wallMs)).toMatchObject({ kind: 'forged' });
    });

    test('that is empty is forged, and nothing is thrown', async () => {
      expect(await read({ body: Buffer.alloc(0), headers: signed().headers })).toMatchObject({
        kind: 'forged',
      });
    });
  });
}

/** Nothing is ever sent there. */
export const NOWHERE = 'http://127.0.0.1:9';

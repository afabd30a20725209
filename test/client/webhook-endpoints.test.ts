/** The client's endpoints against the real service and a real PostgreSQL. */
import { expect, test } from 'vitest';
import { createClient } from '../../src/client/client.ts';
import { WEBHOOK_EVENT_TYPES } from '../../src/client/webhook-event-types.ts';
import { OUTGOING_TYPES } from '../../src/domain/outgoing/event-types.ts';
import { outgoingOf, SECRET } from '../outgoing/world.ts';
import { createCapturingGateway } from '../support/capturing.ts';
import { openService } from './service.ts';

const URL_A = 'https://shop.example/a';

test('an endpoint from its beginning to its end', async () => {
  const service = await openService(createCapturingGateway(), (pool) => ({ outgoing: outgoingOf(pool) }));
  const { webhookEndpoints: endpoints } = createClient({ baseUrl: await service.listen() });

  const { secret, ...made } = await endpoints.create({ url: URL_A, eventTypes: ['payment.failed'] });
  expect(secret).toBe(SECRET);
  expect(made).toMatchObject({ url: URL_A, eventTypes: ['payment.failed'], status: 'ENABLED' });
  const { endpointId } = made;
  expect(await endpoints.find(endpointId)).toEqual(made);
  await expect(endpoints.create({ url: URL_A })).rejects.toMatchObject({
    code: 'webhook_endpoint_exists',
    mayBeDone: false,
  });
  await expect(endpoints.create({ url: 'ftp://shop.example' })).rejects.toMatchObject({
    code: 'invalid_request',
    fields: [{ at: '/url' }],
  });

  const off = await endpoints.update(endpointId, { enabled: false, eventTypes: null, description: 'A' });
  expect(off).toMatchObject({ status: 'DISABLED', disabledReason: 'by_request', eventTypes: null });
  expect(await endpoints.update(endpointId, { enabled: true })).toMatchObject({
    status: 'ENABLED',
    description: 'A',
  });
  const rotated = await endpoints.rotateSecret(endpointId, { overlapS: 3600 });
  expect(rotated.previousSecretUntilMs).toBeGreaterThan(rotated.updatedAtMs);

  const sent = await endpoints.sendTest(endpointId);
  expect(sent).toMatchObject({ type: 'webhook.test', paymentId: null, status: 'PENDING', attempts: 0 });
  expect(await endpoints.findDelivery(endpointId, sent.eventId)).toEqual({ ...sent, tries: [] });
  expect(await endpoints.findDelivery(endpointId, 'evt_none')).toBeNull();
  expect((await endpoints.resend(endpointId, sent.eventId)).eventId).toBe(sent.eventId);
  expect(await endpoints.resendSince(endpointId, sent.happenedAtMs)).toEqual({ resent: 0, more: false });
  const pending = await endpoints.deliveries(endpointId, { status: 'PENDING' }).page();
  expect(pending.things.map(({ eventId }) => eventId)).toEqual([sent.eventId]);

  const other = await endpoints.create({ url: 'https://shop.example/b' });
  const listed: string[] = [];
  for await (const each of endpoints.list({ pageSize: 1 })) listed.push(each.endpointId);
  expect(listed).toEqual([other.endpointId, endpointId]);
  await endpoints.remove(endpointId);
  await endpoints.remove(endpointId);
  expect(await endpoints.find(endpointId)).toBeNull();
});

test('the client knows every event of the server, and no other', () => {
  expect(WEBHOOK_EVENT_TYPES).toEqual(OUTGOING_TYPES);
});

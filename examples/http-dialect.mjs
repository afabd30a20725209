/** How a gateway of the protocol in docs/fake-gateway.md writes its answers. Write the same for your gateway, from its documentation. */
import { createHmac } from 'node:crypto';

/** Signs the events. It protects nothing. */
export const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

/** @param {number} status @param {unknown} value */
const json = (status, value) => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify(value),
});

/** @type {(request: import('payonce').ChargeRequest, status: string, changes?: import('payonce/testing').ChargeChanges) => Record<string, unknown>} */
export function charge(request, status, changes = {}) {
  return {
    id: changes.id ?? 'ch_default',
    status: changes.status ?? status,
    amount: changes.amountMinor ?? request.amountMinor,
    currency: changes.currency ?? request.currency,
    reference: changes.reference ?? request.reference,
    idempotency_key: changes.key ?? request.key,
    ...(status === 'declined' ? { code: changes.code ?? 'card_declined' } : {}),
  };
}

/** @type {import('payonce/testing').Dialect} */
export const charges = {
  finalErrors: [400, 404, 413, 500],
  declineIsFinal: true,
  listsOneKey: true,
  approved: (request, changes) => json(200, charge(request, 'succeeded', changes)),
  pending: (request, changes) => json(202, charge(request, 'pending', changes)),
  declined: (request, changes) => json(402, charge(request, 'declined', changes)),
  busy: () => json(409, { error: 'in_progress' }),
  keyReused: () => json(422, { error: 'key_reused' }),
  found: (request, list) =>
    json(200, {
      data: list.map((changes) => charge(request, changes.status ?? 'succeeded', changes)),
      idempotency_key: request.key,
    }),
  failed: ({ key }) => json(500, { error: 'Gateway error', idempotency_key: key }),
  plain: (status) => json(status, { error: 'Gateway error' }),
};

/** @type {(request: import('payonce').RefundRequest, status: string, changes?: import('payonce/testing').RefundChanges) => Record<string, unknown>} */
export function refund(request, status, changes = {}) {
  return {
    id: changes.id ?? 're_default',
    object: 'refund',
    status: changes.status ?? status,
    amount: changes.amountMinor ?? request.amountMinor,
    currency: changes.currency ?? request.currency,
    charge: changes.chargeRef ?? request.chargeRef,
    reference: changes.reference ?? request.reference,
    idempotency_key: changes.key ?? request.key,
    code: changes.code,
    created_at: '2030-01-01T00:00:00.000Z',
  };
}

/** @type {import('payonce/testing').RefundDialect} */
export const refunds = {
  succeeded: (request, changes) => json(200, refund(request, 'succeeded', changes)),
  pending: (request, changes) => json(202, refund(request, 'pending', changes)),
  failed: (request, changes) => json(402, refund(request, 'failed', changes)),
  found: (request, list) =>
    json(200, {
      data: list.map((changes) => refund(request, 'succeeded', changes)),
      idempotency_key: request.key,
    }),
  charge: (request, { id, reference, currency, livemode, refunded }) =>
    json(200, {
      id: id ?? request.chargeRef,
      status: 'succeeded',
      amount: 10_000,
      currency: currency ?? request.currency,
      reference: reference ?? request.reference,
      idempotency_key: 'the key of the charge',
      livemode,
      captured: 10_000,
      refunded,
    }),
  error: ({ key }, status, word) => json(status, { error: word, idempotency_key: key }),
  plain: (status, word = 'Gateway error') => json(status, { error: word }),
};

/** @type {(request: { key: string, reference: string, currency: string }, report?: import('payonce/testing').AuthorizedReport, id?: string) => Record<string, unknown>} */
export function authorized(request, report = {}, id = 'ch_default') {
  const { released, capturedMinor = 0, authorizedUntilMs } = report;
  const until = authorizedUntilMs === undefined ? undefined : new Date(authorizedUntilMs).toISOString();
  return {
    id: report.id ?? id,
    status: released === true ? 'voided' : 'succeeded',
    amount: 10_000,
    currency: report.currency ?? request.currency,
    reference: report.reference ?? request.reference,
    idempotency_key: request.key,
    livemode: report.livemode,
    captured: capturedMinor,
    refunded: 0,
    authorized_until: until,
  };
}

/** @type {(kind: import('payonce').ExclusiveKind, request: import('payonce').CaptureRequest, status: string, changes?: import('payonce/testing').CaptureChanges) => Record<string, unknown>} */
const captureOrVoid = (kind, request, status, changes = {}) => ({
  ...refund(request, status, changes),
  id: changes.id ?? 'x_default',
  object: kind,
});

/** @type {import('payonce/testing').CaptureDialect} */
export const captures = {
  authorized: (request, report) => json(200, authorized(request, report)),
  charges: (request, reports) =>
    json(200, { data: reports.map((report) => authorized(request, report)), idempotency_key: request.key }),
  succeeded: (kind, request, changes) => json(200, captureOrVoid(kind, request, 'succeeded', changes)),
  pending: (kind, request, changes) => json(202, captureOrVoid(kind, request, 'pending', changes)),
  failed: (kind, request, changes) => json(402, captureOrVoid(kind, request, 'failed', changes)),
  found: (kind, request, list) =>
    json(200, {
      data: list.map((changes) => captureOrVoid(kind, request, 'succeeded', changes)),
      idempotency_key: request.key,
    }),
  behind: (request, report) =>
    json(200, authorized({ ...request, key: 'the key of the charge' }, report, request.chargeRef)),
  error: ({ key }, status, word) => json(status, { error: word, idempotency_key: key }),
};

/** @type {import('payonce/testing').WebhookDialect} */
export const webhooks = {
  succeeded(request, wallMs) {
    const data = { ...charge(request, 'succeeded'), order_id: request.orderId, livemode: true };
    const body = JSON.stringify({ type: 'charge.succeeded', data });
    const [id, timestamp] = ['evt_1', String(wallMs / 1000)];
    const key = Buffer.from(WEBHOOK_SECRET.slice('whsec_'.length), 'base64');
    const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
    return {
      body: Buffer.from(body),
      headers: {
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${signature}`,
      },
    };
  },
};

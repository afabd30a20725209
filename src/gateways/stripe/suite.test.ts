/** The checks of every adapter, in Stripe's words: what is lost, late, cut off or mixed up on the wire. */
import { describe, test } from 'vitest';
import { CONTRACT } from '../../../test/support/contract.ts';
import { errorAnswer, intentBody, json, listBody } from '../../../test/support/stripe-answers.ts';
import { TEST_KEY } from '../../../test/support/stripe-world.ts';
import type { ChargeRequest } from '../../domain/outcomes.ts';
import type { Gateway, TwoSteps } from '../../ports/gateway.ts';
import type { ChargeChanges, ConnectSettings, Dialect, TwoStepsDialect } from '../../testing/index.ts';
import { gatewayChecks } from '../../testing/index.ts';
import { stripeGateway } from './index.ts';

const STATUSES: Readonly<Record<string, string>> = {
  succeeded: 'succeeded',
  pending: 'processing',
  declined: 'requires_payment_method',
};

/** The suite reports charges; an intent is one, with `ch_1` as its handle. */
function intent(request: ChargeRequest, changes: ChargeChanges = {}): Record<string, unknown> {
  const { id = 'ch_1', status = 'succeeded', amountMinor = request.amountMinor, ...names } = changes;
  const { currency = request.currency, key = request.key, reference = request.reference } = names;
  const isBack = ['refunded', 'voided', 'canceled'].includes(status);
  const isPaid = isBack || status === 'succeeded';
  return intentBody({
    id,
    status: isBack ? 'succeeded' : (STATUSES[status] ?? status),
    amount: amountMinor,
    amount_received: isPaid ? amountMinor : 0,
    currency: currency.toLowerCase(),
    latest_charge: { id: 'ch_9', object: 'charge', refunded: isBack },
    metadata: { key, reference },
  });
}

const named = (request: ChargeRequest) => ({ 'idempotency-key': request.key });

const dialect: Dialect = {
  finalErrors: [400, 404, 500],
  declineIsFinal: false,
  listsOneKey: false,
  approved: (request, changes) => json(intent(request, changes), 200, named(request)),
  pending: (request, changes) =>
    json(intent(request, { status: 'pending', ...changes }), 200, named(request)),
  declined: (request, changes) =>
    errorAnswer(
      402,
      {
        type: 'card_error',
        code: changes?.code ?? 'card_declined',
        payment_intent: intent(request, { status: 'declined', ...changes }),
      },
      named(request),
    ),
  busy: () => errorAnswer(409, { code: 'idempotency_key_in_use' }),
  keyReused: () => errorAnswer(400, { type: 'idempotency_error' }),
  found: (request, charges) => json(listBody(charges.map((changes) => intent(request, changes)))),
  failed: (request) => errorAnswer(500, { type: 'api_error' }, named(request)),
  plain: (status) => errorAnswer(status, { type: status === 500 ? 'api_error' : 'invalid_request_error' }),
};

/** The suite makes an adapter at once, and asks without handles: a call gets the one of its answer, a lookup lists. */
function connect(origin: string, settings: ConnectSettings = {}): Gateway {
  const opening = stripeGateway({ secretKey: TEST_KEY, account: 'acct_1', apiBase: origin, ...settings });
  const handleOf = (key: string): string => (key.startsWith('key-') ? `ch_${key.slice(4)}` : 'ch_1');
  return {
    name: 'stripe:acct_1',
    contract: { ...CONTRACT, steps: 'two' },
    call: async (request, options) =>
      (await opening).call({ ...request, handle: handleOf(request.key) }, options),
    lookup: async (request, options) => (await opening).lookup(request, options),
    twoSteps: {
      prepare: async (request, options) => stepsOf(await opening).prepare(request, options),
      seal: async (request, options) => stepsOf(await opening).seal(request, options),
    },
    close: async () => (await opening).close(),
  };
}

function stepsOf({ twoSteps }: Gateway): TwoSteps {
  if (twoSteps === undefined) throw new Error('Stripe charges in two steps.');
  return twoSteps;
}

const twoSteps: TwoStepsDialect = {
  prepared: (request, handle) =>
    json(intent(request, { id: handle, status: 'requires_confirmation' }), 200, {
      'idempotency-key': request.prepareKey,
    }),
};

describe('gateway adapter: stripe', () => {
  for (const { name, run } of gatewayChecks({ dialect, twoSteps, connect, reasons: 'exact' }))
    test(name, run);
});

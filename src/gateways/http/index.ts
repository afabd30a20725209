/**
 * The adapter for any gateway that speaks Payonce's HTTP protocol (`docs/fake-gateway.md`). It turns a request into one HTTP exchange,
 * and the exchange into an outcome. It never retries and never follows a redirect.
 */
import { DEFAULT_ACCOUNT } from '../../domain/fields.ts';
import type { CallOutcome, ChargeRequest, LookupOutcome, NotSent } from '../../domain/outcomes.ts';
import type { CallOptions, ExchangeOptions, Gateway } from '../../ports/gateway.ts';
import { judgeExchange } from './answers.ts';
import { createLookUpByKey } from './by-key.ts';
import { createCaptures } from './captures.ts';
import { CHARGES } from './effects.ts';
import type { HttpGatewayOptions } from './options.ts';
import { createRefunds } from './refunds.ts';
import { createWebhookReader } from './webhooks.ts';
import { openWire } from './wire.ts';

/**
 * The adapter for any gateway that speaks the HTTP protocol of `docs/fake-gateway.md`. It connects with the first call.
 *
 * @throws TypeError if the URL cannot be a base (another scheme, or with credentials, a query or a fragment), if the token or a header has
 * signs that cannot be sent, or if a webhook secret has another form than `whsec_<base64>`.
 *
 * @example
 * const gateway = createHttpGateway({ url: 'https://gateway.example/v1', token, contract });
 * const payonce = await createPayonce({ pool, gateway });
 */
export function createHttpGateway(options: HttpGatewayOptions): Gateway {
  const livemode = options.livemode ?? true;
  const { webhookSecrets = [] } = options;
  const webhooks =
    webhookSecrets.length === 0 ? {} : { webhooks: createWebhookReader(webhookSecrets, livemode) };
  const wire = openWire(options);
  const lookUp = createLookUpByKey(wire, livemode);

  return {
    name: options.name ?? 'http',
    address: new URL(options.url).href.replace(/\/$/, ''),
    contract: options.contract,
    livemode,
    async call(request: ChargeRequest, limits: CallOptions): Promise<CallOutcome | NotSent> {
      const result = await wire.post('/charges', request.key, chargeBody(request), limits);
      return judgeExchange(CHARGES, request, result, { wallMs: Date.now(), livemode });
    },
    lookup: (request: ChargeRequest, limits: ExchangeOptions): Promise<LookupOutcome | NotSent> =>
      lookUp(CHARGES, request, limits),
    refunds: createRefunds(wire, lookUp, livemode),
    // Only a lookup tells what has become of money that is held.
    ...(options.contract.lookup ? { captures: createCaptures(wire, lookUp, livemode) } : {}),
    ...webhooks,
    close: () => wire.close(),
  };
}

function chargeBody(request: ChargeRequest): string {
  return JSON.stringify({
    amount: request.amountMinor,
    currency: request.currency,
    reference: request.reference,
    order_id: request.orderId,
    // So that an event says whose order it is about.
    ...(request.accountId === DEFAULT_ACCOUNT ? {} : { account_id: request.accountId }),
    method: request.method,
    ...(request.captureMethod === undefined ? {} : { capture: false }),
  });
}

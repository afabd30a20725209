/** Makes clients. */
import type { PayonceClient } from './api.ts';
import { capture, voidPayment } from './capturing.ts';
import { charge } from './charge.ts';
import { type Environment, REAL } from './environment.ts';
import type { Line } from './exchange.ts';
import { lookNow, resolve } from './operating.ts';
import { type ClientOptions, readOptions } from './options.ts';
import { readsOf } from './reads.ts';
import { refund } from './refunding.ts';
import { webhookEndpointsOf } from './webhook-endpoints.ts';

/**
 * Makes a client. Nothing is sent. Throws `PayonceInputError` if the options are wrong.
 *
 * @example
 * const payonce = createClient({ baseUrl: 'https://payonce.example.com' });
 */
export function createClient(options: ClientOptions): PayonceClient {
  return createClientIn(options, REAL);
}

/** The same in another time, for tests. */
export function createClientIn(options: ClientOptions, environment: Environment): PayonceClient {
  const line: Line = { settings: readOptions(options), environment };
  return {
    charge: (input, options) => charge(line, input, options),
    capture: (input, options) => capture(line, input, options),
    void: (input, options) => voidPayment(line, input, options),
    refund: (input, options) => refund(line, input, options),
    lookNow: (paymentId, options) => lookNow(line, paymentId, options),
    resolve: (resolution, options) => resolve(line, resolution, options),
    ...readsOf(line),
    webhookEndpoints: webhookEndpointsOf(line),
  };
}

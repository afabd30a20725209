/** Puts the parts together: a fake gateway as a part of a Fastify server. */
import type { FastifyInstance } from 'fastify';
import { createAttempts } from './attempts.ts';
import { GATEWAY_ERROR, VOICE } from './bodies.ts';
import { createOperations } from './charge-operations.ts';
import { createCharges } from './charges.ts';
import { currentSettings } from './faults/current.ts';
import { latencyMs } from './faults/decide.ts';
import { draw } from './faults/random.ts';
import { type FaultSettings, faultSettings } from './faults/settings.ts';
import { addJudgeRoutes } from './http/judge.ts';
import { addErrorRoutes, addProtocolRoutes, type Protocol } from './http/routes.ts';
import { createHeldSockets } from './http/send.ts';
import { keepToThisMachine } from './http/this-machine.ts';
import type { Ledger } from './ledger/port.ts';
import { createReads } from './reads.ts';
import { createSleeper } from './sleep.ts';
import { addPages } from './stripe/pages.ts';
import { addStripeRoutes, type StripeOptions } from './stripe/routes.ts';
import { stripeSignature } from './stripe/sign.ts';
import { createStripe } from './stripe/stripe.ts';
import { createAnnouncer } from './webhooks/announce.ts';
import { createWebhookSender, type WebhookOptions } from './webhooks/deliver.ts';
import { standardSignature } from './webhooks/sign.ts';
import { answer, DROP } from './wire.ts';

/** Where the fake gateway logs; a pino logger fits. */
export interface FakeGatewayLog {
  /** A webhook was given up or dropped. */
  warn(fields: object, message: string): void;
  /** The fake gateway itself failed, which is not one of its faults. */
  error(fields: object, message: string): void;
}

/** The options of `createFakeGateway`. */
export interface FakeGatewayOptions {
  /** Where charges are booked: `createMemoryLedger` or `createPostgresLedger`. It stays yours, and must outlive `close()`. */
  readonly ledger: Ledger;
  /** The seed of all randomness: a whole number from 0 to 2^53 - 1. Default 1. */
  readonly seed?: number;
  /**
   * What goes wrong, as in the body of `PUT /_faults`. A fault that is left out does not happen. Settings that are stored in the ledger
   * win over these. Default: nothing goes wrong.
   */
  readonly faults?: unknown;
  /** Where events about charges and refunds are sent. Default: nowhere. */
  readonly webhook?: WebhookOptions;
  /**
   * The Stripe that it emulates at `/stripe/v1`. Default: it takes every test key and sends no events.
   */
  readonly stripe?: StripeOptions & {
    /** Where Stripe's events are sent. Their secret may be any text, as that of Stripe is. Default: nowhere. */
    readonly webhook?: WebhookOptions;
  };
  /** The gateway's clock, in milliseconds since the Unix epoch. By it, charges take effect, become visible and settle. Default: the system's. */
  readonly now?: () => number;
  /**
   * The names of the server. `/_faults` and `/_ledger` answer under these and under those of loopback. Default: none.
   */
  readonly hosts?: readonly string[];
  /**
   * Whether only callers on this machine are answered, under the same names, and none that a proxy has forwarded. Default: no; then `/_faults` and
   * `/_ledger` alone are kept to this machine.
   */
  readonly thisMachineOnly?: boolean;
  /** Where it logs. Default: nowhere. */
  readonly log?: FakeGatewayLog;
}

/** A fake gateway for a Fastify server. */
export interface FakeGateway {
  /**
   * Adds the routes below `prefix` (default: at the root), in their own Fastify context: also `/stripe` and `/v1`, where it is a Stripe.
   * It may be called several times, with several prefixes. When the server begins to close, so does the gateway.
   */
  register(app: FastifyInstance, options?: { readonly prefix?: string }): void;
  /** Drops every answer that is under way, ends all waits and sends no more webhooks. The ledger stays open. */
  close(): void;
}

/** A charge is about 300 bytes. The largest valid one is below 4 kB. */
const BODY_LIMIT_BYTES = 16 * 1024;
const SILENCE: FakeGatewayLog = { warn() {}, error() {} };

/**
 * A payment gateway that fails in every way that gateways fail, as a part of your own Fastify server. `startFakeGateway` starts one with
 * a server.
 *
 * @throws TypeError if the faults or the webhook's secret are not valid.
 *
 * @example
 * const gateway = createFakeGateway({ ledger: createMemoryLedger(), seed: 7, faults: { error_after: 0.2 } });
 * gateway.register(app, { prefix: '/gateway' });
 */
export function createFakeGateway(options: FakeGatewayOptions): FakeGateway {
  const { ledger, seed = 1, hosts = [], thisMachineOnly = false, log = SILENCE } = options;
  const clock = options.now ?? Date.now;
  // The ledger keeps whole milliseconds.
  const now = () => Math.floor(clock());
  const sleeper = createSleeper();
  const held = createHeldSockets(sleeper);
  const current = currentSettings(ledger, faultSettings(options.faults ?? {}, seed), sleeper.sleep);
  const webhooks =
    options.webhook &&
    createWebhookSender(options.webhook, standardSignature(options.webhook.secret), sleeper, { now, log });
  const announce = webhooks && createAnnouncer({ ledger, webhooks, sleeper, now, log });
  const stripeWebhook = options.stripe?.webhook;
  const stripe = createStripe({
    ledger,
    current,
    sleeper,
    now,
    webhooks:
      stripeWebhook &&
      createWebhookSender(stripeWebhook, stripeSignature(stripeWebhook.secret), sleeper, { now, log }),
    onError: (error) =>
      log.warn(
        { err: error },
        'a request to the emulated Stripe that was to land late is waiting: the ledger failed',
      ),
  });
  const run = createAttempts(ledger, current, sleeper, VOICE);

  const protocol: Protocol = {
    charge: createCharges({ ledger, run, now, onBooked: (...booked) => announce?.charge(...booked) }),
    operate: createOperations({ ledger, run, now, onBooked: (...booked) => announce?.operation(...booked) }),
    reads: createReads(ledger, current, sleeper, now),
    start: startSeed(() => current.get(), sleeper.sleep),
    held,
  };

  function close(): void {
    sleeper.close();
    held.close();
  }

  return {
    register(app, { prefix = '' } = {}) {
      app.register(
        async (scope) => {
          if (thisMachineOnly) keepToThisMachine(scope, { hosts, held });
          scope.removeAllContentTypeParsers();
          scope.addContentTypeParser(
            '*',
            { parseAs: 'string', bodyLimit: BODY_LIMIT_BYTES },
            (_request, body, done) => done(null, body),
          );
          addErrorRoutes(
            scope,
            (error) => log.error({ err: error }, 'the fake gateway itself failed; it answered 500'),
            held,
          );
          addProtocolRoutes(scope, protocol);
          // Held connections would keep the server from closing.
          scope.addHook('preClose', async () => close());
          addJudgeRoutes(scope, { ledger, current, seed, now, hosts, held, stripe });
          addPages(scope, stripe, now);
          const routes = {
            stripe,
            options: options.stripe ?? {},
            held,
            onError: (error: Error) =>
              log.error({ err: error }, 'the emulated Stripe itself failed; it answered 500'),
          };
          // Some of Stripe's libraries cannot have a path before `/v1`.
          for (const path of ['/stripe/v1', '/v1']) addStripeRoutes(scope, path, prefix, routes);
        },
        { prefix },
      );
    },
    close,
  };
}

/** The seed's endpoint. Its calls have no key, so faults are drawn by the number of the call. */
function startSeed(
  settingsNow: () => FaultSettings | Promise<FaultSettings>,
  sleep: (ms: number) => Promise<boolean>,
): Protocol['start'] {
  let calls = 0;
  return async () => {
    const settings = await settingsNow();
    calls += 1;
    const call = calls;
    if (!(await sleep(latencyMs(settings, 'start_latency', '', call)))) return DROP;
    const failureRate = settings.error_before.rate + settings.error_after.rate;
    const fails = draw(settings.seed, 'start', '', call) < failureRate;
    return fails ? answer(500, GATEWAY_ERROR) : answer(200, '{"status":"success"}');
  };
}

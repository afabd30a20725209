/** Puts the parts together: a fake gateway as a piece of a Fastify server. */
import type { FastifyInstance } from 'fastify';
import { createAttempts } from './attempts.ts';
import { GATEWAY_ERROR } from './bodies.ts';
import { createOperations } from './charge-operations.ts';
import { createCharges } from './charges.ts';
import { currentSettings } from './faults/current.ts';
import { latencyMs } from './faults/decide.ts';
import { draw } from './faults/random.ts';
import { type FaultSettings, faultSettings } from './faults/settings.ts';
import { addJudgeRoutes } from './http/judge.ts';
import { addErrorRoutes, addProtocolRoutes, type Protocol } from './http/routes.ts';
import { createHeldSockets } from './http/send.ts';
import type { Charge, Ledger } from './ledger/port.ts';
import { createReads } from './reads.ts';
import { createSleeper } from './sleep.ts';
import { createWebhookSender, type WebhookOptions } from './webhooks/deliver.ts';
import { answer, DROP } from './wire.ts';

/** The part of pino's interface that is used. */
export interface FakeGatewayLog {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface FakeGatewayOptions {
  /** Stays the caller's; must outlive `close()`. */
  readonly ledger: Ledger;
  /** Of all chance. A safe integer of at least 0. Default 1. */
  readonly seed?: number;
  /**
   * As the body of `PUT /_faults`: what is left out does not happen. Default: nothing goes wrong. Settings that were
   * put into a shared ledger win over these.
   */
  readonly faults?: unknown;
  /** Default: no webhooks. */
  readonly webhook?: WebhookOptions;
  /** Milliseconds since the epoch, by which charges land, show and settle. Default: the system's clock. */
  readonly now?: () => number;
  /** Where the server listens, as it was configured: `/_faults` and `/_ledger` answer under these names and those of loopback. */
  readonly hosts?: readonly string[];
  /** Default: silence. */
  readonly log?: FakeGatewayLog;
}

export interface FakeGateway {
  /**
   * Adds the routes below `prefix` (default: at the root), in a context of their own. When the server begins to
   * close, so does the gateway.
   */
  register(app: FastifyInstance, options?: { readonly prefix?: string }): void;
  /** Drops what is being answered, ends all waiting and sends no more webhooks. The ledger stays open. */
  close(): void;
}

/** A charge is about 300 bytes; the largest valid one stays below 4 kB. */
const BODY_LIMIT_BYTES = 16 * 1024;
const SILENCE: FakeGatewayLog = { warn() {}, error() {} };

/** @throws TypeError if the faults or the webhook's secret are not valid. */
export function createFakeGateway(options: FakeGatewayOptions): FakeGateway {
  const { ledger, seed = 1, hosts = [], log = SILENCE } = options;
  const clock = options.now ?? Date.now;
  // The ledger keeps whole milliseconds.
  const now = () => Math.floor(clock());
  const sleeper = createSleeper();
  const held = createHeldSockets(sleeper);
  const current = currentSettings(ledger, faultSettings(options.faults ?? {}, seed), sleeper.sleep);
  const webhooks = options.webhook && createWebhookSender(options.webhook, sleeper, { now, log });
  const run = createAttempts(ledger, current, sleeper);

  function announce(charge: Charge, settings: FaultSettings): void {
    const result = charge.settleTo ?? charge.outcome;
    if (webhooks === undefined || (result !== 'succeeded' && result !== 'declined')) return;
    const atMs = charge.settleMs ?? charge.createdMs;
    const tell = () => webhooks.send(`charge.${result}`, charge, Math.max(atMs, now()), settings);
    if (atMs <= now()) tell();
    else sleeper.later(atMs - now(), tell);
  }

  const protocol: Protocol = {
    charge: createCharges({ ledger, run, now, onBooked: announce }),
    operate: createOperations({
      ledger,
      run,
      now,
      onRefunded: (charge, settings) =>
        webhooks?.send('charge.refunded', charge, now(), settings, charge.refunded),
    }),
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
          scope.removeAllContentTypeParsers();
          scope.addContentTypeParser(
            '*',
            { parseAs: 'string', bodyLimit: BODY_LIMIT_BYTES },
            (_request, body, done) => done(null, body),
          );
          addErrorRoutes(scope, (error) => log.error({ err: error }, 'fake gateway failed'), held);
          addProtocolRoutes(scope, protocol);
          // Answers that never come would keep the server from closing.
          scope.addHook('preClose', async () => close());
          addJudgeRoutes(scope, { ledger, current, seed, now, hosts, held });
        },
        { prefix },
      );
    },
    close,
  };
}

/** The seed's endpoint. It has no key, so its calls are told apart by their number. */
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

/** The engine at one gateway: what it is made of, what answers requests there, and what takes up what is due. */
import { type Policy, policiesFor } from '../domain/policy.ts';
import type { Gateway } from '../ports/gateway.ts';
import { wakeAfterOutages } from './after-outage.ts';
import { createAheadMemory } from './ahead-memory.ts';
import type { Payonce, WebhookAnswer, WebhookWanted } from './api.ts';
import { createExclusive } from './capturing/request.ts';
import { createCharging } from './charge.ts';
import type { Charging } from './charging/request.ts';
import type { Engine, Shared } from './context.ts';
import { createDriver } from './drive.ts';
import { createGate, type GateOptions } from './gate.ts';
import { createLateNews } from './late-news.ts';
import { lookNow } from './operator/look-now.ts';
import { resolve } from './operator/resolve.ts';
import { createSweeper } from './recover.ts';
import { createRefunding } from './refunding/refund.ts';
import { createShortage } from './shortage.ts';
import type { Show } from './show-now.ts';
import { createStanding } from './standing.ts';
import { createUnanswered } from './unanswered.ts';
import { createWebhooks } from './webhooks/webhooks.ts';

/** A gateway, and how the engine works there. */
export interface GatewayOptions {
  readonly gateway: Gateway;
  /** The accounts whose new orders are charged there. Default: all, which only a gateway on its own may have. */
  readonly accounts?: readonly string[];
  /** Its contract is the adapter's, for all kinds of effect. */
  readonly policy: Policy;
  readonly gate: Omit<GateOptions, 'clock'>;
}

/** What the requests of one process share, at whichever gateway they end up. */
export interface SharedByRequests
  extends Pick<Charging, 'waiters' | 'cache' | 'starting' | 'answerRetentionMs' | 'homes' | 'chargings'> {
  readonly show: Show;
}

/** The requests that are answered at one gateway. It takes them as long as the engine runs. */
export type Requests = Pick<Payonce, 'charge' | 'refund' | 'capture' | 'void' | 'lookNow' | 'resolve'>;

/** The work at one gateway. */
export interface AtGateway extends Requests {
  /** An event of this gateway. As `Payonce.gatewayWebhook`. */
  webhook(wanted: WebhookWanted): Promise<WebhookAnswer>;
  /** From now on everything that is due at this gateway is taken up. */
  start(): void;
  /** Takes up nothing new, and resolves when everything under way has ended and all late news of money is stored. */
  drain(): Promise<void>;
}

/** The engine at one gateway, with a memory, limits and alarms of its own. */
export function engineAt(shared: Shared, { gateway, policy, gate }: GatewayOptions): Engine {
  const { clock, log } = shared;
  const policies = policiesFor(policy);
  return {
    ...shared,
    gateway,
    policy: policies.charge,
    policies,
    gate: createGate({ clock, log, ...gate }),
    lateNews: createLateNews(),
    ahead: createAheadMemory(),
    shortage: createShortage(clock, log),
    standing: createStanding(clock),
    unanswered: createUnanswered(),
  };
}

/** Makes everything that works at the engine's gateway. Nothing is taken up before `start`. */
export function workAt(engine: Engine, { show, ...requests }: SharedByRequests): AtGateway {
  const { waiters } = requests;
  const driver = createDriver({ engine, onChange: waiters.changed, onForget: waiters.released });
  const sweeper = createSweeper(engine, driver);
  const webhooks = createWebhooks(engine, driver);
  const endWaking = wakeAfterOutages(engine, driver);
  const operating = { engine, driver, show };
  return {
    charge: createCharging({ engine, driver, ...requests }),
    refund: createRefunding({ engine, driver, waiters }),
    capture: createExclusive('capture', { engine, driver, waiters }),
    void: createExclusive('void', { engine, driver, waiters }),
    lookNow: (wanted) => lookNow(operating, wanted),
    resolve: (wanted) => resolve(operating, wanted),
    webhook: webhooks.take,
    start: sweeper.start,
    drain: () => {
      webhooks.close();
      endWaking();
      return Promise.all([sweeper.stop(), driver.drain()]).then(() => engine.lateNews.stored());
    },
  };
}

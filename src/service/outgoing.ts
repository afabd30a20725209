/** Events for merchants: the routes' part from the start on, and what sends them once the engine runs. */
import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { webhookSecrets } from '../config/webhook-secrets.ts';
import type { Config } from '../config.ts';
import type { Payonce } from '../engine/api.ts';
import { exclusiveNowFields } from '../http/exclusive-now.ts';
import { paymentNowFields } from '../http/payment-now.ts';
import { refundNowFields } from '../http/refund-now.ts';
import { type AddressRules, askNameServers, systemResolve } from '../outgoing/addresses.ts';
import type { Show } from '../outgoing/deliver.ts';
import { type Dispatcher, startDispatcher } from '../outgoing/dispatcher.ts';
import { createOutgoing, type Outgoing } from '../outgoing/endpoints.ts';
import { createSecretBox, encryptionKey, newEncryptionKey, type SecretBox } from '../outgoing/secrets.ts';
import { createSender } from '../outgoing/send.ts';
import type { Log } from '../ports/log.ts';
import type { DeliveryQueue } from '../ports/outgoing.ts';
import { createDeliveryQueue, createEndpointBooks } from '../postgres/outgoing/index.ts';
import { systemClock } from '../system/clock.ts';
import { systemRandom } from '../system/random.ts';
import { WEBHOOKS_POOL } from './connection-budget.ts';
import type { Database } from './database.ts';

export interface OpenOutgoing {
  readonly outgoing: Outgoing;
  /** Begins to send events. Without a key there is nothing to sign with, and nothing is sent. */
  start(payonce: Payonce): void;
  /** Waits so long for what is under way, and then cuts it. */
  stop(withinMs: number): Promise<void>;
}

/** A statement that makes many deliveries at once may take longer than one of a payment. */
const QUEUE_TIMEOUT_MS = 30_000;

export function openOutgoing(
  config: Config,
  { database, log }: { database: Database; log: Log },
): OpenOutgoing {
  const pool = database.openPool({ name: 'payonce-webhooks', max: WEBHOOKS_POOL });
  const box = openBox(config);
  const allowPrivate = config.WEBHOOK_ALLOW_PRIVATE === 'yes';
  const rules: AddressRules = { resolve: allowPrivate ? systemResolve : askNameServers(), allowPrivate };
  let dispatcher: Dispatcher | null = null;
  return {
    outgoing: createOutgoing({
      books: createEndpointBooks({ pool, timeoutMs: config.DATABASE_TIMEOUT_MS }),
      box,
      rules,
      clock: systemClock,
      random: { ...systemRandom, secret: () => `whsec_${randomBytes(32).toString('base64')}` },
      wake: () => dispatcher?.wake(),
    }),
    start(payonce) {
      const queue = createDeliveryQueue({ pool, timeoutMs: QUEUE_TIMEOUT_MS });
      if (box === null) {
        void warnOfSilence(queue, log);
        return;
      }
      dispatcher = startDispatcher({
        queue,
        box,
        sender: createSender(rules),
        show: showFrom(payonce),
        clock: systemClock,
        random: systemRandom,
        log,
      });
    },
    async stop(withinMs) {
      await dispatcher?.stop(withinMs);
    },
  };
}

/** Says so if somebody waits for events that cannot be signed. They are planned, and sent once there is a key. */
async function warnOfSilence(queue: DeliveryQueue, log: Log): Promise<void> {
  const planned = await queue.plan().catch(() => 'idle');
  if (planned !== 'idle')
    log.error(
      {},
      'webhook endpoints are enabled, but WEBHOOK_ENCRYPTION_KEY is not set, so no events are sent. They stay stored. Set the key with which the secrets were encrypted, and start again',
    );
}

/** As the API shows it. */
function showFrom(payonce: Payonce): Show {
  return async ({ accountId, paymentId, followUp }) => {
    if (paymentId === null) return null;
    if (followUp === null) {
      const payment = await payonce.payment(accountId, paymentId);
      return payment === null ? null : paymentNowFields(payment);
    }
    if (followUp.kind === 'refund') {
      const refund = await payonce.findRefund(accountId, paymentId, followUp.name);
      return refund === null ? null : refundNowFields(refund);
    }
    const shown = await payonce.findExclusive(accountId, paymentId, followUp.kind);
    return shown === null ? null : exclusiveNowFields(shown);
  };
}

/** Null: no key is set, and this process may not make one. */
function openBox(config: Config): SecretBox | null {
  const named = webhookSecrets(config.WEBHOOK_ENCRYPTION_KEY);
  const texts = named.length > 0 || config.DATABASE_URL !== null ? named : [ownKey(config.DATA_DIR)];
  const keys = texts.map(encryptionKey).filter((key) => key !== null);
  return keys.length === 0 ? null : createSecretBox(keys);
}

/** The key in the folder of the embedded PostgreSQL. Of several processes that make one at once, one prevails: a file gets its name when it is complete. */
function ownKey(dataDir: string): string {
  const file = join(dataDir, 'webhook-encryption-key');
  if (!existsSync(file)) {
    mkdirSync(dataDir, { recursive: true });
    const draft = `${file}.${process.pid}`;
    writeFileSync(draft, `${newEncryptionKey()}\n`, { mode: 0o600 });
    try {
      linkSync(draft, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(draft, { force: true });
    }
  }
  return readFileSync(file, 'utf8').trim();
}

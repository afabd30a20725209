/**
 * The way of Stripe's events to the replicas. Some are lost on it, some come late, and some come together with a forged one. A forged one must
 * be refused, and a real one never.
 */

import { createHmac } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import type { Finding } from '../judge/case.ts';
import { createRandom, type Random } from '../random.ts';
import { EVENT_SECRET } from './settings.ts';

export interface EventWay {
  /** Where Stripe sends its events. */
  readonly url: string;
  /** How many met what. */
  readonly counts: ReadonlyMap<string, number>;
  /** Forged events that were taken, and real ones that were refused. */
  readonly findings: readonly Finding[];
  /** Delivers nothing any more, and resolves when nothing is under way. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

export interface EventWayOptions {
  readonly seed: number;
  /** The replicas' addresses, known only after Stripe has started. */
  readonly replicas: () => readonly string[];
}

interface Event {
  readonly body: Buffer;
  readonly signature: string;
}

const LONGEST_DELAY_MS = 4_000;
const DELIVERY_MS = 5_000;
/** A signature counts for five minutes. */
const OLD_S = 600;

export async function openEventWay({ seed, replicas }: EventWayOptions): Promise<EventWay> {
  const counts = new Map<string, number>();
  const findings: Finding[] = [];
  const under = new Set<Promise<unknown>>();
  const closing = new AbortController();
  setMaxListeners(0, closing.signal);
  let events = 0;
  const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);

  /** The replica's status. Null: there was no answer. */
  async function deliver({ body, signature }: Event, random: Random): Promise<number | null> {
    const addresses = replicas();
    const to = addresses[random.int(0, addresses.length - 1)];
    try {
      const answer = await fetch(`${to}/v1/gateways/stripe/webhooks`, {
        method: 'POST',
        headers: { 'stripe-signature': signature, 'content-type': 'application/json' },
        body,
        signal: AbortSignal.timeout(DELIVERY_MS),
      });
      await answer.body?.cancel();
      return answer.status;
    } catch {
      return null;
    }
  }

  async function pass(event: Event, random: Random): Promise<number | null> {
    const status = await deliver(event, random);
    count(status === 204 ? 'taken' : `answered ${status ?? 'never'}`);
    if (status !== null && status !== 204 && status !== 503)
      findings.push({ kind: 'false_answer', what: `a real event was answered ${status}: ${event.body}` });
    return status;
  }

  async function forge(event: Event, random: Random): Promise<void> {
    const { how, forged } = forgeryOf(event, random);
    const status = await deliver(forged, random);
    count('forged');
    if (status !== null && status < 300)
      findings.push({ kind: 'false_answer', what: `a forged event (${how}) was taken: ${forged.body}` });
  }

  function keep<T>(work: Promise<T>): Promise<T> {
    under.add(work);
    void work.finally(() => under.delete(work)).catch(() => {});
    return work;
  }

  async function take(request: IncomingMessage): Promise<number> {
    const event = {
      body: await buffer(request),
      signature: String(request.headers['stripe-signature'] ?? ''),
    };
    if (closing.signal.aborted) return 200;
    events += 1;
    const random = createRandom(seed, `event ${events}`);
    if (random.chance(0.1)) void keep(forge(event, random));
    if (random.chance(0.15)) {
      count('lost');
      return 200;
    }
    if (random.chance(0.1)) {
      const { signal } = closing;
      const later = pause(random.int(500, LONGEST_DELAY_MS), undefined, { signal });
      void keep(later.then(() => pass(event, random)).catch(() => null));
      return 200;
    }
    // Stripe tries again if it is not taken.
    return (await keep(pass(event, random))) ?? 503;
  }

  const server = createServer((request, response) => {
    take(request).then(
      (status) => response.writeHead(status).end(),
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts,
    findings,
    async stop() {
      closing.abort();
      await Promise.all(under);
    },
    async close() {
      closing.abort();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Someone else's secret, another text under the same signature, or a recorded event that comes again much later. */
function forgeryOf(
  { body, signature }: Event,
  random: Random,
): { readonly how: string; readonly forged: Event } {
  const nowS = Math.floor(Date.now() / 1000);
  switch (random.pick(['secret', 'text', 'time'] as const)) {
    case 'secret':
      return { how: 'another secret', forged: { body, signature: sign(body, 'whsec_nobody', nowS) } };
    case 'text': {
      return { how: 'another text', forged: { body: Buffer.concat([body, Buffer.from(' ')]), signature } };
    }
    case 'time':
      return { how: 'an old one', forged: { body, signature: sign(body, EVENT_SECRET, nowS - OLD_S) } };
  }
}

function sign(body: Buffer, secret: string, atS: number): string {
  const signature = createHmac('sha256', secret).update(`${atS}.`).update(body).digest('hex');
  return `t=${atS},v1=${signature}`;
}

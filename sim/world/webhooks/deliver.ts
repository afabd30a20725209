/** Delivers events to the processes, and again until one takes them. A process may be dead, stopped, or another gateway's. */
import type { WebhookAnswer } from '../../../src/engine/api.ts';
import { StoreError } from '../../../src/ports/store.ts';
import type { Tape } from '../../core/tape.ts';
import { HANGS_AFTER_MS } from '../asking.ts';
import type { Host, Process } from '../process.ts';
import type { World } from '../world.ts';
import { deliveryOf } from './event.ts';
import type { Event } from './webhooks.ts';

export interface Delivering {
  /** The first try is in `delayMs`. */
  begin(event: Event, delayMs: number): void;
  busy(): boolean;
}

/** How long the gateway waits for an answer. */
const LISTENS_MS = 10_000;
/** The pause before each further try. After the last one it gives up. */
const PAUSES_MS = [500, 2000, 5000, 30_000, 120_000] as const;

export function createDelivering(world: World, tape: Tape): Delivering {
  const { scheduler, marks, judge, trace, hosts } = world;
  let open = 0;
  let tries = 0;
  /** The latest event that was delivered about each key. */
  const latest = new Map<string, number>();

  function begin(event: Event, delayMs: number): void {
    open += 1;
    scheduler.after(delayMs, () => attempt(event, 0));
  }

  function attempt(event: Event, failed: number): void {
    tries += 1;
    const id = `e${tries}`;
    let over = false;
    const end = (taken: boolean): void => {
      if (over) return;
      over = true;
      cancel();
      const pauseMs = taken ? undefined : PAUSES_MS[failed];
      if (pauseMs === undefined) open -= 1;
      else scheduler.after(pauseMs, () => attempt(event, failed + 1));
    };
    const cancel = scheduler.after(LISTENS_MS, () => end(false));
    const host = hosts[tape.below(hosts.length)] as Host;
    knock(id, event, host.process, end);
  }

  function knock(id: string, event: Event, process: Process, end: (taken: boolean) => void): void {
    const { life, engine } = process;
    if (!life.alive || engine === null) {
      marks.hit('webhook_to_dead_process');
      scheduler.after(1, () => end(false));
      return;
    }
    if (life.paused) marks.hit('webhook_to_stopped_process');
    note(event);
    const signedAtMs = scheduler.nowMs;
    const delivery = deliveryOf(id, event.body, { nowMs: signedAtMs, forged: event.kind === 'forged' });
    const close = (word: string): void => {
      if (!world.openRequests.delete(id)) return;
      trace.add(scheduler.nowMs, `event ${id} is answered: ${word}`);
      marks.hit(`webhook_told:${word}`);
      judge.webhooks.answered(id, word, scheduler.nowMs - signedAtMs);
      end(word === 'taken');
    };
    trace.add(signedAtMs, `event ${id} (${lineOf(event)}) comes to ${process.name}`);
    world.openRequests.set(id, { process, dueMs: signedAtMs + HANGS_AFTER_MS });
    life.onDeath(() => {
      world.openRequests.delete(id);
      judge.webhooks.lost(id);
    });
    life.arrive(() => {
      judge.webhooks.arrived({ id, process: process.name, ...sightOf(event) });
      const { accountId, about } = event;
      engine.gatewayWebhook({ ...delivery, gateway: about.booked.gateway, accountId }).then(
        (answer) => life.alive && close(wordFor(answer)),
        (error: unknown) => {
          if (!life.alive) return;
          if (!(error instanceof StoreError)) judge.violated('exception', `event ${id}: ${String(error)}`);
          close('store_failed');
        },
      );
    });
  }

  /** What the proof needs to meet. */
  function note({ n, about, kind, accountId, orderId }: Event): void {
    if (kind !== 'own') return;
    const { key } = about.booked;
    if ((latest.get(key) ?? 0) > n) marks.hit('webhook_out_of_order');
    latest.set(key, Math.max(n, latest.get(key) ?? 0));
    if (world.database.row(accountId, orderId)?.payment.held === true) marks.hit('webhook_while_held');
  }

  return { begin, busy: () => open > 0 };
}

function wordFor(answer: WebhookAnswer): string {
  return answer.kind === 'taken' ? 'taken' : answer.code;
}

function lineOf({ about, says, orderId, kind }: Event): string {
  const whose = kind === 'own' ? '' : `, ${kind}`;
  return `${about.kind} ${about.booked.id} of ${orderId} is ${says}${whose}`;
}

function sightOf({ about, says, accountId, orderId, kind }: Event) {
  const { gateway, key, id: ref } = about.booked;
  return { kind, effect: about.kind, accountId, orderId, gateway, key, ref, says };
}

/** The clients of a scenario: they come at their times, and note their answers. */
import type { ChargeAnswer } from '../../src/engine/api.ts';
import { ask, type Errand, wordFor } from '../world/clients.ts';
import type { World } from '../world/world.ts';
import type { HostName, Visit } from './scenario.ts';

/** One answer, as a client remembers it. */
export interface Heard {
  /** With its account; null where it sent none. */
  readonly key: string | null;
  readonly word: string;
  /** The frozen body; null where there is none. */
  readonly body: string | null;
}

export interface Visits {
  readonly heard: readonly Heard[];
  /** Whether no client will ask anything more. */
  over(): boolean;
}

const AGAIN_MS = 500;
/** A client that has asked so often has asked for hours. */
const MAX_TIMES = 2000;

export function startVisits(world: World, visits: readonly Visit[]): Visits {
  const heard: Heard[] = [];
  let open = visits.length;

  function come(index: number): void {
    const visit = visits[index];
    if (visit === undefined) return;
    make(visit, () => {
      open -= 1;
      const next = visits[index + 1];
      if (next !== undefined && next.atMs === undefined) world.scheduler.after(1, () => come(index + 1));
    });
  }

  function make(visit: Visit, over: () => void): void {
    let left = visit.times ?? 1;
    for (let time = left; time > 0; time -= 1) {
      pursue(visit, 1, () => {
        left -= 1;
        if (left === 0) over();
      });
    }
    if (visit.hangsUp === true) over();
  }

  function pursue(visit: Visit, time: number, over: () => void): void {
    const errand = errandOf(visit);
    // A client that asks again takes any process that answers.
    const seen = seenFrom(world, time === 1 ? visit.on : undefined);
    ask(seen, 'a client', errand, visit.waitMs ?? 10_000, (answer) => {
      if (visit.hangsUp === true) return;
      const again = visit.persists === true && !isDefinite(answer) && time < MAX_TIMES;
      if (again) {
        world.scheduler.after(AGAIN_MS, () => pursue(visit, time + 1, over));
        return;
      }
      const key = errand.key && `${errand.accountId} ${errand.key}`;
      heard.push({ key, word: wordFor(answer), body: bodyOf(answer) });
      over();
    });
  }

  visits.forEach((visit, index) => {
    if (visit.atMs !== undefined || index === 0) {
      world.scheduler.after(visit.atMs ?? ALL_UP_MS, () => come(index));
    }
  });
  return { heard, over: () => open === 0 };
}

/** By then every process has read what it needs to start. */
const ALL_UP_MS = 100;

function errandOf({ accountId, orderId, amountMinor, method, key }: Visit): Errand {
  return {
    accountId: accountId ?? 'default',
    orderId: orderId ?? 'order-1',
    amountMinor: amountMinor ?? 1000,
    currency: 'USD',
    method: method ?? 'tok_one',
    key: key === undefined ? 'key-1' : key,
  };
}

/** Settled, in review, or refused for what it asks: asking the same again changes nothing. */
function isDefinite(answer: ChargeAnswer | 'lost'): boolean {
  if (answer === 'lost') return false;
  if (answer.kind === 'unsettled') return answer.payment.status === 'REVIEW';
  return answer.kind === 'settled' || !/^store_|^shutting/.test(answer.code);
}

function bodyOf(answer: ChargeAnswer | 'lost'): string | null {
  return answer !== 'lost' && answer.kind === 'settled' ? answer.frozen.body : null;
}

/** The world as a client sees it that can reach one process only. */
function seenFrom(world: World, name: HostName | undefined): World {
  if (name === undefined) return world;
  const hosts = world.hosts.filter((host) => host.name === name);
  return new Proxy(world, {
    get: (target, property) => (property === 'hosts' ? hosts : Reflect.get(target, property)),
  });
}

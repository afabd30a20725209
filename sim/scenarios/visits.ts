/** The clients of a scenario, who pay, end an authorisation, or want their money back: they come at their times, and note their answers. */
import type { ChargeAnswer } from '../../src/engine/api.ts';
import { ask, type Errand, wordFor } from '../world/clients.ts';
import { askEnd, type Heard as EndHeard, endWordFor } from '../world/end-clients.ts';
import { askRefund, type Paid, type Heard as RefundHeard, refundWordFor } from '../world/refund-clients.ts';
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
    // A client that asks again takes any process that answers.
    const seen = seenFrom(world, time === 1 ? visit.on : undefined);
    const askFor = visit.end !== undefined ? askForEnd : visit.refund === undefined ? askCharge : askBack;
    askFor(seen, visit, ({ key, word, body, isDefinite }) => {
      if (visit.hangsUp === true) return;
      const again = visit.persists === true && !isDefinite && time < MAX_TIMES;
      if (again) {
        world.scheduler.after(AGAIN_MS, () => pursue(visit, time + 1, over));
        return;
      }
      heard.push({ key, word, body });
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

interface Answered extends Heard {
  /** Asking the same again would change nothing. */
  readonly isDefinite: boolean;
}

function askCharge(world: World, visit: Visit, hear: (answered: Answered) => void): void {
  const errand = errandOf(visit);
  const key = errand.key && `${errand.accountId} ${errand.key}`;
  ask(world, 'a client', errand, visit.waitMs ?? 10_000, (answer) => {
    const body = answer !== 'lost' && answer.kind === 'settled' ? answer.frozen.body : null;
    hear({ key, word: wordFor(answer), body, isDefinite: isDefinite(answer) });
  });
}

/** The payment of the order. If there is none, it says so, and returns null. */
function paymentOf(world: World, visit: Visit, hear: (answered: Answered) => void): Paid | null {
  const { accountId, orderId } = errandOf(visit);
  const row = [...world.database.rows()].find(
    ({ payment: { order } }) => order.accountId === accountId && order.orderId === orderId,
  );
  if (row !== undefined) return { accountId, orderId, paymentId: row.payment.paymentId };
  hear({ key: null, word: 'no payment', body: null, isDefinite: false });
  return null;
}

function askForEnd(world: World, visit: Visit, hear: (answered: Answered) => void): void {
  const paid = paymentOf(world, visit, hear);
  if (paid === null || visit.end === undefined) return;
  const { kind, amountMinor = null } = visit.end;
  const errand = { ...paid, kind, amountMinor, key: visit.key ?? null };
  const key = errand.key && `${paid.accountId} ${kind} ${errand.key}`;
  askEnd(world, 'a client', errand, visit.waitMs ?? 10_000, (answer) => {
    const body = answer !== 'lost' && answer.kind === 'settled' ? answer.frozen.body : null;
    hear({ key, word: endWordFor(answer), body, isDefinite: isDefiniteEnd(answer) });
  });
}

function askBack(world: World, visit: Visit, hear: (answered: Answered) => void): void {
  const paid = paymentOf(world, visit, hear);
  if (paid === null) return;
  const { refundId = 'refund-1', amountMinor = null } = visit.refund ?? {};
  const errand = { ...paid, refundId, amountMinor, key: visit.key ?? null };
  const key = errand.key && `${paid.accountId} refund ${errand.key}`;
  askRefund(world, 'a client', errand, visit.waitMs ?? 10_000, (answer) => {
    const body = answer !== 'lost' && answer.kind === 'settled' ? answer.frozen.body : null;
    hear({ key, word: refundWordFor(answer), body, isDefinite: isDefiniteRefund(answer) });
  });
}

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

/** Settled, in review, or refused for what it asks. */
function isDefinite(answer: ChargeAnswer | 'lost'): boolean {
  if (answer === 'lost') return false;
  if (answer.kind === 'unsettled') return answer.payment.status === 'REVIEW';
  return answer.kind === 'settled' || !/^store_|^shutting/.test(answer.code);
}

/** While another one is under way, nobody can say how this one ends. */
function isDefiniteEnd(answer: EndHeard): boolean {
  if (answer === 'lost') return false;
  if (answer.kind === 'problem') return !/^store_|^shutting|^operation_in_progress/.test(answer.code);
  return answer.kind !== 'unsettled' || answer.shown.status === 'REVIEW';
}

/** A refund that the gateway has accepted may still succeed or fail. */
function isDefiniteRefund(answer: RefundHeard): boolean {
  if (answer === 'lost' || answer.kind === 'accepted') return false;
  if (answer.kind === 'unsettled') return answer.shown.status === 'REVIEW';
  return answer.kind === 'settled' || !/^store_|^shutting/.test(answer.code);
}

/** The world as a client sees it that can reach one process only. */
function seenFrom(world: World, name: HostName | undefined): World {
  if (name === undefined) return world;
  const hosts = world.hosts.filter((host) => host.name === name);
  return new Proxy(world, {
    get: (target, property) => (property === 'hosts' ? hosts : Reflect.get(target, property)),
  });
}

/** The result of a run, for a person: a table, and the story of everything that was wrong. */

import {
  type Case,
  type Intent,
  nameOf,
  tookMoney,
  type Violation,
  type ViolationKind,
} from './judge/case.ts';
import { touchedOrders } from './judge/forgotten.ts';
import type { Arrival } from './proxy/witness.ts';
import type { Exchange } from './record.ts';
import type { Outcome } from './run.ts';
import type { Write } from './stripe/writes.ts';

type Row = readonly [name: string, value: string | number];

/** The table and the verdict. */
export function report(outcome: Outcome): string {
  const { facts, faults, missed, oldAnswers, around, violations, healedMs } = outcome;
  const { state, exchanges, calls } = facts;
  const count = (...kinds: ViolationKind[]): number =>
    violations.filter(({ kind }) => kinds.includes(kind)).length;
  const answers = tally(exchanges, ({ status, error }) =>
    status === null ? `none (${error})` : String(status),
  );
  const statuses = tally(state.payments, ({ status }) => status);
  const live = state.ledger.filter(tookMoney).length;
  const refunds = [...state.refunds.values()].flat();
  const endings = [...state.endings.values()].flat();
  const booked = state.ledger.flatMap((charge) => charge.refunds);
  const sections: readonly (readonly [string, readonly Row[]])[] = [
    ['faults', sorted(faults)],
    ['answers', [['requests', exchanges.length], ...sorted(answers)]],
    ['payments', [['orders with a payment', state.payments.length], ...sorted(statuses)]],
    [
      'refunds',
      [
        ['refunds', refunds.length],
        ...sorted(tally(refunds, ({ status }) => status)),
        ["refunds in the gateway's ledger", booked.length],
        ...sorted(tally(booked, ({ status }) => status)),
      ],
    ],
    [
      'captures and voids',
      [
        ['captures and voids', endings.length],
        ...sorted(tally(endings, ({ operation, status }) => `${operation} ${status}`)),
        ['requests for them that reached the gateway', facts.endCalls.length],
      ],
    ],
    [
      'gateway',
      [
        ['calls', calls.length],
        ...sorted(tally(facts.stripe?.writes ?? [], ({ operation }) => `requests to ${operation}`)),
        ...sorted(around),
        ['charges in its ledger that took money', live],
        ['lookups that a front answered with old answers', oldAnswers],
        ['orders of which something was forgotten', touchedOrders({ ...facts }).size],
      ],
    ],
    [
      'judgement',
      [
        ['orders charged twice', count('charged_twice')],
        ['refunds made twice, or more refunded than was taken', count('refunded_twice')],
        ['captured twice, or captured and voided', count('captured_twice')],
        ['wrong charges', count('wrong_charge')],
        ['lost payments', count('lost')],
        ['false, changing or backward answers', count('false_answer', 'changed_answer', 'went_back')],
        ['false histories', count('false_history')],
        ['calls without a cause', count('causeless_call')],
        ['requests that came too late', count('late_request')],
        ['unsettled', count('unsettled')],
        ['servers that ended wrongly', count('process')],
        ['seconds until all was settled', (healedMs / 1000).toFixed(1)],
      ],
    ],
  ];
  const width = Math.max(...sections.flatMap(([, rows]) => rows.map(([name]) => name.length)));
  const lines = sections.flatMap(([title, rows]) => [
    title,
    ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${String(value).padStart(7)}`),
  ]);
  const notMet = missed.map((name) => `This did not happen: ${name}.`);
  const verdict =
    violations.length === 0 ? 'Every promise was kept.' : `${violations.length} promises were broken.`;
  return `\n${[...lines, '', ...notMet, verdict].join('\n')}\n`;
}

function tally<T>(items: readonly T[], nameOf: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(nameOf(item), (counts.get(nameOf(item)) ?? 0) + 1);
  return counts;
}

function sorted(counts: ReadonlyMap<string, number>): Row[] {
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
}

export function headline({ kind, what, orderId }: Violation): string {
  return `${kind}${orderId === null ? '' : ` of order ${orderId}`}: ${what}`;
}

/** One violation with everything that is known about its order. */
export function story(violation: Violation, facts: Case): string {
  const { orderId, exchanges = [] } = violation;
  const lines = [headline(violation)];
  const concerned = facts.exchanges.filter(({ n }) => exchanges.includes(n));
  lines.push(...concerned.map((exchange) => `  answer  ${answerLine(exchange)}`));
  if (orderId === null) return lines.join('\n');
  const paymentIds = new Set<string>();
  for (const payment of facts.state.payments) {
    if (payment.order_id !== orderId) continue;
    paymentIds.add(payment.payment_id);
    lines.push(`  payment ${JSON.stringify(payment)}`);
    for (const { seq, at, type, status, charge, attempts, detail } of facts.state.events.get(
      payment.payment_id,
    ) ?? []) {
      lines.push(`  event   ${seq} ${at} ${type} ${status} charge ${charge}, ${attempts} calls, ${detail}`);
    }
  }
  for (const refund of [...facts.state.refunds.values()].flat()) {
    if (!paymentIds.has(refund.payment_id)) continue;
    lines.push(`  refund  ${JSON.stringify(refund)}`);
    for (const { seq, at, type, status, attempts, detail } of facts.state.refundEvents.get(nameOf(refund)) ??
      [])
      lines.push(`          ${seq} ${at} ${type} ${status}, ${attempts} calls, ${detail}`);
  }
  for (const { events, ...ending } of [...facts.state.endings.values()].flat()) {
    if (!paymentIds.has(ending.payment_id)) continue;
    lines.push(`  ${ending.operation.padEnd(7)} ${JSON.stringify(ending)}`);
    for (const { seq, at, type, status, attempts, detail } of events)
      lines.push(`          ${seq} ${at} ${type} ${status}, ${attempts} calls, ${detail}`);
    for (const call of facts.endCalls)
      if (call.key === ending.gateway_key) lines.push(`          call ${callLine(call)}`);
  }
  for (const charge of facts.state.ledger) {
    if (charge.order_id === orderId) lines.push(`  ledger  ${JSON.stringify(charge)}`);
  }
  for (const call of facts.calls) {
    if (call.orderId === orderId) lines.push(`  call    ${callLine(call)}`);
  }
  for (const intent of facts.stripe?.intents ?? []) {
    if (intent.orderId === orderId) lines.push(...intentLines(intent, facts.stripe?.writes ?? []));
  }
  const others = facts.exchanges.filter((one) => one.orderId === orderId && !exchanges.includes(one.n));
  lines.push(...others.map((exchange) => `  other   ${answerLine(exchange)}`));
  return lines.join('\n');
}

function intentLines(intent: Intent, writes: readonly Write[]): string[] {
  const own = writes.filter(({ intentId }) => intentId === intent.id);
  return [
    `  intent  ${JSON.stringify(intent)}`,
    ...own.map((write) => `  ${write.operation.padEnd(7)} ${callLine(write)}`),
  ];
}

function callLine({ atMs, leftMs, hungUpMs, replica, key }: Arrival & { readonly key: string }): string {
  const givenUp = hungUpMs === null ? '' : `, given up ${Math.round(atMs - hungUpMs)} ms before`;
  return `${new Date(atMs).toISOString()} by ${replica}, key ${key}, ${Math.round(atMs - leftMs)} ms on its way${givenUp}`;
}

/** Longer bodies are in the record. */
const SHOWN_CHARS = 400;

function answerLine({
  n,
  askedMs,
  answeredMs,
  replica,
  method,
  path,
  key,
  body,
  status,
  text,
  error,
}: Exchange): string {
  const when = `${askedMs.toFixed(0)}–${answeredMs.toFixed(0)} ms`;
  const asked = `${method} ${path} ${key ?? '(no key)'} ${body ?? ''}`;
  return `${n} ${when} at ${replica}: ${asked} → ${status ?? error} ${text.slice(0, SHOWN_CHARS)}`;
}

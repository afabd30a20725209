/** Judges what only a gateway of two steps can get wrong: what may still be paid, what was confirmed, and which request had which key. */
import type { Write } from '../stripe/writes.ts';
import { judgeCalls } from './calls.ts';
import {
  type Finding,
  groupBy,
  type Intent,
  type OrderFile,
  type StripeFacts,
  type Violation,
} from './case.ts';
import { judgeArrival, judgeLateness } from './lateness.ts';
import { chargeOf } from './names.ts';

export function judgeIntents(file: OrderFile): Finding[] {
  if (file.stripe === null) return [];
  const { intents, writes, prepares } = file.stripe;
  const confirms = writes.filter(({ operation }) => operation === 'confirm');
  const confirmed = new Set(confirms.map(({ intentId }) => intentId));
  return [
    ...judgeSealed(file, intents, confirmed),
    ...judgeConfirmed(intents, confirmed),
    ...judgeKeysOf(intents, confirms),
    ...judgeCancels(file, writes),
    // An intent is made for a call, under the call's lease. So it is judged as a call is.
    ...[judgeCalls, judgeLateness].flatMap((judge) => judge({ ...file, calls: prepares })),
  ];
}

/** Words of a charge whose calls were all refused before they were executed. What it was made on was never touched. */
const REFUSED = [
  'payment.created',
  'charge.opened',
  'call.started',
  'call.refused',
  'call.not_sent',
  'call.forbidden',
  'payment.failed',
];

/** Whoever was told FAILED must be safe: what could have been paid has been cancelled. */
function judgeSealed(
  { events, reference }: OrderFile,
  intents: readonly Intent[],
  confirmed: ReadonlySet<string | null>,
): Finding[] {
  const failed = new Set(events.filter(({ status }) => status === 'FAILED').map(({ charge }) => charge));
  const most = Math.max(0, ...failed);
  const wasTouched = (n: number): boolean =>
    events.some(({ charge, type }) => charge === n && !REFUSED.includes(type) && !type.startsWith('verify.'));
  return intents
    .filter(({ id, key, status }) => {
      const n = chargeOf(key, reference, most);
      if (n === null || !failed.has(n) || !confirmed.has(id) || status === 'canceled') return false;
      return status !== 'requires_confirmation' || wasTouched(n);
    })
    .map(({ id, status }) => ({
      kind: 'false_answer',
      what: `FAILED, and ${id} can be paid: it is ${status}`,
    }));
}

/** For each charge, one intent at most may ever be confirmed. */
function judgeConfirmed(intents: readonly Intent[], confirmed: ReadonlySet<string | null>): Finding[] {
  const own = intents.filter(({ id }) => confirmed.has(id));
  return [...groupBy(own, ({ key }) => key)]
    .filter(([, same]) => same.length > 1)
    .map(([key, same]) => ({
      kind: 'charged_twice',
      what: `${same.length} intents were confirmed for the charge ${key}: ${same.map(({ id }) => id).join(', ')}`,
    }));
}

/** A confirm has the key of the charge that its intent was made for. */
function judgeKeysOf(intents: readonly Intent[], confirms: readonly Write[]): Finding[] {
  return confirms.flatMap(({ intentId, key }): Finding[] => {
    const intent = intents.find(({ id }) => id === intentId);
    if (intent === undefined || intent.key === key) return [];
    return [causeless(`${intentId} of the charge ${intent.key} was confirmed with the key ${key}`)];
  });
}

/** Only what has a payment is cancelled, and nothing that a client was told is paid. */
function judgeCancels({ payments }: OrderFile, writes: readonly Write[]): Finding[] {
  const cancels = writes.filter(({ operation }) => operation === 'cancel');
  const late = cancels.flatMap(judgeArrival);
  return cancels.length > 0 && payments.length === 0
    ? [...late, causeless('an intent was cancelled, and there is no payment')]
    : late;
}

/** Every request has a key, and no key comes again with another request. */
export function judgeWrites(stripe: StripeFacts | undefined): Violation[] {
  const { writes = [], intents = [] } = stripe ?? {};
  const orders = new Map(intents.map(({ id, orderId }) => [id, orderId]));
  const orderOf = ({ intentId, body }: Write): string | null =>
    orders.get(intentId ?? '') ?? new URLSearchParams(body).get('metadata[order_id]');
  return [...groupBy(writes, ({ key }) => key)].flatMap(([key, same]): Violation[] => {
    const [first] = same;
    if (first === undefined) return [];
    if (key === '' || key === null)
      return same.map((write) => ({
        ...causeless(`${write.path} was sent without a key`),
        orderId: orderOf(write),
      }));
    const other = same.find(({ path, body }) => path !== first.path || body !== first.body);
    if (other === undefined) return [];
    const what = `the key ${key} was sent with ${first.path} ${first.body}, and with ${other.path} ${other.body}`;
    return [{ ...causeless(what), orderId: orderOf(first) }];
  });
}

function causeless(what: string): Finding {
  return { kind: 'causeless_call', what };
}

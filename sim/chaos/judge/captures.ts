/** Compares the captures and voids of an order with the gateway's ledger: what is held, what was taken and what was let go. */

import { CLOCK_MS } from './calls.ts';
import { mayHaveEnded, operationOf } from './capture-reading.ts';
import {
  type Ending,
  type Finding,
  groupBy,
  type LedgerCharge,
  type LedgerEnding,
  type OrderFile,
  type Payment,
} from './case.ts';
import { isInDoubt } from './doubt.ts';
import { endKey } from './names.ts';
import { bodyOf, didNothing, isPost } from './reading.ts';

/** What holds even if the database has forgotten something: a charge is captured once, and never for more than was authorised. */
export function judgeCapturesTwice({ charges }: OrderFile): Finding[] {
  const found: Finding[] = [];
  for (const { id, amount, captured, endings = [] } of charges) {
    const twice = (what: string): void => void found.push({ kind: 'captured_twice', what });
    if (captured > amount) twice(`${captured} of ${id} was captured, and ${amount} was authorised`);
    const made = endings.filter(isMade);
    if (made.length > 1) twice(`${id} was ended by ${made.map(keyOf).join(' and by ')}`);
  }
  return found;
}

function isMade({ status }: LedgerEnding): boolean {
  return status === 'succeeded' || status === 'pending';
}

function keyOf({ object, idempotency_key: key }: LedgerEnding): string {
  return `the ${object} with the key ${key}`;
}

export function judgeCaptures(file: OrderFile): Finding[] {
  const [payment] = file.payments;
  if (payment === undefined) return [];
  const charge = file.charges.find(({ id }) => id === payment.gateway_ref);
  return [
    ...judgeMethods(file),
    ...judgeState(payment, charge, file),
    ...judgeOne(file),
    ...file.endings.flatMap((ending) => judgeEnding(ending, payment, charge, file)),
    ...judgeLedger(file),
  ];
}

/** Money is only held if a client asked for that, and taken at once only if one asked for that. */
function judgeMethods({ exchanges, calls, events, stripe }: OrderFile): Finding[] {
  const wished = new Set(
    exchanges
      .filter((ask) => isPost(ask) && !didNothing(ask))
      .map(({ body }) => bodyOf(body ?? ''))
      .map(({ amount, currency, capture_method: method }) => termsOf(amount, currency, method === 'manual')),
  );
  const sent = [...calls, ...(stripe?.prepares ?? [])].map(({ amount, currency, captureMethod }) =>
    termsOf(amount, currency, captureMethod === 'manual'),
  );
  const found = [...new Set(sent)]
    .filter((terms) => !wished.has(terms))
    .map((terms) => causeless(`a charge of ${terms} was sent, and nobody asked for it so`));
  const isHeld = events.some(({ status }) => status === 'AUTHORIZED' || status === 'VOIDED');
  if (isHeld && ![...wished].some((terms) => terms.endsWith(HELD)))
    found.push(causeless('it is authorised first, and nobody asked for that'));
  return found;
}

const HELD = 'to be held';

function termsOf(amount: unknown, currency: unknown, isHeld: boolean): string {
  return `${amount} ${currency}, ${isHeld ? HELD : 'to be taken'}`;
}

function judgeState(payment: Payment, charge: LedgerCharge | undefined, file: OrderFile): Finding[] {
  const { status, amount, currency } = payment;
  const isManual = payment.capture_method === 'manual';
  if (status === 'COMPLETED') return isManual ? judgeCaptured(payment, charge, file) : [];
  if (status !== 'AUTHORIZED' && status !== 'VOIDED') return [];
  const found: Finding[] = [];
  const must = (holds: boolean, what: string): void =>
    void (holds || found.push({ kind: 'false_answer', what: `${status}, and ${what}` }));
  must(payment.amount_authorized === amount, `amount_authorized is ${payment.amount_authorized}`);
  must(payment.amount_captured === 0, `amount_captured is ${payment.amount_captured}`);
  if (charge === undefined) {
    must(false, `${payment.gateway_ref} is not in the ledger`);
    return found;
  }
  must(
    charge.amount === amount && charge.currency === currency,
    `${charge.amount} ${charge.currency} was authorised`,
  );
  if (status === 'VOIDED') return [...found, ...judgeVoided(payment, charge, file)];
  const isHeld = charge.status === 'succeeded' && charge.captured === 0;
  must(isHeld || isReviewed(file), `the ledger shows it ${shownAs(charge)}`);
  return found;
}

function shownAs({ status, captured }: LedgerCharge): string {
  return `${status} with ${captured} captured`;
}

/** Whether one of them is in REVIEW. The payment waits for it. */
function isReviewed({ endings }: OrderFile): boolean {
  return endings.some(({ status }) => status === 'REVIEW');
}

function judgeCaptured(payment: Payment, charge: LedgerCharge | undefined, file: OrderFile): Finding[] {
  const own = file.endings.find(({ operation, status }) => operation === 'capture' && status === 'SUCCEEDED');
  if (own === undefined)
    return [{ kind: 'false_answer', what: 'authorised first and COMPLETED, and no capture has succeeded' }];
  const taken = charge?.captured ?? 0;
  const found = judgeTogether(own, 'COMPLETED', file);
  if (own.amount !== taken || payment.amount_captured !== taken) {
    const what = `a capture of ${own.amount} has SUCCEEDED, ${payment.amount_captured} is shown, and ${taken} was taken`;
    found.push({ kind: 'false_answer', what });
  }
  return found;
}

/** Nothing is held and nothing was taken: because of our void, or because the time was over. */
function judgeVoided(payment: Payment, charge: LedgerCharge, file: OrderFile): Finding[] {
  const found: Finding[] = [];
  const wrong = (what: string): void =>
    void found.push({ kind: 'false_answer', what: `VOIDED, and ${what}` });
  if (charge.live || charge.status !== 'voided') wrong(`the ledger shows it ${shownAs(charge)}`);
  const own = file.endings.find(({ operation, status }) => operation === 'void' && status === 'SUCCEEDED');
  if (own !== undefined) return [...found, ...judgeTogether(own, 'VOIDED', file)];
  const end = file.events.find(({ status }) => status === 'VOIDED');
  const untilMs = Date.parse(charge.authorized_until ?? '');
  const isOver = end !== undefined && untilMs <= file.time.latestMs(end.at) + CLOCK_MS;
  if (payment.failure_code !== 'authorization_expired')
    wrong(`no void has succeeded (${payment.failure_code})`);
  else if (!isOver) wrong(`the authorisation lasts until ${charge.authorized_until}`);
  return found;
}

/** The capture or void and the payment end in one statement. */
function judgeTogether(
  { operation, events: trail }: Ending,
  status: string,
  { events }: OrderFile,
): Finding[] {
  const end = trail.find((event) => event.status === 'SUCCEEDED');
  const own = events.find((event) => event.status === status);
  if (end !== undefined && end.at === own?.at) return [];
  const what = `the ${operation} succeeded at ${end?.at}, and the payment was ${status} at ${own?.at}`;
  return [{ kind: 'false_history', what }];
}

/** All but one have failed, each before the next was opened, and each has the name and the key of its number. */
function judgeOne({ endings, reference }: OrderFile): Finding[] {
  const found: Finding[] = [];
  const live = endings.filter(({ status }) => status !== 'FAILED');
  if (live.length > 1) {
    const what = `of one payment: ${live.map(({ operation, status }) => `a ${operation} that is ${status}`).join(', ')}`;
    found.push({ kind: 'captured_twice', what });
  }
  for (const [index, { operation, name, gateway_key: key }] of endings.entries()) {
    if (name !== String(index + 1))
      found.push({ kind: 'lost', what: `the ${operation} after ${index} others is called ${name}` });
    if (key !== endKey(reference, operation, name))
      found.push(causeless(`the ${operation} ${name} has the key ${key}, which is not its own`));
  }
  return found;
}

function judgeEnding(
  ending: Ending,
  payment: Payment,
  charge: LedgerCharge | undefined,
  file: OrderFile,
): Finding[] {
  const { operation, name, status, amount, asked, gateway_key: key, failure_code: reason } = ending;
  const found: Finding[] = [];
  const title = `${operation} ${name} of ${amount}`;
  const isWanted = file.endAsks.some(
    (ask) =>
      mayHaveEnded(ask) &&
      operationOf(ask) === operation &&
      (bodyOf(ask.body ?? '').amount ?? null) === asked,
  );
  if (!isWanted) found.push(causeless(`${title} was opened, and nobody asked for it`));
  if (amount !== (asked ?? payment.amount) || amount > payment.amount)
    found.push({ kind: 'wrong_charge', what: `${title}, asked for ${asked}, of ${payment.amount}` });
  const made = charge?.endings?.filter((one) => one.idempotency_key === key && isMade(one)) ?? [];
  switch (status) {
    case 'SUCCEEDED': {
      const isDone = operation === 'capture' ? charge?.captured === amount : charge?.status === 'voided';
      const shown = charge === undefined ? 'nothing' : `its charge ${shownAs(charge)}`;
      if (!isDone)
        found.push({ kind: 'false_answer', what: `${title} SUCCEEDED, and the ledger shows ${shown}` });
      return found;
    }
    case 'FAILED':
      for (const one of made)
        found.push({ kind: 'false_answer', what: `${title} FAILED, and ${keyOf(one)} is ${one.status}` });
      return found;
    case 'REVIEW':
      if (made.every((one) => one.amount === amount))
        found.push({
          kind: 'unsettled',
          what: `${title} is in REVIEW (${reason}) without a cause in the ledger`,
        });
      return found;
    default:
      if (file.stripe === null || !isInDoubt(ending.events))
        found.push({ kind: 'unsettled', what: `${title} is still ${status} after the faults were over` });
      return found;
  }
}

/** What was captured or voided at the gateway, somebody here knows of. */
function judgeLedger({ charges, endings, payments: [payment] }: OrderFile): Finding[] {
  const keys = new Set(endings.map(({ gateway_key: key }) => key));
  const open = endings.filter(({ status }) => status !== 'FAILED').map(({ operation }) => operation);
  const found: Finding[] = [];
  for (const { id, captured, authorized_until: until, endings: made = [] } of charges) {
    for (const [key, own] of groupBy(made, (one) => one.idempotency_key)) {
      if (!keys.has(key ?? ''))
        found.push({
          kind: 'lost',
          what: `${own[0]?.object} of ${id} (key ${key}) belongs to no capture or void`,
        });
    }
    // Stripe's ledger does not say until when.
    const isManual =
      until !== undefined || (payment?.gateway_ref === id && payment.capture_method === 'manual');
    if (isManual && captured > 0 && !open.includes('capture'))
      found.push({ kind: 'lost', what: `${captured} of ${id} was captured, and no capture says so` });
  }
  return found;
}

function causeless(what: string): Finding {
  return { kind: 'causeless_call', what };
}

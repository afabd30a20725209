/** What a request gets if its order has a payment already. */
import { AS_IT_STANDS } from '../../domain/acceptance.ts';
import { isMade } from '../../domain/operation.ts';
import type { PaymentRecord } from '../../ports/store.ts';
import { answerBody } from '../answer.ts';
import type { ChargeAnswer } from '../api.ts';
import { problem } from '../problem.ts';
import { showPayment } from '../show.ts';
import { paymentKey } from '../unit.ts';
import { frozenOf, settled } from './answers.ts';
import type { Charging, ClientRequest, Turn } from './request.ts';
import { waitTurn } from './waiting.ts';

/** The order has other terms. If this request started the order itself, it gets the answer of its own charge. */
export async function conflict(
  charging: Charging,
  request: ClientRequest,
  record: PaymentRecord | null,
): Promise<ChargeAnswer> {
  const { engine } = charging;
  const own = record !== null && request.drawn.includes(record.paymentId);
  if (!own || record.operation.n === 1)
    return problem('order_conflict', record && showPayment(engine, record));
  const answer = await engine.store.answerOf(paymentKey(record), 1);
  if (answer === null) return problem('result_expired', showPayment(engine, record));
  const { freshForMs, ...frozen } = answer;
  return settled(charging, request, record, frozen, { started: true, freshForMs });
}

/** The answer of the order's current charge, or a wait for it. A key is bound to that charge first. */
export async function join(
  charging: Charging,
  request: ClientRequest,
  record: PaymentRecord | null,
  verdict: { readonly chargeN: number; readonly settled: boolean; readonly turn: number },
): Promise<Turn> {
  if (record === null) return 'again';
  if (request.key !== null) {
    const bound = await bind(charging, request, record, verdict.chargeN);
    // Read again: from here on the key decides, no matter which request bound it.
    if (!verdict.settled || bound === 'lost') return 'again';
  }
  const answer = frozenOf(record);
  if (!verdict.settled || answer === null) return waitTurn(charging, request, record, verdict.turn);
  const { freshForMs, ...frozen } = answer;
  const started = request.startedN === record.operation.n;
  return settled(charging, request, record, frozen, { started, freshForMs });
}

/** If there is no frozen answer, the answer is the payment as it is now. Every repetition gets it in the same way. */
export async function asItStands(
  charging: Charging,
  request: ClientRequest,
  record: PaymentRecord | null,
  binds: boolean,
): Promise<Turn> {
  if (record === null) return 'again';
  if (binds && (await bind(charging, request, record, AS_IT_STANDS)) === 'lost') return 'again';
  const problem = isMade(record.operation.status) ? null : record.problem;
  const frozen = { problem, body: answerBody(showPayment(charging.engine, record), problem) };
  const started = request.startedN === record.operation.n;
  return settled(charging, request, record, frozen, { started, freshForMs: 0 });
}

async function bind(
  { engine }: Charging,
  request: ClientRequest,
  record: PaymentRecord,
  chargeN: number,
): Promise<'bound' | 'lost'> {
  if (request.key === null) return 'lost';
  const { accountId, orderId } = request.order;
  const payment = { accountId, orderId, paymentId: record.paymentId };
  const bound = await engine.store.bindKey({ payment, chargeN, key: request.key });
  if (bound === 'bound') request.boundHere = true;
  return bound;
}

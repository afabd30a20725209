/** What an operator may ask for: `look-now` and `resolve`. Repeating both is safe. */

import type { CallOptions } from './charge-types.ts';
import { PayonceInputError } from './errors.ts';
import type { Answer, Line } from './exchange.ts';
import { type Fields, mustBe, NotBelieved } from './fields.ts';
import { jsonOf, mustBeAmount, mustBeObject, mustBePaymentId, mustBeText, refuseUnknown } from './input.ts';
import { judgeBy } from './judge.ts';
import { type OperationKind, readOperationNow } from './operation.ts';
import type { LookNowOptions, OperatorResult, Resolution } from './operator-types.ts';
import { paymentPath } from './paths.ts';
import { readPaymentNow } from './payment.ts';
import { persist, type Verdict } from './persist.ts';
import { readRefundNow } from './refund.ts';
import { patienceOf } from './try.ts';

export async function lookNow(
  line: Line,
  paymentId: string,
  wanted: LookNowOptions = {},
): Promise<OperatorResult> {
  mustBeObject('The options', wanted);
  const { refundId, operation, actor, ...options } = wanted;
  refuseUnknown('The options', options, ['deadlineMs', 'signal']);
  const target = targetOf({ paymentId, refundId, operation });
  return ask(line, target, 'look-now', { actor }, options);
}

const KNOWN = [
  'paymentId',
  'outcome',
  'evidence',
  'actor',
  'gatewayRef',
  'amountMinor',
  'refundId',
  'operation',
];

export async function resolve(
  line: Line,
  resolution: Resolution,
  options: CallOptions = {},
): Promise<OperatorResult> {
  refuseUnknown('The statement', resolution, KNOWN);
  refuseUnknown('The options', options, ['deadlineMs', 'signal']);
  const { outcome, evidence, actor } = resolution;
  const target = targetOf(resolution);
  mustBeText('evidence', evidence);
  mustBeText('actor', actor);
  const moved = outcome === 'failed' ? {} : movedFields(resolution, target.kind);
  return ask(line, target, 'resolve', { outcome, evidence, actor, ...moved }, options);
}

interface Target {
  readonly kind: 'payment' | 'refund' | OperationKind;
  readonly paymentId: string;
  readonly refundId: string | undefined;
  readonly path: string;
}

function targetOf({
  paymentId: id,
  refundId,
  operation,
}: {
  readonly paymentId: string;
  readonly refundId?: string | undefined;
  readonly operation?: OperationKind | undefined;
}): Target {
  const paymentId = mustBePaymentId(id);
  if (refundId !== undefined) {
    if (operation !== undefined)
      throw new PayonceInputError('Give either refundId or operation. Nothing was sent.');
    const path = paymentPath(paymentId, 'refunds', mustBeText('refundId', refundId));
    return { kind: 'refund', paymentId, refundId, path };
  }
  if (operation !== undefined && operation !== 'capture' && operation !== 'void')
    throw new PayonceInputError('operation must be capture or void. Nothing was sent.');
  const path = operation === undefined ? paymentPath(paymentId) : paymentPath(paymentId, operation);
  return { kind: operation ?? 'payment', paymentId, refundId, path };
}

const AMOUNTS = {
  payment: 'amount_captured',
  capture: 'amount_captured',
  refund: 'amount_refunded',
  void: 'amount_voided',
} as const;

function movedFields(
  { gatewayRef, amountMinor }: { readonly gatewayRef: string; readonly amountMinor: number },
  kind: Target['kind'],
): Fields {
  mustBeText('gatewayRef', gatewayRef);
  return { gateway_ref: gatewayRef, [AMOUNTS[kind]]: mustBeAmount('amountMinor', amountMinor) };
}

function ask(
  line: Line,
  target: Target,
  what: 'look-now' | 'resolve',
  body: Fields,
  options: CallOptions,
): Promise<OperatorResult> {
  return persist<OperatorResult>(
    line,
    {
      request: { method: 'POST', path: `${target.path}/${what}`, body: jsonOf(body) },
      judge: judgeBy({ answer: (answer) => judgeAnswer(answer, target), problem: () => null }),
      refused: ({ code, detail, fields, retryAfterMs }) => ({
        outcome: 'refused',
        code,
        detail,
        fields,
        retryAfterMs,
      }),
      notHeard: (told) => ({ outcome: 'pending', ...told }),
    },
    patienceOf(line, options),
  );
}

const NONE = { outcome: 'accepted', payment: null, refund: null, operation: null } as const;

function judgeAnswer({ status, body }: Answer, target: Target): Verdict<OperatorResult> {
  if (status !== 202) throw new NotBelieved(`its status is ${status}`);
  switch (target.kind) {
    case 'payment': {
      const payment = readPaymentNow(body);
      mustBe('payment', payment.paymentId, target.paymentId);
      return { kind: 'end', result: { ...NONE, payment } };
    }
    case 'refund': {
      const refund = readRefundNow(body);
      mustBe('payment', refund.paymentId, target.paymentId);
      mustBe('refund', refund.refundId, target.refundId);
      return { kind: 'end', result: { ...NONE, refund } };
    }
    default: {
      const operation = readOperationNow(body);
      mustBe('payment', operation.paymentId, target.paymentId);
      mustBe('operation', operation.operation, target.kind);
      return { kind: 'end', result: { ...NONE, operation } };
    }
  }
}

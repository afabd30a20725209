/** What may be done now about a payment, a refund, a capture or a void. */
import type { Operation } from './operation.ts';

/**
 * What may be asked for now. `capture`, `void`: the money is authorised, and neither is under way. `refund`: something is left to refund. `look_now`: there is something to look up at the gateway, and it can be
 * done at once. `resolve`: a person must decide.
 */
export type Action = 'capture' | 'void' | 'refund' | 'look_now' | 'resolve';

type Standing = Pick<Operation, 'status' | 'step'>;

/** Whether the gateway can be asked about it before its time. A call never goes before its time. */
export function mayLookNow({ status, step }: Standing, canLook: boolean): boolean {
  return canLook && (status === 'REVIEW' || step === 'lookup' || step === 'verify');
}

/**
 * `canLook`: this process can look it up. `canCapture`: this process can capture and void it, and neither is under way. `canRefund`: this
 * process can refund it, and something is left.
 */
export function actionsOf(
  operation: Standing,
  {
    canLook,
    canCapture,
    canRefund,
  }: { readonly canLook: boolean; readonly canCapture: boolean; readonly canRefund: boolean },
): readonly Action[] {
  const actions: Action[] = [];
  if (canCapture && operation.status === 'AUTHORIZED') actions.push('capture', 'void');
  if (canRefund && operation.status === 'COMPLETED') actions.push('refund');
  if (mayLookNow(operation, canLook)) actions.push('look_now');
  if (operation.status === 'REVIEW') actions.push('resolve');
  return actions;
}

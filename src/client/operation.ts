/** A capture or a void as the API shows it. */
import { countIfAnyAt, type Fields, textAt, wordAt, wordsAt } from './fields.ts';
import { type FollowUp, readFollowUp } from './follow-up.ts';

/** `capture` takes money that is held, `void` lets go of it. */
export type OperationKind = (typeof KINDS)[number];

const KINDS = ['capture', 'void'] as const;

/** What ends an authorisation. */
export interface CaptureOrVoid extends FollowUp {
  /** Which of the two it is. */
  readonly operation: OperationKind;
  /** The payment's order. */
  readonly orderId: string;
  /** What the gateway took, if that is not `amountMinor`: an operator has settled it. Null: it is, or nothing was captured by it. */
  readonly capturedMinor: number | null;
}

/** A capture or a void as it is read. */
export interface CaptureOrVoidNow extends CaptureOrVoid {
  /** What may be asked for now: `look_now`, `resolve`. A newer server may have other words. */
  readonly actions: readonly string[];
}

/** `statusField`: a problem has the status under another name. */
export function readOperation(
  fields: Fields,
  statusField: 'status' | 'operation_status' = 'status',
): CaptureOrVoid {
  return {
    ...readFollowUp(fields, statusField),
    operation: wordAt(fields, 'operation', KINDS),
    orderId: textAt(fields, 'order_id'),
    capturedMinor: countIfAnyAt(fields, 'amount_captured'),
  };
}

export function readOperationNow(fields: Fields): CaptureOrVoidNow {
  return { ...readOperation(fields), actions: wordsAt(fields, 'actions') };
}

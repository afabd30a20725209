/**
 * What an event of the gateway tells: which charge or refund it is about, and how that one stands. It is a hint, never evidence. It may be
 * early, late, repeated or out of date. So all that follows from it is a lookup, and what that shows decides.
 */
import { EFFECTS, type EffectKind } from './effects.ts';
import { isSettled, type Operation } from './operation.ts';
import type { Fate } from './outcomes.ts';

/** What one event is about. */
export interface GatewayNote {
  /** Whose order it is. Null: the gateway does not know the caller's accounts. */
  readonly accountId: string | null;
  /** The merchant's name of the order, as in the request of the charge. */
  readonly orderId: string;
  /** The order's name at the gateway, as in the request of the charge. An event with any other reference is not ours. */
  readonly reference: string;
  /** Whether it is about a charge or a refund. */
  readonly kind: EffectKind;
  /** The idempotency key of the charge or the refund. Null: the event does not name it. */
  readonly key: string | null;
  /** The gateway's own id of it, as in the outcome of a call. Null: the event does not name it. */
  readonly ref: string | null;
  /** How it stands, in the gateway's word. */
  readonly says: Fate;
}

/** What an adapter reads from an event. */
export type WebhookReading =
  /** It is not proved that the gateway sent it just now. */
  | {
      readonly kind: 'forged';
      /**
       * Why, for the log only: the sender never learns it. `unsigned`: it has no signature, or a part of it is missing. `bad_signature`: none of its
       * signatures is ours. `too_old` and `in_future`: signed, but not now. `unreadable`: the adapter gave no valid answer about it.
       */
      readonly reason: 'unsigned' | 'bad_signature' | 'too_old' | 'in_future' | 'unreadable';
    }
  /** The gateway sent it, but it is about nothing that Payonce made: another account or mode, or another kind of event. */
  | { readonly kind: 'foreign' }
  /** It is about a charge or a refund that may be ours: the engine compares the reference. */
  | {
      readonly kind: 'note';
      /** What it is about. */
      readonly note: GatewayNote;
    };

/** What is known here of the charge or the refund that a note is about. */
export interface NotedRow {
  readonly operation: Pick<Operation, 'kind' | 'status' | 'step' | 'gatewayRef'>;
  /** The key of the payment's current charge, or of the refund. */
  readonly gatewayKey: string;
  /** A worker works on it. */
  readonly held: boolean;
}

/**
 * - `known`: a look would show nothing new. Nothing is written.
 * - `wait`: a worker is at the gateway, and may have asked before the event happened. Or the next step is a call, which has its own time. It is
 *   weighed again after that.
 * - `wake`: it is looked up soon.
 */
export type NoteVerdict = 'known' | 'wait' | 'wake';

/** Decides what follows from a note. `canLook`: the gateway has lookups. Without them, nothing can be learnt. */
export function weighNote(note: GatewayNote, row: NotedRow, canLook: boolean): NoteVerdict {
  if (!canLook || !tellsMore(note, row)) return 'known';
  if (row.held) return 'wait';
  const { status, step } = row.operation;
  if (step !== 'call' || isSettled(status)) return 'wake';
  // The call itself will show a no. That money moved must not be forgotten, because the call may never be made.
  return mayHoldMoney(note) ? 'wait' : 'known';
}

/** Whether the note says anything that the row does not show already. */
function tellsMore(note: GatewayNote, { operation, gatewayKey }: NotedRow): boolean {
  const { kind, status, gatewayRef } = operation;
  switch (status) {
    case 'COMPLETED':
      if (note.says === 'live') return note.ref !== null && note.ref !== gatewayRef;
      // A charge that succeeded stays so, whatever happens to its money later.
      return note.says !== 'pending' && EFFECTS[kind].mayFailForMs > 0;
    case 'VOIDED':
      // Events of the time before it may be late.
      return mayHoldMoney(note) && note.ref !== null && note.ref !== gatewayRef;
    case 'FAILED':
      return mayHoldMoney(note);
    default:
      // A no to an earlier charge of the order was dealt with before this one began.
      return note.key === null || note.key === gatewayKey || mayHoldMoney(note);
  }
}

function mayHoldMoney({ says }: GatewayNote): boolean {
  return says === 'live' || says === 'pending';
}

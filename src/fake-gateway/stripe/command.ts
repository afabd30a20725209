/** A request that changes something, so that it can be carried out at once, or later by any process. */
import type { BookingFault, OperationFault } from '../faults/decide.ts';
import type { FaultSettings } from '../faults/settings.ts';
import type { Books } from '../ledger/books.ts';
import type { EventType, Happening } from './events.ts';
import type { FormFields } from './form.ts';

export type Operation = 'create' | 'confirm' | 'capture' | 'cancel' | 'refund' | 'authenticate';

export interface Command {
  readonly operation: Operation;
  /** The PaymentIntent that it is about; null: it makes one, or its parameters say. */
  readonly intentId: string | null;
  readonly params: FormFields;
  /** Its Idempotency-Key; null: it has none. */
  readonly key: string | null;
  readonly requestId: string;
  /** The date in its version of the API, such as `2026-10-28`. */
  readonly version: string;
  /** What the addresses of pages begin with. */
  readonly base: string;
  /** What becomes of the charge or refund; null: it succeeds. */
  readonly fate: BookingFault | OperationFault | null;
}

/** What an operation works with. */
export interface Work {
  readonly command: Command;
  readonly books: Books;
  readonly settings: FaultSettings;
  readonly nowMs: number;
  /** Notes an event. `atMs`: when it happens; default: now. */
  happened(type: EventType, about: Omit<Happening, 'type' | 'atMs'>, atMs?: number): void;
}

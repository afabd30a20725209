/** What an adapter that authorises first gives to be checked. */
import type { CaptureRequest, ReportedCapture } from '../domain/capture-outcomes.ts';
import type { ExclusiveKind } from '../domain/effects.ts';
import type { ChargeRequest } from '../domain/outcomes.ts';
import { REQUEST } from './harness.ts';
import { REFUND } from './refunds-harness.ts';
import type { RawAnswer } from './server.ts';

/** A capture or a void as the gateway would report it: the request's own values unless changed. */
export type CaptureChanges = Partial<Omit<ReportedCapture, 'status'>> & {
  /** Any text, as the gateway would write it. Default: what the answer is about. */
  readonly status?: string;
};

/** The charge as the gateway would report it. Default: authorised, nothing captured. */
export interface AuthorizedReport {
  /** Default: any. */
  readonly id?: string;
  /** The order's name at the gateway. Default: the request's. */
  readonly reference?: string;
  /** Default: the request's. */
  readonly currency?: string;
  /** Whether it is real money. Default: the answer does not say. */
  readonly livemode?: boolean;
  /** What was captured of it, in minor units. Default: nothing. */
  readonly capturedMinor?: number;
  /** Whether nothing is held any more. Default: no. */
  readonly released?: boolean;
  /** Until when the money is held, in milliseconds since the Unix epoch. Default: the answer does not say. */
  readonly authorizedUntilMs?: number;
}

/** How one kind of gateway writes its answers about authorised charges, captures and voids. */
export interface CaptureDialect {
  /** The answer to the call for the charge. */
  authorized(request: ChargeRequest, report?: AuthorizedReport): RawAnswer;
  /** A lookup's answer that lists these charges. */
  charges(request: ChargeRequest, reports: readonly AuthorizedReport[]): RawAnswer;
  /** The capture or the void was made. */
  succeeded(kind: ExclusiveKind, request: CaptureRequest, changes?: CaptureChanges): RawAnswer;
  /** The gateway has it, and decides later. */
  pending(kind: ExclusiveKind, request: CaptureRequest, changes?: CaptureChanges): RawAnswer;
  /** The gateway made none, and says so. */
  failed(kind: ExclusiveKind, request: CaptureRequest, changes?: CaptureChanges): RawAnswer;
  /** A lookup's answer that lists these captures or voids. */
  found(kind: ExclusiveKind, request: CaptureRequest, list: readonly CaptureChanges[]): RawAnswer;
  /** The answer to the question about the charge, if the first one shows nothing. */
  behind(request: CaptureRequest, report: AuthorizedReport): RawAnswer;
  /** The gateway's own error, about this call by its key. */
  error(request: { readonly key: string }, status: number, word: string): RawAnswer;
}

export const MANUAL: ChargeRequest = { ...REQUEST, captureMethod: 'manual' };

export const CAPTURE: CaptureRequest = REFUND;

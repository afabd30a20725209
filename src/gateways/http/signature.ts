/** Whether a gateway signed an event, and just now. The same for every form of signature. */
import { timingSafeEqual } from 'node:crypto';
import type { WebhookReading } from '../../domain/gateway-note.ts';

/** How far the clock of the signature may be from ours, either way. Both specifications' own example; both machines keep better time. */
const TOLERANCE_MS = 300_000;

export type Forgery = Extract<WebhookReading, { readonly kind: 'forged' }>['reason'];

export interface Signed {
  /** What each of our secrets makes of the event. */
  readonly expected: readonly Buffer[];
  /** What was sent with it. */
  readonly signatures: readonly Buffer[];
  /** When it was signed, in seconds since the Unix epoch, as text. */
  readonly timestamp: string;
}

/** Null: the gateway signed it, and just now. */
export function forgeryOf({ expected, signatures, timestamp }: Signed, wallMs: number): Forgery | null {
  const isSigned = expected.some((own) =>
    signatures.some((one) => one.length === own.length && timingSafeEqual(one, own)),
  );
  if (!isSigned) return 'bad_signature';
  const aheadMs = Number(timestamp) * 1000 - wallMs;
  if (aheadMs < -TOLERANCE_MS) return 'too_old';
  return aheadMs > TOLERANCE_MS ? 'in_future' : null;
}

/** Whether it can be a time in seconds. */
export function isTimestamp(text: string): boolean {
  return /^\d{1,12}$/.test(text);
}

/** A sender with several secrets signs with each. More than this is no rotation. */
export const MAX_SIGNATURES = 16;

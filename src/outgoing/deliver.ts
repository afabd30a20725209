/** One try of one delivery: what it says is read, signed, sent and judged. */
import { nextTry, pauseOf, SICK_AFTER } from '../domain/outgoing/schedule.ts';
import type { Clock } from '../ports/clock.ts';
import type { Claimed, Noted } from '../ports/outgoing.ts';
import type { Random } from '../ports/random.ts';
import { messageOf } from './message.ts';
import type { SecretBox } from './secrets.ts';
import type { Sender, Sent } from './send.ts';

/** What an event is about, as the API shows it now. Null: it is not there any more. */
export type Show = (event: Pick<Claimed, 'accountId' | 'paymentId' | 'followUp'>) => Promise<unknown>;

export interface DeliverParts {
  readonly box: SecretBox;
  readonly sender: Sender;
  readonly show: Show;
  readonly clock: Clock;
  readonly random: Random;
}

/** Who answers later than this gets one event at a time, too. It would keep many of our tries to itself. */
const SLOW_MS = 5000;

/** Sends it, and says what to note. Rejects if what it is about cannot be read: then nothing was sent. */
export async function deliver(claimed: Claimed, parts: DeliverParts): Promise<Noted> {
  const { clock, random } = parts;
  const startedMs = clock.monotonicMs();
  const sent = await send(claimed, parts);
  const tookMs = clock.monotonicMs() - startedMs;
  const { tries, ageMs } = claimed;
  const next = nextTry(sent, { tries, ageMs, chance: random.float() });
  const failures = failuresAfter(claimed, next.kind === 'delivered', tookMs);
  return {
    status: sent.status,
    answer: sent.answer,
    error: sent.error,
    tookMs,
    next: STATUS[next.kind],
    waitMs: next.kind === 'again' ? next.waitMs : 0,
    failures,
    pauseMs: next.kind === 'delivered' ? 0 : pauseOf(failures, sent.retryAfterMs),
    gone: next.kind === 'gone',
  };
}

const STATUS = { delivered: 'DELIVERED', gone: 'DEAD', dead: 'DEAD', again: 'PENDING' } as const;

function failuresAfter({ failures }: Claimed, delivered: boolean, tookMs: number): number {
  if (!delivered) return failures + 1;
  return tookMs > SLOW_MS ? SICK_AFTER : 0;
}

async function send(claimed: Claimed, { box, sender, show, clock }: DeliverParts): Promise<Sent> {
  const secrets = opened(claimed, box);
  if (typeof secrets === 'string') return { status: null, retryAfterMs: null, answer: null, error: secrets };
  const data = claimed.paymentId === null ? {} : await show(claimed);
  return sender.send(messageOf(claimed, { data, secrets, nowMs: clock.wallMs() }));
}

/** A text: why there are none. */
function opened(claimed: Claimed, box: SecretBox): readonly string[] | string {
  try {
    return [claimed.secret, ...claimed.earlierSecrets].map((sealed) => box.open(claimed, sealed));
  } catch (error) {
    return (error as Error).message;
  }
}

/** Scripts in which the money is authorised first, and a process is killed everywhere: between the charge, its one end, and what follows. */
import type { CallFault } from '../plan/faults.ts';
import type { EndWish, Visit } from '../scenarios/scenario.ts';
import type { KillScenario } from './scenarios.ts';

const MINUTE_MS = 60_000;
/** Long enough for everything that is done in these scripts. */
const HELD = { captures: { perMille: 0, holdsForMs: 10 * MINUTE_MS, saysUntil: true } } as const;
/** For scripts in which nobody ends it. With few sweeps: it takes too long to die at each of them. */
const SHORTLY_HELD = {
  plan: { captures: { ...HELD.captures, holdsForMs: MINUTE_MS }, sweepMs: MINUTE_MS / 3 },
  contract: { authorizedForMs: MINUTE_MS },
} as const;
const PART: EndWish = { kind: 'capture', amountMinor: 400 };
const VOID: EndWish = { kind: 'void' };
const MADE = { ends: ['COMPLETED'], told: /^SUCCEEDED/ } as const;

/** The order is authorised, and then ended. */
function ended(
  name: string,
  { kind, amountMinor }: EndWish,
  calls: readonly CallFault[],
  { contract, ...more }: Partial<KillScenario> = {},
): KillScenario {
  const end = amountMinor === undefined ? { kind } : { kind, amountMinor };
  return {
    name,
    plan: HELD,
    contract: { authorizedForMs: HELD.captures.holdsForMs, ...contract },
    visits: [{ on: 'p1' }, { on: 'p1', end }],
    status: kind === 'capture' ? 'COMPLETED' : 'VOIDED',
    endCalls: [calls],
    ends: MADE,
    ...more,
  };
}

/** Two clients at two processes, at the same moment. */
function atOnce(first: EndWish, second: EndWish): readonly Visit[] {
  return [{ on: 'p1' }, { atMs: 30_000, on: 'p1', end: first }, { atMs: 30_000, on: 'p2', end: second }];
}

export const CAPTURE_SCENARIOS: readonly KillScenario[] = [
  ended('a capture of a part', PART, []),
  ended('a capture that loses its answer', PART, ['reset_charged']),
  ended('a capture that lands later', PART, ['timeout_charged_later'], { delays: { 10000: 7000 } }),
  ended('a capture that meets an error, and was made', PART, ['error_charged']),
  ended('a capture that is pending, then made', PART, ['gateway_pending'], { delays: { 30000: 5000 } }),
  ended('a capture that is declined, and the hold ends', PART, ['gateway_declines'], {
    ...SHORTLY_HELD,
    // Without its key, the same request would open another one.
    visits: [{ on: 'p1' }, { on: 'p1', key: 'key-2', end: PART }],
    status: 'VOIDED',
    ends: { ends: ['FAILED'], told: /^capture_declined/ },
  }),
  ended('a capture without keys that loses its answer', PART, ['reset_charged'], {
    contract: { keys: 'none' },
  }),
  ended('a capture at a gateway of two steps', PART, ['reset_charged'], { contract: { steps: 'two' } }),
  ended('a void', VOID, []),
  ended('a void that loses its answer', VOID, ['reset_charged']),
  ended('a void at a gateway of two steps', VOID, ['reset_charged'], { contract: { steps: 'two' } }),
  ended('a capture and a void at once', PART, [], {
    visits: atOnce(PART, VOID),
    ends: { ends: ['COMPLETED'], told: /^SUCCEEDED|^payment_not_voidable|^payment_not_capturable/ },
    crashed: {
      status: 'VOIDED',
      why: 'the process of the capture died before it was opened, so the void was first',
    },
  }),
  ended('the same capture, asked for twice at once', PART, [], { visits: atOnce(PART, PART) }),
  ended('an authorisation that nobody ends', PART, [], {
    ...SHORTLY_HELD,
    visits: [{ on: 'p1' }],
    status: 'VOIDED',
    ends: { ends: [], told: /^AUTHORIZED/ },
  }),
  ended('an authorisation whose answer is lost', PART, [], { calls: [['reset_charged']] }),
  ended('the acknowledgement that a capture was opened is lost', PART, [], {
    store: { p1: { openFollowUp: ['store_ack_lost'] } },
  }),
  ended('the acknowledgement of a capture’s outcome is lost', PART, [], {
    store: { p1: { advanceFollowUp: ['store_ack_lost'] } },
  }),
  ended('a refund after a capture of a part', PART, [], {
    visits: [{ on: 'p1' }, { on: 'p1', end: PART }, { on: 'p1', refund: { amountMinor: 400 } }],
    refunds: { ends: ['COMPLETED'], told: /^SUCCEEDED/ },
  }),
];

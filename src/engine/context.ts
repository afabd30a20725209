import type { EffectKind } from '../domain/effects.ts';
import type { Policies, Policy } from '../domain/policy.ts';
import type { Clock } from '../ports/clock.ts';
import type { Gateway } from '../ports/gateway.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import type { PaymentRecord, Store } from '../ports/store.ts';
import type { AheadMemory } from './ahead-memory.ts';
import type { DatabaseClock } from './database-clock.ts';
import type { Room } from './effects/room.ts';
import type { Gate } from './gate.ts';
import type { Halt } from './halt.ts';
import type { LateNews } from './late-news.ts';
import type { Outage } from './outage.ts';
import type { OwnMode } from './own-mode.ts';
import type { Shortage } from './shortage.ts';
import type { Standing } from './standing.ts';
import type { Unanswered } from './unanswered.ts';

/** What belongs to the process: there is one of each, however many gateways it works at. */
export interface Shared {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly limits: Limits;
  readonly installationId: string;
  readonly databaseClock: DatabaseClock;
  readonly halt: Halt;
  readonly outage: Outage;
  /** Whether real money moves. A database holds either real payments or test payments, so it is the same at all gateways. */
  readonly livemode: boolean;
  readonly ownMode: OwnMode;
  readonly rooms: Readonly<Record<EffectKind, Room>>;
}

/** What belongs to one gateway: trouble there holds up no other. */
interface OfGateway {
  readonly gateway: Gateway;
  /** Of charges. What is no word of the contract is the same for every kind of effect. */
  readonly policy: Policy;
  /** By the kind of effect: what the contract says of it. */
  readonly policies: Policies;
  readonly gate: Gate;
  readonly lateNews: LateNews;
  readonly ahead: AheadMemory;
  readonly shortage: Shortage;
  readonly standing: Standing;
  readonly unanswered: Unanswered;
}

/** The engine at one gateway. Every part of the engine takes it. */
export interface Engine extends Shared, OfGateway {}

export function roomOf({ rooms }: Pick<Engine, 'rooms'>, { operation }: PaymentRecord): Room {
  return rooms[operation.kind];
}

/** The policy for what the record is. */
export function policyOf({ policies }: Pick<Engine, 'policies'>, { operation }: PaymentRecord): Policy {
  return policies[operation.kind];
}

/** Without a word from the adapter, it counts as real money. */
export function livemodeOf(gateway: Gateway): boolean {
  return gateway.livemode ?? true;
}

export interface Limits {
  /** A call or lookup that takes longer is given up, in milliseconds. */
  readonly callTimeoutMs: number;
  /** Nothing is sent or received in the last part of a lease. */
  readonly leaseMarginMs: number;
  /** Payments that wait no longer than this are kept in memory for their next step. The sweep finds the others. */
  readonly localWaitMs: number;
  /** Payments kept in memory at most. */
  readonly maxActive: number;
  /** Pause between sweeps for due payments. */
  readonly sweepMs: number;
  /** Payments taken up by one sweep at most. */
  readonly sweepLimit: number;
}

export const DEFAULT_LIMITS: Omit<Limits, 'callTimeoutMs'> = {
  // Room for a garbage collection or a slow tick between the check and the send.
  leaseMarginMs: 250,
  // Longer than any backoff, shorter than the slow schedule of lookups.
  localWaitMs: 15_000,
  maxActive: 20_000,
  sweepMs: 500,
  // After a crash everything that was under way is due at once. Ten thousand payments are ten pages.
  sweepLimit: 1000,
};

/**
 * A scripted world: nothing in it is random. What goes wrong is written down, and so is what must be true in the end,
 * down to the number of calls. The random simulation finds what nobody thought of; a scenario shows one thing exactly.
 */

import type { GatewayContract } from '../../src/domain/contract.ts';
import type { EventType } from '../../src/domain/events.ts';
import type { PaymentStatus } from '../../src/domain/payment.ts';
import type { Policy } from '../../src/domain/policy.ts';
import type { Store } from '../../src/ports/store.ts';
import type { BookedCharge, BookedEffect, Customer, EndKind } from '../gateway/model.ts';
import type { CallFault, LookupFault, PrepareFault, SealFault, StoreFault } from '../plan/faults.ts';
import type { Plan } from '../plan/plan.ts';
import type { Host } from '../world/process.ts';
import type { World } from '../world/world.ts';

export type HostName = 'p1' | 'p2';
export type Port = keyof Store | 'call' | 'lookup' | 'prepare' | 'seal';

/** Something that happens to a process, the database, or the world around them. */
export type Deed = (world: World, host: Host) => void;

/** When a process uses a port for the n-th time: before anything of it has left, or right after. */
export interface Moment {
  readonly on: HostName;
  readonly use: Port;
  /** Default: 1. Counted over all incarnations of the process. */
  readonly nth?: number;
  readonly when: 'before' | 'after';
  readonly deed: Deed;
}

export interface Mishap {
  readonly atMs: number;
  /** Default: p1. */
  readonly on?: HostName;
  readonly deed: Deed;
}

/** A client's request; what it leaves out is `order-1`, 1000 USD, `key-1`. */
export interface Visit {
  /** Default: as soon as the visit before it is over. */
  readonly atMs?: number;
  /** Default: any process that is up. */
  readonly on?: HostName;
  readonly accountId?: string;
  readonly orderId?: string;
  readonly amountMinor?: number;
  readonly method?: string;
  readonly key?: string | null;
  /** How long it waits for the outcome; default 10,000. */
  readonly waitMs?: number;
  /** So many at once; default 1. */
  readonly times?: number;
  /** Asks again, every half second, until it gets a definite answer. Default: asks once. */
  readonly persists?: boolean;
  /** Does not listen. */
  readonly hangsUp?: boolean;
  /** Gives money of the order back, instead of paying for it. The visit's key is this request's. */
  readonly refund?: RefundWish;
  /** Captures or voids the order, instead of paying for it. */
  readonly end?: EndWish;
}

/** How an authorisation is ended. */
export interface EndWish {
  readonly kind: EndKind;
  /** Left out: all of it. */
  readonly amountMinor?: number;
}

/** What is given back; left out: `refund-1`, all that is left. */
export interface RefundWish {
  /** Null: the visit's key names it. */
  readonly refundId?: string | null;
  readonly amountMinor?: number | null;
}

/** What must be true once everything is at rest. What is left out may be anything that the judge lets pass. */
export interface Ending {
  /** Of each order, in the order of acceptance. */
  readonly status?: PaymentStatus | readonly PaymentStatus[];
  /** Requests for a charge or a follow-up that left for the gateway. */
  readonly calls?: number | AtMost;
  readonly lookups?: number | AtMost;
  /** What the gateway's ledger holds, in order. */
  readonly ledger: readonly BookedCharge['status'][];
  /** The clients' answers, in order, in the words of `wordFor`. */
  readonly heard?: readonly string[];
  /** The first order's events. */
  readonly events?: readonly EventType[];
  /** Of each refund, in the order in which they were opened. */
  readonly refunds?: readonly PaymentStatus[];
  /** Of each capture and void, in the order in which they were opened. */
  readonly ends?: readonly PaymentStatus[];
  /** What the gateway's ledger of captures and voids holds, in order. */
  readonly captureLedger?: readonly BookedEffect['status'][];
  /** What the gateway's ledger of refunds holds, in order. */
  readonly refundLedger?: readonly BookedEffect['status'][];
  /** The first order's money: captured, being refunded, refunded, refunded elsewhere. */
  readonly sums?: readonly [number, number, number, number];
  /** Each alarm that was raised. Default: none. */
  readonly alarms?: readonly string[];
  readonly failureCode?: string;
}

export interface AtMost {
  readonly atMost: number;
}

export interface Scenario {
  readonly name: string;
  readonly contract?: Partial<GatewayContract>;
  readonly policy?: Partial<Omit<Policy, 'contract'>>;
  readonly plan?: Partial<Omit<Plan, 'policy'>>;
  /** The fault of each call, for each charge of an order: `[[first call, second call], [charge 2's first call]]`. */
  readonly calls?: readonly (readonly CallFault[])[];
  /** How long each call's connection takes to come up, in the order of the calls; default 0: it is up. */
  readonly connectsMs?: readonly number[];
  /** The same for refunds, in the order in which their keys are first used. */
  readonly refundCalls?: readonly (readonly CallFault[])[];
  /** The same for captures and voids. */
  readonly endCalls?: readonly (readonly CallFault[])[];
  /** A refund that succeeds fails afterwards. */
  readonly refundFailsLater?: boolean;
  /** In two steps: the fault of each request for an object. */
  readonly prepares?: readonly PrepareFault[];
  /** In two steps: the fault of each seal. */
  readonly seals?: readonly SealFault[];
  /** In two steps: what the customer does if they must act. Default: they pay. */
  readonly customer?: Customer['does'];
  /** The fault of each lookup, also of refunds and of what was refunded in all. */
  readonly lookups?: readonly LookupFault[];
  /** The fault of each use of a store method by a process. */
  readonly store?: Partial<Record<HostName, Partial<Record<keyof Store, readonly StoreFault[]>>>>;
  /** Delays are as short as possible, except these: by the longest value that the delay may have. */
  readonly delays?: Readonly<Record<number, number>>;
  /** What every draw of the engine's own chance gives, in [0, 1): its waits. Default: 0, the shortest. */
  readonly roll?: number;
  /** A charge that the gateway decides later is declined then. */
  readonly pendingEndsDeclined?: boolean;
  readonly visits: readonly Visit[];
  /** A deed of the script hits the database or the network to it: the judge must know. */
  readonly databaseFails?: boolean;
  readonly moments?: readonly Moment[];
  readonly mishaps?: readonly Mishap[];
  /** It does not end earlier; for what happens after everything seems to be over. */
  readonly lastsMs?: number;
  readonly ending: Ending;
}

export function times<T>(count: number, value: T): readonly T[] {
  return Array.from({ length: count }, () => value);
}

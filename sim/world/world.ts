/** One simulated world: processes with the real engine, a database, a gateway, and everything that can go wrong between them. */
import { orderReference, requestKeyHash } from '../../src/domain/ids.ts';
import type { Store } from '../../src/ports/store.ts';
import type { Marks } from '../core/marks.ts';
import { createScheduler, type Scheduler } from '../core/scheduler.ts';
import type { Tape } from '../core/tape.ts';
import type { Trace } from '../core/trace.ts';
import {
  type BookedCapture,
  type BookedCharge,
  type BookedEffect,
  type BookedRefund,
  type CaptureBooks,
  type ChargeBooks,
  createGatewayModel,
  type GatewayModel,
  type RefundBooks,
  together,
} from '../gateway/model.ts';
import { createJudge, type Judge } from '../judge/index.ts';
import type { CallFault, Faults, LookupFault, PrepareFault, SealFault, StoreFault } from '../plan/faults.ts';
import type { Plan } from '../plan/plan.ts';
import {
  type Change,
  createDatabase,
  type Database,
  type FollowUpChange,
  type Snapshot,
} from '../store/database.ts';
import { type Errand, ROUTE } from './clients.ts';
import { WALL_ORIGIN_MS } from './clock.ts';
import type { AnyRequest } from './effects.ts';
import { END_ROUTES, type EndErrand } from './end-clients.ts';
import { createHost, type Host, type Process } from './process.ts';
import { REFUND_ROUTE, type RefundErrand } from './refund-clients.ts';
import { storyFault } from './story-faults.ts';
import { createWebhooks, SILENT, type Webhooks } from './webhooks/webhooks.ts';

export interface World {
  readonly plan: Plan;
  readonly tape: Tape;
  readonly faults: Faults;
  readonly scheduler: Scheduler;
  readonly trace: Trace;
  readonly marks: Marks;
  readonly judge: Judge;
  readonly database: Database;
  /** The charges of all gateways. */
  readonly ledger: BookedCharge[];
  readonly refundLedger: BookedRefund[];
  readonly captureLedger: BookedCapture[];
  /** The charges in all gateways' books. */
  readonly gateway: ChargeBooks;
  /** The refunds in them. */
  readonly refunds: RefundBooks;
  /** The captures and voids in them. */
  readonly captures: CaptureBooks;
  readonly hosts: readonly Host[];
  readonly hostOf: Map<Process, Host>;
  /** The events of all gateways. */
  readonly webhooks: Webhooks;
  /** Whose each reference is, of what was ever asked of a gateway. */
  readonly ordersByReference: Map<string, { readonly accountId: string; readonly orderId: string }>;
  /** Calls sent with each key. */
  readonly callsByKey: Map<string, number>;
  /** What the gateway last said about each key that was looked up. */
  readonly lookedUp: Map<string, string>;
  /** Breaks the connection of every statement that is under way. */
  readonly openStatements: Set<() => void>;
  readonly openRequests: Map<string, { readonly process: Process; readonly dueMs: number }>;
  /** The errands that got a final answer, by account and key. */
  readonly settledErrands: Map<string, Errand>;
  /** The refunds that got a final answer. */
  readonly settledRefunds: Map<string, RefundErrand>;
  /** The captures and voids that got a final answer under a key. */
  readonly settledEnds: Map<string, EndErrand>;
  /** The last errand about each order under each key. */
  readonly errands: Map<string, Errand>;
  /** Every errand about a refund, where clients come back. */
  readonly refundErrands: Map<string, RefundErrand>;
  /** The fault of the first call, for each order that one process must finish by itself. */
  readonly loneFaults: Map<string, CallFault>;
  readonly uniqueHex: () => string;
  databaseNowMs(): number;
  /** An order's name at the gateway. */
  referenceOf(accountId: string, orderId: string): string;
  /** The database as a slightly delayed replica has it. */
  oldSnapshot(): Snapshot;
  /** Every use of a port by the engine goes through here. A process may be killed here, and a dead one gets no further. */
  port<T>(
    process: Process,
    name: string,
    use: (resolve: (value: T) => void, reject: (error: unknown) => void) => void,
  ): Promise<T>;
  storeFault(process: Process, method: keyof Store): StoreFault;
  callFault(process: Process, request: AnyRequest, call: number): CallFault;
  lookupFault(process: Process): LookupFault;
  /** `unreachable`, `forbidden`: of a mishap. */
  prepareFault(process: Process): PrepareFault | 'unreachable' | 'forbidden';
  sealFault(process: Process): SealFault;
  healed: boolean;
  databaseDown: boolean;
  /** The time of the restore, as the processes' settings name it; the database's clock. Null: they name none. */
  restoredAtMs: number | null;
  /** By how much the database's clock is ahead of the true time. */
  databaseSkewMs: number;
  /** Steps of the database's clock so far, and those of them that set it back. */
  clockSteps: number;
  clockStepsBack: number;
  /** When it last stepped; true time. */
  clockSteppedAtMs: number;
  /** Until then faults happen. A long sleep makes it later. */
  faultsUntilMs: number;
  /** A charge was made that had been proved not to have happened. */
  lateLanded: boolean;
  /** All processes sleep until then. */
  allAsleepUntilMs: number;
  /** Long sleeps so far. */
  longSleeps: number;
  gatewayDownUntilMs: number;
  gatewayErrsUntilMs: number;
  credentialsRevokedUntilMs: number;
  keysDrawn: number;
  requestsSent: number;
  portUses: number;
}

/** A gateway, and the name under which processes know it. */
export interface PlacedGateway {
  readonly name: string;
  readonly model: GatewayModel;
}

/** One use of the store or the gateway by a process; `index` counts them all, from 1. */
export interface PortUse {
  readonly index: number;
  readonly name: string;
  readonly process: Process;
}

export interface WorldOptions {
  readonly plan: Plan;
  readonly tape: Tape;
  readonly faults: Faults;
  readonly trace: Trace;
  readonly marks: Marks;
  /** What every choice about events is drawn from. Default: `tape`. */
  readonly webhookTape?: Tape;
  /** Kills the process at a use of a port: before it begins, or right after. */
  readonly killAt?: (use: PortUse) => 'before' | 'after' | null;
  readonly onKill?: (world: World, process: Process) => void;
}

export const INSTALLATION_ID = '6f0f9d9e-3c1b-4b0e-9a53-0c9f6a5d4e21';
/** The names that the simulated adapters store with every payment. */
const GATEWAY_NAME = 'model';
const OTHER_GATEWAY_NAME = 'other';
/** How far behind the replica that takes over may be. */
const REPLICA_LAG_MS = 1000;

export function createWorld(options: WorldOptions): World {
  const { plan, tape, faults, trace, marks } = options;
  const scheduler = createScheduler();
  const databaseNowMs = (): number => WALL_ORIGIN_MS + scheduler.nowMs + world.databaseSkewMs;
  let hexes = 0;
  const judge = createJudge({
    plan,
    database: () => database,
    gateway: () => gateway,
    refunds: () => refunds,
    captures: () => captures,
    nowMs: () => scheduler.nowMs,
    databaseNowMs,
    mark: marks.hit,
    keyHash: (key) => requestKeyHash(ROUTE, key),
    refundKeyHash: (key) => requestKeyHash(REFUND_ROUTE, key),
    endKeyHash: (kind, key) => requestKeyHash(END_ROUTES[kind], key),
  });
  const database = createDatabase({
    nowMs: databaseNowMs,
    retentionMs: plan.retentionMs,
    installationId: INSTALLATION_ID,
    onCommit(change) {
      trace.add(scheduler.nowMs, commitLine(change));
      judge.committed(change);
      keepSnapshot();
    },
    onFollowUpCommit(change) {
      trace.add(scheduler.nowMs, followUpLine(change));
      judge.followUpCommitted(change);
      keepSnapshot();
    },
  });
  const ledger: BookedCharge[] = [];
  const refundLedger: BookedRefund[] = [];
  const captureLedger: BookedCapture[] = [];
  const createGateway = (name: string): GatewayModel =>
    createGatewayModel({
      name,
      ledger,
      refundLedger,
      captureLedger,
      holdsForMs: plan.captures?.holdsForMs ?? 0,
      saysUntil: plan.captures?.saysUntil ?? false,
      countsRefunds: plan.refunds.counted,
      contract: plan.policy.contract,
      nowMs: () => scheduler.nowMs,
      after: (delayMs, event) => void scheduler.after(delayMs, event),
      preparesAnew: plan.preparesAnew === true,
      mark: (what) => marks.hit(`two_steps:${what}`),
      onBooked(charge) {
        trace.add(scheduler.nowMs, ledgerLine(charge));
        judge.booked(charge);
        world.webhooks.charge(charge);
      },
      onRefundBooked(refund) {
        trace.add(scheduler.nowMs, ledgerLine(refund));
        judge.refunds.booked(refund);
        world.webhooks.refund(refund);
      },
      onCaptureBooked(capture) {
        trace.add(scheduler.nowMs, `${ledgerLine(capture)} of ${capture.chargeRef}`);
        judge.captures.booked(capture);
      },
      markHold: (what) => marks.hit(`hold:${what}`),
    });
  const first: PlacedGateway = { name: GATEWAY_NAME, model: createGateway(GATEWAY_NAME) };
  const second: PlacedGateway | null =
    plan.story === 'two_gateways'
      ? { name: OTHER_GATEWAY_NAME, model: createGateway(OTHER_GATEWAY_NAME) }
      : null;
  const others = second === null ? [] : [second.model];
  const gateway = together([first.model.charges, ...others.map(({ charges }) => charges)]);
  const refunds = together([first.model.refunds, ...others.map((model) => model.refunds)]);
  const captures = together([
    first.model.captures.capture,
    first.model.captures.void,
    ...others.flatMap((model) => [model.captures.capture, model.captures.void]),
  ]);

  const losesCommits = plan.mishaps.includes('database_loses_commits');
  let older: { atMs: number; snapshot: Snapshot } | null = null;
  let newer: { atMs: number; snapshot: Snapshot } | null = null;
  function keepSnapshot(): void {
    if (!losesCommits || (newer !== null && scheduler.nowMs - newer.atMs < REPLICA_LAG_MS)) return;
    older = newer;
    newer = { atMs: scheduler.nowMs, snapshot: database.snapshot() };
  }

  function fault<F extends string>(name: F): F {
    if (name !== 'none') marks.hit(name);
    return name;
  }

  const world: World = {
    plan,
    tape,
    faults: {
      ...faults,
      connectMs: (request) => (world.healed ? 0 : faults.connectMs(request)),
    },
    scheduler,
    trace,
    marks,
    judge,
    database,
    ledger,
    refundLedger,
    captureLedger,
    gateway,
    refunds,
    captures,
    hosts: [],
    hostOf: new Map(),
    webhooks: SILENT,
    ordersByReference: new Map(),
    callsByKey: new Map(),
    lookedUp: new Map(),
    openStatements: new Set(),
    openRequests: new Map(),
    settledErrands: new Map(),
    settledRefunds: new Map(),
    settledEnds: new Map(),
    errands: new Map(),
    refundErrands: new Map(),
    loneFaults: new Map(),
    databaseNowMs,
    referenceOf: (accountId, orderId) => orderReference(INSTALLATION_ID, accountId, orderId),
    uniqueHex: () => `0000${(++hexes).toString(16).padStart(12, '0')}0000000000000000`,
    oldSnapshot: () => (older ?? newer)?.snapshot ?? database.snapshot(),
    port(process, name, use) {
      // A killed process runs on to its next wait. Nothing that it does until then may have an effect.
      if (!process.life.alive) return new Promise(() => {});
      world.portUses += 1;
      const kill = options.killAt?.({ index: world.portUses, name, process }) ?? null;
      if (kill === 'before') {
        options.onKill?.(world, process);
        return new Promise(() => {});
      }
      return new Promise((resolve, reject) => {
        use(resolve, reject);
        if (kill === 'after') options.onKill?.(world, process);
      });
    },
    storeFault(process, method) {
      const host = world.hostOf.get(process) as Host;
      const { nowMs } = scheduler;
      if (world.databaseDown || nowMs < host.databaseCutUntilMs) return 'store_refused';
      if (nowMs < host.databaseAnswersLostUntilMs) return 'store_ack_lost';
      return world.healed ? 'none' : fault(faults.statement(method));
    },
    callFault(process, request, call) {
      const host = world.hostOf.get(process) as Host;
      const { nowMs } = scheduler;
      if (nowMs < world.gatewayDownUntilMs || nowMs < host.gatewayCutUntilMs) return 'gateway_unreachable';
      if (nowMs < world.credentialsRevokedUntilMs) return 'gateway_forbids';
      if (nowMs < world.gatewayErrsUntilMs) return 'error_not_charged';
      const wanted = storyFault(world, request, call);
      if (wanted !== null) return fault(wanted);
      return world.healed ? 'none' : fault(faults.call(request, call));
    },
    lookupFault(process) {
      const host = world.hostOf.get(process) as Host;
      const { nowMs } = scheduler;
      if (nowMs < world.gatewayDownUntilMs || nowMs < host.gatewayCutUntilMs) return 'lookup_down';
      if (nowMs < world.credentialsRevokedUntilMs) return 'lookup_forbidden';
      return world.healed ? 'none' : fault(faults.lookup());
    },
    prepareFault(process) {
      const host = world.hostOf.get(process) as Host;
      const { nowMs } = scheduler;
      if (nowMs < world.gatewayDownUntilMs || nowMs < host.gatewayCutUntilMs) return 'unreachable';
      if (nowMs < world.credentialsRevokedUntilMs) return 'forbidden';
      return world.healed ? 'none' : fault(faults.prepare());
    },
    sealFault(process) {
      const host = world.hostOf.get(process) as Host;
      const { nowMs } = scheduler;
      const { gatewayDownUntilMs, credentialsRevokedUntilMs } = world;
      if (nowMs < Math.max(gatewayDownUntilMs, credentialsRevokedUntilMs, host.gatewayCutUntilMs))
        return 'seal_lost';
      return world.healed ? 'none' : fault(faults.seal());
    },
    healed: false,
    databaseDown: false,
    restoredAtMs: null,
    databaseSkewMs: 0,
    clockSteps: 0,
    clockStepsBack: 0,
    clockSteppedAtMs: Number.NEGATIVE_INFINITY,
    faultsUntilMs: 0,
    lateLanded: false,
    allAsleepUntilMs: 0,
    longSleeps: 0,
    gatewayDownUntilMs: 0,
    gatewayErrsUntilMs: 0,
    credentialsRevokedUntilMs: 0,
    keysDrawn: 0,
    requestsSent: 0,
    portUses: 0,
  };
  if (plan.webhooks !== undefined)
    Object.assign(world, { webhooks: createWebhooks(world, plan.webhooks, options.webhookTape ?? tape) });
  (world.hosts as Host[]).push(
    ...Array.from({ length: plan.processes }, (_one, index) =>
      createHost(world, index, (index === 1 ? second : null) ?? first),
    ),
  );
  return world;
}

function ledgerLine({ id, status, amountMinor }: BookedEffect): string {
  return `the gateway's ledger: ${id} ${status} ${amountMinor}`;
}

function followUpLine({ kind, after: { state: after }, event, sumsAfter }: FollowUpChange): string {
  const { operation, followUp, order } = after;
  const detail = event?.detail == null ? '' : ` (${event.detail})`;
  const what = event === null ? kind : `${event.type}${detail}`;
  const doubt = operation.doubt.kind === 'none' ? '' : `, in doubt (${operation.doubt.kind})`;
  const { refundingMinor, refundedMinor, capturedMinor, exclusive } = sumsAfter;
  const marked =
    exclusive === undefined
      ? ''
      : `, captured ${capturedMinor}, mark ${exclusive.id === null ? 'empty' : 'set'}`;
  const sums = `refunding ${refundingMinor}, refunded ${refundedMinor}${marked}`;
  return `${operation.kind} ${followUp.name} of ${order.orderId} #${after.seq} ${what}: ${order.amountMinor} ${operation.status}, attempts ${operation.attempts}${doubt}, step ${operation.step}${after.held ? ', held' : ''}; ${sums}`;
}

function commitLine({ kind, after, event, orderId }: Change): string {
  const { operation } = after;
  const detail = event?.detail == null ? '' : ` (${event.detail})`;
  const doubt = operation.doubt.kind === 'none' ? '' : `, in doubt (${operation.doubt.kind})`;
  const what = event === null ? kind : `${event.type}${detail}`;
  return `${orderId} #${after.seq} ${what}: charge ${operation.n} ${operation.status}, attempts ${operation.attempts}${doubt}, step ${operation.step}${after.held ? ', held' : ''}`;
}

/**
 * One run. Clients and mishaps act on a world while the faults last. Then everything is healed and must come to rest,
 * equal to the gateway's ledger. And every key must still give the answer that it gave before.
 */
import { createMarks, type Marks } from '../core/marks.ts';
import type { Tape } from '../core/tape.ts';
import { createTrace } from '../core/trace.ts';
import { isAtRest } from '../judge/ending.ts';
import type { Violation } from '../judge/index.ts';
import { drawPlan } from '../plan/plan.ts';
import { tryEachAlone } from '../world/alone.ts';
import { HANGS_AFTER_MS } from '../world/asking.ts';
import { ask, startClient } from '../world/clients.ts';
import { WALL_ORIGIN_MS } from '../world/clock.ts';
import { createDrawnFaults } from '../world/drawn-faults.ts';
import { askEnd } from '../world/end-clients.ts';
import { heal, startMishaps } from '../world/mishaps.ts';
import { startOperators } from '../world/operators.ts';
import { startProcess } from '../world/process.ts';
import { askRefund } from '../world/refund-clients.ts';
import { startStory } from '../world/stories.ts';
import { createWorld, type World } from '../world/world.ts';

export interface RunResult {
  readonly violation: Violation | null;
  readonly hash: string;
  readonly story: readonly string[];
  readonly marks: Marks;
  readonly steps: number;
  readonly virtualMs: number;
  readonly drawn: readonly number[];
}

/**
 * Longer than the longest wait in a healed world: until an order that cannot be resolved goes to REVIEW, or a refund that has failed since
 * is looked at again (`LATER_MS` in `judge/refunds/ending.ts`).
 */
const REST_WITHIN_MS = 90 * 60_000;
/** If an order can wait no longer than this for its resolution, the run also watches some lookups of its REVIEW. */
const SHORT_MS = 60_000;
const REVIEWED_FOR_MS = 5 * 60_000;
/** Even if the tables are at rest, something may still be on its way to a process, or wait inside it, for this long. */
const QUIET_MS = 20_000;
/** A clock that was set back is noticed within this. */
const NOTICED_WITHIN_MS = 5 * 60_000;

export async function run(tape: Tape, options: { readonly keepStory: boolean }): Promise<RunResult> {
  const plan = drawPlan(tape);
  const trace = createTrace({ keepLines: options.keepStory });
  const marks = createMarks();
  const world = createWorld({ plan, tape, faults: createDrawnFaults(tape, plan), trace, marks });
  trace.add(0, `plan: ${JSON.stringify(plan)}`);
  await play(world);
  return {
    violation: world.judge.violation,
    hash: trace.hash(),
    story: trace.lines,
    marks,
    steps: world.scheduler.steps,
    virtualMs: world.scheduler.nowMs,
    drawn: tape.drawn,
  };
}

async function play(world: World): Promise<void> {
  const { plan } = world;
  for (const host of world.hosts) startProcess(world, host);
  let clients = plan.clients;
  for (let index = 1; index <= plan.clients; index += 1) {
    startClient(world, `client ${index}`, () => {
      clients -= 1;
    });
  }
  startMishaps(world);
  if (plan.story === 'two_gateways') world.marks.hit('two_gateways');
  if (plan.narrow !== null) world.marks.hit('narrow');
  if (plan.otherSettings !== null) world.marks.hit('other_settings');
  const storyIsOver = startStory(world);
  const operatorsAreGone = startOperators(world);
  await playOut(world, () => clients === 0 && storyIsOver() && operatorsAreGone() && !world.webhooks.busy());
}

/**
 * Runs what has been started until it is over or the time for faults ends. Then everything is healed, must come to rest,
 * and is judged.
 */
export async function playOut(world: World, isOver: () => boolean): Promise<void> {
  const { plan, scheduler, judge } = world;
  const violated = (): boolean => judge.violation !== null;
  const afterEach = (): void => {
    // Every few hundred events is often enough, and costs almost nothing.
    if (scheduler.steps % 256 !== 0) return;
    checkHanging(world);
    if (world.healed) checkStarving(world);
  };
  const done = (): boolean => violated() || (isOver() && allAtRest(world));
  world.faultsUntilMs = plan.faultsForMs;
  // A long sleep of a process makes `faultsUntilMs` later.
  for (let untilMs = 0; untilMs < world.faultsUntilMs && !done(); ) {
    untilMs = world.faultsUntilMs;
    await scheduler.run({ untilMs, done, afterEach });
  }
  world.trace.add(scheduler.nowMs, 'the faults stop');
  heal(world);
  if (world.clockStepsBack > 0) {
    // A payment that waits for a time of the clock before the step looks as if it were at rest.
    await scheduler.run({ untilMs: scheduler.nowMs + NOTICED_WITHIN_MS, done: violated, afterEach });
    judge.rested();
  }
  await scheduler.run({ untilMs: scheduler.nowMs + REST_WITHIN_MS, done, afterEach });
  await scheduler.run({ untilMs: scheduler.nowMs + QUIET_MS, done: violated, afterEach });
  await scheduler.run({ untilMs: scheduler.nowMs + REST_WITHIN_MS, done, afterEach });
  if (isBeforePerson(world)) {
    await scheduler.run({ untilMs: scheduler.nowMs + REVIEWED_FOR_MS, done: violated, afterEach });
    // A lookup may be under way at that moment.
    await scheduler.run({ untilMs: scheduler.nowMs + REST_WITHIN_MS, done, afterEach });
  }
  if (violated()) return;
  if (plan.narrow !== null) {
    await tryEachAlone(world);
    await scheduler.run({ untilMs: scheduler.nowMs + REST_WITHIN_MS, done, afterEach });
    if (violated()) return;
  }
  judge.ended();
  await replayEverything(world);
}

/** Whether a payment is in REVIEW in a world with a short resolution. Then the lookups during REVIEW are watched, too. */
function isBeforePerson({ plan, database }: World): boolean {
  if (plan.policy.resolveForMs > SHORT_MS) return false;
  return [...database.rows()].some(({ payment }) => payment.operation.status === 'REVIEW');
}

function allAtRest(world: World): boolean {
  if (world.gateway.busy() || world.refunds.busy() || world.captures.busy() || world.openRequests.size > 0)
    return false;
  // A paused process may still have something to write when it wakes.
  if (world.hosts.some(({ process }) => process.life.paused)) return false;
  for (const row of world.database.rows())
    if (!isAtRest(row, world.plan.policy, world.gateway.ledger, world.judge.captures)) return false;
  if (!world.judge.refunds.allAtRest() || !world.judge.captures.allAtRest()) return false;
  return world.database.openTransactions() === 0;
}

function checkHanging(world: World): void {
  for (const [id, { process, dueMs }] of world.openRequests) {
    const { alive, paused, wokeAtMs } = process.life;
    // A process that has slept gets the same time after it wakes.
    const lateMs = world.scheduler.nowMs - Math.max(dueMs, wokeAtMs + HANGS_AFTER_MS);
    if (lateMs > 0 && alive && !paused) {
      world.judge.violated('liveness', `${id} was never answered`);
    }
  }
}

/** With narrow limits too, every payment must get its turn. Only plain stories are checked. */
function checkStarving({ plan, judge, faultsUntilMs, databaseSkewMs }: World): void {
  if (plan.narrow === null || plan.story !== 'plain' || !plan.policy.contract.lookup) return;
  judge.healthy(WALL_ORIGIN_MS + faultsUntilMs + databaseSkewMs);
}

/** Repeats every errand whose key got a final answer. The judge compares the answers. */
async function replayEverything(world: World): Promise<void> {
  let open = 0;
  const over = (): void => {
    open -= 1;
  };
  for (const errand of world.settledErrands.values()) {
    open += 1;
    ask(world, 'replay', errand, 0, over);
  }
  for (const errand of world.settledRefunds.values()) {
    open += 1;
    askRefund(world, 'replay', errand, 0, over);
  }
  for (const errand of world.settledEnds.values()) {
    open += 1;
    askEnd(world, 'replay', errand, 0, over);
  }
  await world.scheduler.run({
    untilMs: world.scheduler.nowMs + 60_000,
    done: () => open === 0 || world.judge.violation !== null,
    afterEach: () => {},
  });
  if (open > 0) world.judge.violated('liveness', `${open} replays were never answered`);
}

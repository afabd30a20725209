/**
 * One run: a world, clients and mishaps while faults last; then everything is healed and has to come to rest, equal
 * to the gateway's ledger, and every key must still give the answer that it gave before.
 */
import { createMarks, type Marks } from '../core/marks.ts';
import type { Tape } from '../core/tape.ts';
import { createTrace } from '../core/trace.ts';
import { isAtRest } from '../judge/ending.ts';
import type { Violation } from '../judge/index.ts';
import { drawPlan } from '../plan/plan.ts';
import { tryEachAlone } from '../world/alone.ts';
import { ask, HANGS_AFTER_MS, startClient } from '../world/clients.ts';
import { WALL_ORIGIN_MS } from '../world/clock.ts';
import { createDrawnFaults } from '../world/drawn-faults.ts';
import { heal, startMishaps } from '../world/mishaps.ts';
import { startProcess } from '../world/process.ts';
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

/** Long after the longest wait that a healed world knows: until an order that cannot be resolved is sent to a person. */
const REST_WITHIN_MS = 90 * 60_000;
/** A resolution that is over soon; then the review that follows is watched for some lookups. */
const SHORT_MS = 60_000;
const REVIEWED_FOR_MS = 5 * 60_000;
/** What looks at rest in the tables may still be on its way to a process, or wait inside it, for so long. */
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
  await playOut(world, () => clients === 0 && storyIsOver());
}

/**
 * Runs what has been set going until it is over or the time for faults is; then everything is healed, has to come
 * to rest, and is judged.
 */
export async function playOut(world: World, isOver: () => boolean): Promise<void> {
  const { plan, scheduler, judge } = world;
  const violated = (): boolean => judge.violation !== null;
  const afterEach = (): void => {
    // Every few hundred events is often enough to notice, and costs nothing.
    if (scheduler.steps % 256 !== 0) return;
    checkHanging(world);
    if (world.healed) checkStarving(world);
  };
  const done = (): boolean => violated() || (isOver() && allAtRest(world));
  world.faultsUntilMs = plan.faultsForMs;
  // A process that sleeps for long makes it later.
  for (let untilMs = 0; untilMs < world.faultsUntilMs && !done(); ) {
    untilMs = world.faultsUntilMs;
    await scheduler.run({ untilMs, done, afterEach });
  }
  world.trace.add(scheduler.nowMs, 'the faults stop');
  heal(world);
  if (world.clockStepsBack > 0) {
    // What waits for a time of the old clock looks like rest.
    await scheduler.run({ untilMs: scheduler.nowMs + NOTICED_WITHIN_MS, done: violated, afterEach });
    judge.rested();
  }
  await scheduler.run({ untilMs: scheduler.nowMs + REST_WITHIN_MS, done, afterEach });
  await scheduler.run({ untilMs: scheduler.nowMs + QUIET_MS, done: violated, afterEach });
  await scheduler.run({ untilMs: scheduler.nowMs + REST_WITHIN_MS, done, afterEach });
  if (isBeforePerson(world)) {
    await scheduler.run({ untilMs: scheduler.nowMs + REVIEWED_FOR_MS, done: violated, afterEach });
    // A lookup may be under way just then.
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

/** Whether a payment waits for a person where nobody waits for long: what it is looked up for must not end it. */
function isBeforePerson({ plan, database }: World): boolean {
  if (plan.policy.resolveForMs > SHORT_MS) return false;
  return [...database.rows()].some(({ payment }) => payment.charge.status === 'REVIEW');
}

function allAtRest(world: World): boolean {
  if (world.gateway.busy() || world.openRequests.size > 0) return false;
  // A paused process may still wake with something to write.
  if (world.hosts.some(({ process }) => process.life.paused)) return false;
  for (const row of world.database.rows())
    if (!isAtRest(row, world.plan.policy, world.gateway.ledger)) return false;
  return world.database.openTransactions() === 0;
}

function checkHanging(world: World): void {
  for (const [id, { process, dueMs }] of world.openRequests) {
    const { alive, paused, wokeAtMs } = process.life;
    // A process that has slept has as long after it wakes.
    const lateMs = world.scheduler.nowMs - Math.max(dueMs, wokeAtMs + HANGS_AFTER_MS);
    if (lateMs > 0 && alive && !paused) {
      world.judge.violated('liveness', `${id} was never answered`);
    }
  }
}

/** Whose limits are met has to come to its turn all the same. Who may do what in the other stories is another question. */
function checkStarving({ plan, judge, faultsUntilMs, databaseSkewMs }: World): void {
  if (plan.narrow === null || plan.story !== 'plain' || !plan.policy.contract.lookup) return;
  judge.healthy(WALL_ORIGIN_MS + faultsUntilMs + databaseSkewMs);
}

/** Every errand whose key is bound, once more: the judge compares. */
async function replayEverything(world: World): Promise<void> {
  let open = 0;
  for (const errand of world.settledErrands.values()) {
    open += 1;
    ask(world, 'replay', errand, 0, () => {
      open -= 1;
    });
  }
  await world.scheduler.run({
    untilMs: world.scheduler.nowMs + 60_000,
    done: () => open === 0 || world.judge.violation !== null,
    afterEach: () => {},
  });
  if (open > 0) world.judge.violated('liveness', `${open} replays were never answered`);
}

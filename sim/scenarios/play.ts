/** Plays one scenario from its beginning to the judge's last word. */
import { createMarks } from '../core/marks.ts';
import { replayedTape, type Tape } from '../core/tape.ts';
import { createTrace } from '../core/trace.ts';
import type { Violation } from '../judge/index.ts';
import { playOut } from '../simulate/run.ts';
import type { Host } from '../world/process.ts';
import { startProcess } from '../world/process.ts';
import { createWorld, type World } from '../world/world.ts';
import { planOf } from './plan.ts';
import type { Scenario } from './scenario.ts';
import { createScript, type Intrusion } from './script.ts';
import { type Heard, startVisits } from './visits.ts';

export interface Played {
  readonly world: World;
  readonly violation: Violation | null;
  readonly heard: readonly Heard[];
  /** Every use of a port while anything was open, as `p1 accept`. */
  readonly uses: readonly string[];
  readonly story: readonly string[];
}

export interface PlayOptions {
  readonly keepStory: boolean;
  readonly intrusion?: Intrusion;
}

export async function playScenario(scenario: Scenario, options: PlayOptions): Promise<Played> {
  const trace = createTrace({ keepLines: options.keepStory });
  const script = createScript(scenario, options.intrusion);
  const plan = planOf(scenario);
  const tape = plainTape(scenario.roll ?? 0);
  const world = createWorld({ plan, tape, trace, marks: createMarks(), ...script });
  script.attach(world);
  for (const host of world.hosts) startProcess(world, host);
  const visits = startVisits(world, scenario.visits);
  const mishapsOver = startMishaps(world, scenario);
  let usesUntilRest = 0;
  await playOut(world, () => {
    usesUntilRest = script.uses.length;
    const isOver = visits.over() && mishapsOver() && !world.webhooks.busy();
    return isOver && world.scheduler.nowMs >= (scenario.lastsMs ?? 0);
  });
  return {
    world,
    violation: world.judge.violation,
    heard: visits.heard,
    uses: script.uses.slice(0, usesUntilRest),
    story: trace.lines,
  };
}

/** Every choice is the plain one; only the engine's own chance, which is drawn in thousandths, may be another. */
function plainTape(roll: number): Tape {
  const plain = replayedTape([]);
  return { ...plain, below: (bound) => (bound === 1000 ? Math.floor(roll * 1000) : plain.below(bound)) };
}

function startMishaps(world: World, { mishaps = [] }: Scenario): () => boolean {
  let open = mishaps.length;
  for (const { atMs, on = 'p1', deed } of mishaps) {
    world.scheduler.after(atMs, () => {
      open -= 1;
      deed(world, world.hosts.find(({ name }) => name === on) as Host);
    });
  }
  return () => open === 0;
}

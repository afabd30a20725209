/** The parts of the proof, in the order from the quickest to find something to the slowest. */

export interface Stage {
  readonly name: string;
  /** What it shows, for the report. */
  readonly shows: string;
  /** Arguments of `node`, from the project's root. */
  readonly quick: readonly string[] | null;
  readonly full: readonly string[];
}

const part = (name: string): string => `dist-sim/sim/${name}/main.js`;
const only = (judge: string): readonly string[] => ['--only', judge];

/** Where the simulation leaves what it counted, for the table of faults. */
export const COUNTS_FILE = '.payonce/simulation.json';

export const STAGES: readonly Stage[] = [
  {
    name: 'Exhaustive search',
    shows: 'every state of two workers and one order that up to three faults can bring about',
    quick: [part('explore')],
    full: [part('explore')],
  },
  {
    name: 'Crash at every await',
    shows:
      'each scenario, with its process killed before and after every single use of the database and the gateway',
    quick: [part('kill-points')],
    full: [part('kill-points')],
  },
  {
    name: 'Simulation',
    shows: 'the real engine in virtual time, under every fault of the catalogue, seed by seed',
    // The same seeds in every run, so that whether a change passes does not hang on chance. Fresh ones are drawn by the whole proof.
    quick: [part('simulate'), '--from', '1', '--seeds', '15000', '--json', COUNTS_FILE],
    full: [part('simulate'), '--seeds', '200000', '--json', COUNTS_FILE],
  },
  {
    name: 'Tests',
    shows:
      'what each part claims; above all that the simulated database and PostgreSQL keep the same contract',
    // `npm test` runs them.
    quick: null,
    full: ['node_modules/vitest/vitest.mjs', 'run'],
  },
  {
    name: 'Chaos',
    shows:
      'real processes, a real PostgreSQL and real sockets, judged by the gateway’s ledger and by every answer',
    quick: [part('chaos'), '--minutes', '1', '--seed', '1'],
    full: [part('chaos'), '--minutes', '10', '--seed', '2'],
  },
  {
    name: 'Chaos with Stripe',
    shows:
      'the same with the adapter for Stripe: two steps, customers who must act, and events, at our own Stripe',
    quick: [part('chaos'), '--gateway', 'stripe', '--minutes', '0.3', '--seed', '1'],
    full: [part('chaos'), '--gateway', 'stripe', '--minutes', '5', '--seed', '2'],
  },
  {
    name: 'Planted bugs',
    shows: 'that each part of the proof can fail: small bugs, each of which its judge must catch',
    // All of them take three quarters of an hour. What the models find on the unchanged tree was shown above.
    quick: [
      part('mutants'),
      ...['explorer', 'kill points', 'scenarios', 'engine suite'].flatMap(only),
      ...['--every', '8', '--models-hold'],
    ],
    full: [part('mutants')],
  },
  {
    name: 'Mutation of the decisions and the engine',
    shows: 'how many of all small changes to `domain/` and `engine/` a test or the simulation notices',
    // Takes as long as all the rest of the quick share.
    quick: null,
    full: ['node_modules/@stryker-mutator/core/bin/stryker.js', 'run'],
  },
];

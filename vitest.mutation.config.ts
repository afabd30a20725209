import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Unit tests first: most mutants die there, and the simulation costs more than all of them together. */
class SimulationLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const simulates = ({ moduleId }: TestSpecification): boolean => moduleId.includes('/sim/');
    return [...sorted.filter((file) => !simulates(file)), ...sorted.filter(simulates)];
  }
}

/** The tests that judge small changes to the decisions and the engine: all in one process, without a database. */
export default defineConfig({
  test: {
    include: ['src/domain/**/*.test.ts', 'src/engine/**/*.test.ts', 'sim/simulate/seeds.test.ts'],
    testTimeout: 60_000,
    sequence: { sequencer: SimulationLast },
    env: { SEEDS_PER_TEST: '12' },
  },
});

/** The endings of statements, on a real server: a connection that breaks, and a rollback with 40001. */
import type { Pool } from 'pg';
import type { Store } from '../../src/ports/store.ts';
import type { StoreHarness } from '../suites/store.suite.ts';
import type { Break, TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';

type Faults = Pick<StoreHarness, 'failNext' | 'failures' | 'arrive'> & {
  /** From now on nothing fails, and nothing has failed; the next to fail is a statement of this store. */
  forgetAll(frail: Store): Promise<void>;
};

const BREAKS = { lost: 'request', lost_committed: 'answer', late: 'late' } as const satisfies Record<
  string,
  Break
>;

export function createFaults(options: {
  /** The line of the store whose statements fail. */
  readonly proxy: TcpProxy;
  readonly admin: Pool;
  /** The tables that writes write. */
  readonly tables: readonly string[];
}): Faults {
  const { proxy, admin, tables } = options;
  let frail: Store | undefined;
  let brokenBefore = 0;
  let answersBefore = 0;
  let rolledBack = 0;
  let installed = false;

  /** A sequence is what remembers across a rollback; one below zero is a statement that still has to fail. */
  async function install(): Promise<void> {
    await admin.query(`CREATE SEQUENCE public.writes MINVALUE -1 START 1;
      CREATE FUNCTION public.roll_back() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF nextval('public.writes') <= 0 THEN RAISE EXCEPTION 'planned' USING ERRCODE = '40001'; END IF;
        RETURN NULL;
      END $$`);
    for (const table of tables)
      await admin.query(`CREATE TRIGGER roll_back BEFORE INSERT OR UPDATE ON payonce.${table}
        FOR EACH STATEMENT EXECUTE FUNCTION public.roll_back()`);
    installed = true;
  }

  async function uninstall(): Promise<void> {
    await admin.query('DROP FUNCTION public.roll_back CASCADE; DROP SEQUENCE public.writes');
    installed = false;
  }

  /** Planned failures that have not happened. */
  async function pending(): Promise<number> {
    const { rows } = await admin.query<{ last: number }>('SELECT last_value::int AS last FROM public.writes');
    return Math.max(0, -(rows[0]?.last ?? 0));
  }

  return {
    async forgetAll(store) {
      frail = store;
      proxy.mend();
      proxy.deliver();
      brokenBefore = proxy.broken();
      rolledBack = 0;
      if (installed) await uninstall();
    },
    async failNext(ending, after = 0) {
      // A connection that is ready: otherwise the fault would meet its greeting.
      await frail?.check();
      if (ending !== 'serialization') {
        answersBefore = proxy.answers();
        proxy.breakNext(BREAKS[ending], after);
        return;
      }
      if (after > 0)
        throw new Error('The triggers count no statements: only the next one can be rolled back.');
      if (!installed) await install();
      rolledBack += 1;
      await admin.query(`SELECT setval('public.writes', -1)`);
    },
    async failures() {
      const waiting = installed ? await pending() : 0;
      return proxy.broken() - brokenBefore + rolledBack - waiting;
    },
    async arrive() {
      proxy.deliver();
      await until('the server has handled it', () => proxy.answers() > answersBefore);
    },
  };
}

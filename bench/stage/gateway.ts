/** The gateway that a subject charges at: the fake one as a process of its own, with its ledger in memory. */
import { stopProgram } from '../../sim/chaos/processes/program.ts';
import type { Programs } from './programs.ts';

export interface BenchGateway {
  readonly url: string;
  readonly pid: number;
  /** What it really charged. */
  ledger(): Promise<LedgerSummary>;
  /** The same for one order. */
  ledgerOf(orderId: string): Promise<LedgerSummary>;
  /** Every charge that took effect. */
  charges(): Promise<readonly LedgerCharge[]>;
  setFaults(faults: object): Promise<void>;
  /** The faults in force, with what was left out filled in. */
  faults(): Promise<unknown>;
  stop(): Promise<void>;
}

export interface LedgerSummary {
  readonly charges: number;
  readonly live: number;
  readonly duplicates: number;
}

export interface LedgerCharge {
  readonly order_id: string | null;
  readonly idempotency_key: string;
  readonly live: boolean;
}

interface LedgerPage {
  readonly summary: LedgerSummary;
  readonly data: readonly LedgerCharge[];
  readonly next_cursor: string | null;
}

/** The most that a page of the ledger holds. */
const PAGE = 1000;

export async function startBenchGateway(programs: Programs, cli: string): Promise<BenchGateway> {
  const { program, ready: url } = await programs.start({
    name: 'the gateway',
    args: [cli, 'fake-gateway', '--memory', '--port', '0', '--faults', '{}'],
    env: {},
    ready: (said) => /listens at (\S+)/.exec(said)?.[1] ?? null,
  });

  async function page(query: string): Promise<LedgerPage> {
    const answer = await fetch(`${url}/_ledger?${query}`);
    if (!answer.ok) throw new Error(`The gateway did not show its ledger: ${await answer.text()}`);
    return (await answer.json()) as LedgerPage;
  }

  return {
    url,
    pid: program.pid,
    ledger: async () => (await page('limit=1')).summary,
    ledgerOf: async (orderId) => (await page(`limit=1&order_id=${encodeURIComponent(orderId)}`)).summary,
    async charges() {
      const charges: LedgerCharge[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const at: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
        const { data, next_cursor: next } = await page(`limit=${PAGE}${at}`);
        charges.push(...data);
        cursor = next;
      }
      return charges;
    },
    async setFaults(faults) {
      const answer = await fetch(`${url}/_faults`, { method: 'PUT', body: JSON.stringify(faults) });
      if (!answer.ok) throw new Error(`The gateway refused the faults: ${await answer.text()}`);
    },
    faults: async () => (await fetch(`${url}/_faults`)).json(),
    stop: () => stopProgram(program),
  };
}

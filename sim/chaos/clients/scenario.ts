/** What a client plays, and what all scenarios share. */
import type { Client } from './client.ts';
import type { KnownOrder } from './memory.ts';

export interface Scenario {
  readonly name: string;
  /** How often it is played, relative to the others. */
  readonly weight: number;
  play(client: Client): Promise<unknown>;
}

export type OrderPlay = (client: Client, order: KnownOrder) => Promise<unknown>;

/** Shortest and longest time after which an impatient client hangs up. */
export const HANG_UP_MS = { min: 1, max: 120 } as const;

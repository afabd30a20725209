/**
 * What was found to be false. A finding about Payonce fails the run. A finding about another server is only reported: most
 * of them do not promise what Payonce promises.
 */
import type { Contestant } from '../stage/contestants.ts';
import { PAYONCE } from '../stage/subjects.ts';

export interface Findings {
  /** `where`: the workload, and whatever says more. */
  add(contestant: Contestant, where: string, problems: readonly string[]): void;
  /** What is worth knowing but is no server's fault. */
  note(line: string): void;
  read(): FoundOut;
}

export interface FoundOut {
  readonly ours: readonly string[];
  readonly peers: readonly string[];
  readonly notes: readonly string[];
}

export function createFindings(): Findings {
  const ours: string[] = [];
  const peers: string[] = [];
  const notes: string[] = [];
  return {
    add(contestant, where, problems) {
      const list = contestant.program === PAYONCE ? ours : peers;
      for (const problem of problems) list.push(`${contestant.name}, ${where}: ${problem}`);
    },
    note: (line) => void notes.push(line),
    read: () => ({ ours: [...ours], peers: [...peers], notes: [...notes] }),
  };
}

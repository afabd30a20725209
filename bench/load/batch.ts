/** A fixed number of requests over n connections, as fast as they are answered: prepares what a workload starts from. */
import { type Answer, openConnection, type Target } from './connection.ts';
import { createStatusCounter, type Statuses } from './counts.ts';

export interface BatchOptions {
  readonly target: Target;
  readonly connections: number;
  readonly requests: Iterable<string>;
  readonly onAnswer?: (answer: Answer, request: string) => void;
}

/** Resolves with the answers by status when every request has its answer. */
export async function sendBatch({
  target,
  connections,
  requests,
  onAnswer,
}: BatchOptions): Promise<Statuses> {
  const counter = createStatusCounter();
  const left = requests[Symbol.iterator]();
  const sendAll = async (): Promise<void> => {
    const connection = openConnection(target);
    for (let next = left.next(); next.done !== true; next = left.next()) {
      const request = next.value;
      const answer = await new Promise<Answer>((resolve) => connection.send(request, resolve));
      counter.add(answer.status);
      onAnswer?.(answer, request);
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: connections }, sendAll));
  return counter.read();
}

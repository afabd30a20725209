/** Many clients at one instant: every connection is open before the first request leaves, and all leave in one tick. */
import { type Answer, openConnection, type Target } from './connection.ts';

export interface BurstAnswer extends Answer {
  /** From the instant of the burst. */
  readonly afterMs: number;
}

/** Connections that are opened at once; a server's queue of unaccepted ones is short. */
const OPENED_AT_ONCE = 100;
/** What has no answer by then counts as broken. */
const PATIENCE_MS = 60_000;

/** One request per connection. */
export async function burst(target: Target, requests: readonly string[]): Promise<readonly BurstAnswer[]> {
  const connections = requests.map(() => openConnection(target));
  for (let at = 0; at < connections.length; at += OPENED_AT_ONCE) {
    await Promise.all(connections.slice(at, at + OPENED_AT_ONCE).map((connection) => connection.open()));
  }
  const closeAll = (): void => {
    for (const connection of connections) connection.close();
  };
  const patience = setTimeout(closeAll, PATIENCE_MS);
  const startedMs = performance.now();
  const answers = await Promise.all(
    connections.map(
      (connection, index) =>
        new Promise<BurstAnswer>((resolve) => {
          connection.send(requests[index] ?? '', (answer) =>
            resolve({ ...answer, afterMs: performance.now() - startedMs }),
          );
        }),
    ),
  );
  clearTimeout(patience);
  closeAll();
  return answers;
}

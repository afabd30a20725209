/** Closed loop: each of n connections sends its next request when the last one was answered. Measures throughput. */
import { within } from '../../sim/chaos/processes/wait.ts';
import { type Answer, type Connection, openConnection, type Target } from './connection.ts';
import { createStatusCounter, type Statuses } from './counts.ts';
import { createLatencyRecorder, type Latency } from './latency.ts';
import { pause } from './pause.ts';

export interface Load {
  readonly perSecond: number;
  readonly seconds: number;
  readonly latency: Latency;
  /** Answers in the window, by status. */
  readonly statuses: Statuses;
  /** Their number. */
  readonly answers: number;
  /** Answers of the whole run, those of the warm-up and after the window's end included. */
  readonly all: Statuses;
}

export interface ClosedLoopOptions {
  readonly target: Target;
  readonly connections: number;
  /** Not counted: the server warms up. */
  readonly warmUpMs: number;
  readonly windowMs: number;
  /** The next request as ready text. */
  readonly next: () => string;
  /** Called for every answer, also outside the window. */
  readonly onAnswer?: (answer: Answer, request: string) => void;
  /** Called at the beginning and at the end of the counted window. */
  readonly onWindow?: (edge: 'begin' | 'end') => void;
}

/** Longer than any answer may take: Payonce says 202 after 10 s. What is not answered by then counts as broken. */
const PATIENCE_MS = 30_000;

export async function closedLoop(options: ClosedLoopOptions): Promise<Load> {
  const { target, windowMs, warmUpMs, onWindow } = options;
  const latency = createLatencyRecorder();
  const counted = createStatusCounter();
  const all = createStatusCounter();
  let answers = 0;
  let counting = false;
  let running = true;

  const connections = Array.from({ length: options.connections }, () => openConnection(target));
  const ended = Promise.all(connections.map((connection) => keepBusy(connection)));
  await pause(warmUpMs);
  counting = true;
  onWindow?.('begin');
  const beganMs = performance.now();
  await pause(windowMs);
  const seconds = (performance.now() - beganMs) / 1000;
  counting = false;
  onWindow?.('end');
  running = false;
  // What is under way is answered before the connections close: the next window finds a quiet server.
  await within(PATIENCE_MS, ended, null);
  for (const connection of connections) connection.close();
  await ended;
  const perSecond = answers / seconds;
  return { perSecond, seconds, latency: latency.read(), statuses: counted.read(), answers, all: all.read() };

  function keepBusy(connection: Connection): Promise<void> {
    return new Promise((resolve) => {
      const again = (): void => {
        if (!running) {
          resolve();
          return;
        }
        const request = options.next();
        const sentMs = performance.now();
        connection.send(request, (answer) => {
          if (counting) {
            latency.record(performance.now() - sentMs);
            counted.add(answer.status);
            answers += 1;
          }
          all.add(answer.status);
          options.onAnswer?.(answer, request);
          again();
        });
      };
      again();
    });
  }
}

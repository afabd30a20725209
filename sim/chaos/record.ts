/** The record: every request that any client made and every answer that it got, in an append-only file. */
import { closeSync, openSync, writeSync } from 'node:fs';

export interface Asked {
  /** The request's number in this run. */
  readonly n: number;
  readonly client: string;
  /** What the client was doing. */
  readonly scenario: string;
  readonly replica: string;
  readonly method: 'GET' | 'POST';
  /** The path with its query. */
  readonly path: string;
  /** The order that it is about. Null: a page of all payments. */
  readonly orderId: string | null;
  readonly key: string | null;
  /** The body, as it was sent. */
  readonly body: string | null;
  /** On the run's one monotonic clock, in milliseconds. */
  readonly askedMs: number;
}

/** A request and its result. */
export interface Exchange extends Asked {
  /** When the answer was complete, or given up. */
  readonly answeredMs: number;
  /** Null: there was no complete answer. `error` says why. */
  readonly status: number | null;
  readonly text: string;
  readonly error: string | null;
}

export interface Recorder {
  /** Gives the request its number and writes it down before it is sent. */
  ask(request: Omit<Asked, 'n' | 'askedMs'>): Asked;
  answer(asked: Asked, answer: Pick<Exchange, 'status' | 'text' | 'error'>): Exchange;
  /** All exchanges that have ended, in the order in which they ended. */
  readonly exchanges: readonly Exchange[];
  close(): void;
}

/** Two lines per request, one of them before it is sent. So even the record of a run that dies shows what was asked. */
export function openRecorder(path: string): Recorder {
  const file = openSync(path, 'a');
  const exchanges: Exchange[] = [];
  let count = 0;
  const write = (line: object): void => void writeSync(file, `${JSON.stringify(line)}\n`);
  return {
    exchanges,
    ask(request) {
      count += 1;
      const asked = { n: count, ...request, askedMs: performance.now() };
      write({ asked });
      return asked;
    },
    answer(asked, answer) {
      const exchange = { ...asked, answeredMs: performance.now(), ...answer };
      write({ answered: { n: asked.n, answeredMs: exchange.answeredMs, ...answer } });
      exchanges.push(exchange);
      return exchange;
    },
    close: () => closeSync(file),
  };
}

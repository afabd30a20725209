/** Sends one request of a client, records it, and waits for the answer as long as a client would. */
import { Agent, request } from 'undici';
import type { Exchange, Recorder } from '../record.ts';

export interface Target {
  readonly name: string;
  readonly url: string;
}

export interface Question {
  readonly client: string;
  readonly scenario: string;
  readonly target: Target;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly orderId: string | null;
  readonly key?: string | null;
  readonly body?: string | null;
  readonly prefer?: string;
  /** Hangs up after this long. */
  readonly patienceMs?: number;
}

export interface Line {
  ask(question: Question): Promise<Exchange>;
  close(): Promise<void>;
}

/** Longer than any wait that a client asks for. So only a frozen or hanging server makes it hang up. */
const PATIENCE_MS = 7_000;

/** @param onAnswer gets every exchange that got an answer. */
export function openLine(recorder: Recorder, onAnswer: (exchange: Exchange) => void): Line {
  const agent = new Agent({ connections: 64, pipelining: 1, keepAliveTimeout: 5_000 });
  return {
    async ask({
      client,
      scenario,
      target,
      method,
      path,
      orderId,
      key = null,
      body = null,
      prefer,
      patienceMs,
    }) {
      const asked = recorder.ask({
        client,
        scenario,
        replica: target.name,
        method,
        path,
        orderId,
        key,
        body,
      });
      try {
        const answer = await request(`${target.url}${path}`, {
          dispatcher: agent,
          method,
          headers: {
            ...(body === null ? {} : { 'content-type': 'application/json' }),
            ...(key === null ? {} : { 'idempotency-key': key }),
            ...(prefer === undefined ? {} : { prefer }),
          },
          body,
          signal: AbortSignal.timeout(patienceMs ?? PATIENCE_MS),
        });
        const text = await answer.body.text();
        const exchange = recorder.answer(asked, { status: answer.statusCode, text, error: null });
        onAnswer(exchange);
        return exchange;
      } catch (error) {
        return recorder.answer(asked, { status: null, text: '', error: reasonOf(error) });
      }
    },
    close: () => agent.destroy(),
  };
}

function reasonOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: string };
  if (name === 'TimeoutError') return 'hung up';
  return typeof code === 'string' ? code : (name ?? String(error));
}

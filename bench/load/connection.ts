/**
 * One HTTP/1.1 connection of the load generator: a request at a time, kept alive, opened again where the server
 * closes it. A connection that breaks answers with status 0; it never throws and never repeats a request.
 */
import { connect, type Socket } from 'node:net';
import { type Answer, readAnswer } from './answer.ts';

export type { Answer } from './answer.ts';

export interface Target {
  readonly host: string;
  readonly port: number;
}

export interface Connection {
  /** Connects before there is anything to send. Rejects where nobody listens. */
  open(): Promise<void>;
  /** Sends one whole request; `done` is called once with the answer. Not before the last one was answered. */
  send(request: string, done: (answer: Answer) => void): void;
  /** Ends it; a request that waits for its answer gets status 0. */
  close(): void;
}

const BROKEN: Answer = { status: 0, body: '' };

export function openConnection({ host, port }: Target): Connection {
  let socket: Socket | null = null;
  let received = '';
  let waiting: ((answer: Answer) => void) | null = null;

  function finish(answer: Answer): void {
    const done = waiting;
    waiting = null;
    received = '';
    done?.(answer);
  }

  function hear(chunk: string): void {
    received = received === '' ? chunk : received + chunk;
    const answer = readAnswer(received);
    if (answer === null) return;
    if (answer.closes) drop();
    finish(answer);
  }

  function dial(): Socket {
    const dialled = connect({ host, port, noDelay: true });
    // Bodies are ASCII or of no interest, so bytes and characters count alike.
    dialled.setEncoding('latin1');
    dialled.on('data', hear);
    dialled.on('error', () => {});
    dialled.on('close', () => {
      if (socket !== dialled) return;
      socket = null;
      if (waiting !== null) finish(readAnswer(received, true) ?? BROKEN);
    });
    socket = dialled;
    return dialled;
  }

  function drop(): void {
    const dropped = socket;
    socket = null;
    dropped?.destroy();
  }

  return {
    open() {
      const dialled = dial();
      return new Promise((resolve, reject) => {
        dialled.once('connect', resolve);
        dialled.once('error', reject);
      });
    },
    send(request, done) {
      waiting = done;
      (socket ?? dial()).write(request, 'latin1');
    },
    close() {
      drop();
      if (waiting !== null) finish(BROKEN);
    },
  };
}

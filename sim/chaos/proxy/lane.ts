/**
 * One direction of one connection. Pieces are handled one after the other, each by all current toxics. So the bytes
 * always keep their order.
 */
import type { Socket } from 'node:net';
import type { Behaviour, Piece, ProxyClock, Victim } from './behaviour.ts';
import type { Stream } from './toxic.ts';

/** Gets bytes that were passed on, when they had arrived, and when their sender hung up. The times are on the proxy's clock. */
export type Tap = (
  bytes: Buffer,
  passage: { readonly arrivedMs: number; readonly hungUpMs: number | null },
) => void;

export interface LaneOptions {
  readonly stream: Stream;
  readonly from: Socket;
  readonly to: Socket;
  /** The current toxics, in the order in which they were added. */
  readonly toxics: () => readonly Behaviour[];
  readonly victim: Victim;
  readonly clock: ProxyClock;
  /** Gets every byte that was passed on. */
  readonly tap: Tap;
}

/** With more than this waiting, the sender has to wait, as on a real connection. */
const MAX_WAITING_BYTES = 256 * 1024;

/** Passes on what `from` sends until it ends. Bytes that were on their way when the sender died still arrive. */
export function openLane({ stream, from, to, toxics, victim, clock, tap }: LaneOptions): void {
  const waiting: Piece[] = [];
  let waitingBytes = 0;
  let ended = false;
  let running = false;

  async function deliver(piece: Piece, through: readonly Behaviour[]): Promise<void> {
    const [first, ...rest] = through;
    if (first === undefined) return write(piece);
    if (first.pass === undefined) return deliver(piece, rest);
    await first.pass(piece, (next) => deliver(next, rest), victim);
  }

  async function write({ bytes, arrivedMs }: Piece): Promise<void> {
    if (to.destroyed || !to.writable) return;
    const room = to.write(bytes);
    tap(bytes, { arrivedMs, hungUpMs: victim.hungUp()?.atMs ?? null });
    if (room) return;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        to.off('drain', go).off('close', go);
        resolve();
      };
      to.on('drain', go).on('close', go);
    });
  }

  async function run(): Promise<void> {
    if (running) return;
    running = true;
    for (let piece = waiting.shift(); piece !== undefined; piece = waiting.shift()) {
      waitingBytes -= piece.bytes.length;
      if (waitingBytes < MAX_WAITING_BYTES) from.resume();
      await deliver(piece, toxics());
    }
    running = false;
    if (ended) await end();
  }

  async function end(): Promise<void> {
    for (const toxic of toxics()) await toxic.end?.(victim);
    to.end();
  }

  function finish(): void {
    if (ended) return;
    ended = true;
    void run();
  }

  from.on('data', (bytes) => {
    waiting.push({ bytes, stream, arrivedMs: clock.nowMs() });
    waitingBytes += bytes.length;
    if (waitingBytes >= MAX_WAITING_BYTES) from.pause();
    void run();
  });
  from.on('end', finish);
  from.on('close', finish);
}

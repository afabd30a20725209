/**
 * How connections end when the server closes. Node closes the idle ones once, at the beginning. After that it neither closes those
 * that become idle later nor enforces its timeouts, so that one client could delay the exit for a minute.
 */
import type { FastifyInstance } from 'fastify';

/** Short compared with the grace period. Each sweep costs microseconds. */
const SWEEP_MS = 100;

/** From the beginning of `close()`, a connection is closed when it becomes idle, and after `graceMs` in any case. */
export function endConnectionsOnClose(app: FastifyInstance, graceMs: number): void {
  let sweep: NodeJS.Timeout | undefined;
  let deadline: NodeJS.Timeout | undefined;
  app.addHook('preClose', (done) => {
    sweep = setInterval(() => app.server.closeIdleConnections(), SWEEP_MS);
    deadline = setTimeout(() => app.server.closeAllConnections(), graceMs);
    done();
  });
  app.addHook('onClose', (_instance, done) => {
    clearInterval(sweep);
    clearTimeout(deadline);
    done();
  });
}

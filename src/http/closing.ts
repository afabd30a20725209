/**
 * How connections end when the server closes. Node shuts the idle ones once, at the beginning, and from then on
 * neither ends those that fall idle later nor enforces its own timeouts; one client could hold up the exit for a minute.
 */
import type { FastifyInstance } from 'fastify';

/** Short against the grace period; each look costs microseconds. */
const SWEEP_MS = 100;

/** From the beginning of `close()`: idle connections are ended as they fall idle, and all that is left after `graceMs`. */
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

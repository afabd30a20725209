/**
 * A process that owns an embedded PostgreSQL, so that a test can kill it. Usage: postgres-owner.mjs <dataDir>
 * Prints one line of JSON once the server takes connections, or when it is refused; SIGTERM stops it.
 */
import { startEmbeddedPostgres } from '../dist/index.js';

const say = (/** @type {object} */ fact) => process.stdout.write(`${JSON.stringify(fact)}\n`);
const stayAlive = setInterval(() => {}, 60_000);
try {
  const server = await startEmbeddedPostgres({ dataDir: process.argv[2] ?? '' });
  process.once('SIGTERM', async () => {
    await server.stop();
    clearInterval(stayAlive);
  });
  say({ url: server.url, pid: server.pid });
} catch (error) {
  say({ refused: /** @type {Error} */ (error).message });
  clearInterval(stayAlive);
}

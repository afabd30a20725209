/** The Restate server as a child process: on loopback ports, with everything it stores in one folder. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

const HOST = '127.0.0.1';
const START_MS = 30_000;
const SHUTDOWN_MS = 3_000;

const binary = createRequire(import.meta.url).resolve(
  `@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`,
);

/** @param {{ ingressPort: string, dataDir: string }} options */
export async function startRestate({ ingressPort, dataDir }) {
  const adminUrl = `http://${HOST}:${await freePort()}`;
  const nodeUrl = `http://${HOST}:${await freePort()}`;
  const server = spawn(binary, ['--no-logo'], {
    // Standard output is ours, for one line only.
    stdio: ['ignore', 2, 2],
    env: {
      ...process.env,
      RESTATE_BASE_DIR: dataDir,
      RESTATE_NODE_NAME: 'bench',
      // Unix sockets as well would be the default, and their paths may get too long.
      RESTATE_LISTEN_MODE: 'tcp',
      RESTATE_INGRESS__BIND_ADDRESS: `${HOST}:${ingressPort}`,
      RESTATE_ADMIN__BIND_ADDRESS: new URL(adminUrl).host,
      RESTATE_BIND_ADDRESS: new URL(nodeUrl).host,
      RESTATE_ADVERTISED_ADDRESS: nodeUrl,
      // One a core. The default of 24 is for clusters; on two cores it halves the throughput.
      RESTATE_DEFAULT_NUM_PARTITIONS: String(availableParallelism()),
      RESTATE_DISABLE_TELEMETRY: 'true',
      RESTATE_ADMIN__DISABLE_WEB_UI: 'true',
      // At start it asks GitHub for a newer version. Only the error it logs when it fails can be turned off.
      RESTATE_LOG_FILTER: 'warn,octocrab=off',
      RESTATE_LOG_FORMAT: 'compact',
      RESTATE_LOG_DISABLE_ANSI_CODES: 'true',
    },
  });
  const exited = once(server, 'exit');
  // Killed, we cannot stop it any more: this shell then sees its input end, and ends the server.
  const guard = spawn('sh', ['-c', 'read -r _; kill -KILL "$1"', 'guard', String(server.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  server.once('exit', () => guard.kill('SIGKILL'));

  return {
    exited,

    /** Makes Restate call the services at this address, and resolves when it does. */
    async register(endpointUrl, path) {
      await until('The admin API', async () => (await fetch(`${adminUrl}/health`)).ok);
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${adminUrl}/deployments`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ uri: endpointUrl }),
      });
      if (!answer.ok) throw new Error(`Restate did not register the service: ${await answer.text()}`);
      // A body that the service refuses has gone all the way, and charges nothing.
      const probe = `http://${HOST}:${ingressPort}${path}`;
      const refused = { method: 'POST', headers, body: '{}' };
      await until('The first request', async () => (await fetch(probe, refused)).status === 400);
    },

    async stop() {
      server.kill('SIGTERM');
      const impatience = setTimeout(() => server.kill('SIGKILL'), SHUTDOWN_MS);
      await exited;
      clearTimeout(impatience);
    },
  };
}

async function freePort() {
  const server = createServer().listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function until(what, test) {
  const end = Date.now() + START_MS;
  while (!(await test().catch(() => false))) {
    if (Date.now() > end) throw new Error(`${what} did not answer within ${START_MS} ms`);
    await sleep(25);
  }
}

/** The payments endpoint on Restate: serves the service to the Restate server, which takes the payments. */
import './polyfill.mjs';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import http2 from 'node:http2';
import { join } from 'node:path';
import { format } from 'node:util';
import * as restate from '@restatedev/restate-sdk';
import { startRestate } from './restate.mjs';
import { payments } from './service.mjs';

const HOST = '127.0.0.1';
const { PORT, DATA_DIR } = process.env;

let stopping = false;

const logger = ({ level, replaying }, ...message) => {
  // While it stops, Restate cuts what is under way; it is taken up again at the next start.
  if (stopping || replaying || (level !== 'warn' && level !== 'error')) return;
  // A refusal is an answer, no trouble.
  if (message.some((part) => part instanceof restate.TerminalError)) return;
  process.stderr.write(`${level}: ${format(...message)}\n`);
};

// Restate finds an unfinished payment's handler by its address, so that must stay the same over restarts.
const portFile = join(DATA_DIR, 'endpoint-port');
const endpoint = http2.createServer(restate.createEndpointHandler({ services: [payments], logger }));
endpoint.listen(existsSync(portFile) ? Number(readFileSync(portFile, 'utf8')) : 0, HOST);
await once(endpoint, 'listening');
writeFileSync(portFile, String(endpoint.address().port));

const server = await startRestate({ ingressPort: PORT, dataDir: join(DATA_DIR, 'restate') });

async function stop() {
  if (stopping) return;
  stopping = true;
  await server.stop();
  process.exit(0);
}
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
server.exited.then(([code, signal]) => {
  if (stopping) return;
  process.stderr.write(`error: the Restate server ended by itself (${signal ?? code})\n`);
  process.exit(1);
});

await server.register(`http://${HOST}:${endpoint.address().port}`, '/payments/probe/charge');
const ready = { ready: true, url: `http://${HOST}:${PORT}`, path: '/payments/{order_id}/charge' };
process.stdout.write(`${JSON.stringify(ready)}\n`);

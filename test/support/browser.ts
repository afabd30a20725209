/** A real browser (Debian's chromium), by its DevTools protocol: enough to open a page, run code in it or in its frame, and see what it asked for. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'undici';
import { onTestFinished } from 'vitest';
import { until } from './until.ts';

/** Where the browser is; undefined if this machine has none. `CHROMIUM` names another place. */
export const CHROMIUM = [process.env.CHROMIUM ?? '/usr/bin/chromium'].find((path) => fs.existsSync(path));

const FLAGS =
  '--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync --remote-debugging-port=0'.split(
    ' ',
  );

type Fields = Record<string, unknown>;

export interface Page {
  /** Runs an expression in the page, or in its first frame, and resolves to its value. A page that is not there yet gives null. */
  run(expression: string, where?: 'page' | 'frame'): Promise<unknown>;
  /** The requests of all pages of this browser and the answers, with their addresses and headers, as JSON. */
  traffic(): string;
}

/** Starts the browser. It ends with its test. */
export async function openBrowser(): Promise<(url: string) => Promise<Page>> {
  const profile = fs.mkdtempSync(join(tmpdir(), 'payonce-browser-'));
  const child = spawn(String(CHROMIUM), [...FLAGS, `--user-data-dir=${profile}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const closed = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await closed;
    fs.rmSync(profile, { recursive: true, force: true, maxRetries: 10 });
  });
  let said = '';
  child.stderr.on('data', (chunk) => (said += chunk));
  const address = await until(
    () => `the browser to start; it said:\n${said}`,
    () => {
      if (child.exitCode !== null) throw new Error(`the browser ended:\n${said}`);
      return /DevTools listening on (ws:\S+)/.exec(said)?.[1];
    },
  );
  const browser = await connect(address);
  return async (url) => {
    const { targetId } = await browser.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await browser.send('Target.attachToTarget', { targetId, flatten: true });
    const session = String(sessionId);
    await browser.send('Network.enable', {}, session);
    await browser.send('Page.navigate', { url }, session);
    return pageOf(browser, session);
  };
}

interface Connection {
  send(method: string, params?: Fields, sessionId?: string): Promise<Fields>;
  /** What the browser told by itself, as it came. */
  readonly events: string[];
}

async function connect(address: string): Promise<Connection> {
  const socket = new WebSocket(address);
  const waiting = new Map<number, (answer: Fields) => void>();
  const events: string[] = [];
  let last = 0;
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as Fields;
    if (message.id === undefined) events.push(String(data));
    else waiting.get(Number(message.id))?.(message);
  });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error('no connection to the browser')));
  });
  return {
    events,
    send(method, params = {}, sessionId) {
      last += 1;
      const id = last;
      socket.send(JSON.stringify({ id, method, params, sessionId }));
      return new Promise((resolve, reject) => {
        waiting.set(id, ({ result, error }) =>
          error === undefined ? resolve(result as Fields) : reject(new Error(JSON.stringify(error))),
        );
      });
    },
  };
}

interface FrameTree {
  readonly childFrames?: readonly { readonly frame: { readonly id: string } }[];
}

function pageOf({ send, events }: Connection, session: string): Page {
  /** A place to run code in the first frame. The frame may go while this is asked: then there is none. */
  async function inFrame(): Promise<Fields | null> {
    const { frameTree } = await send('Page.getFrameTree', {}, session);
    const frameId = (frameTree as FrameTree).childFrames?.[0]?.frame.id;
    if (frameId === undefined) return null;
    const world = await send('Page.createIsolatedWorld', { frameId }, session).catch(() => null);
    return world && { contextId: world.executionContextId };
  }
  return {
    traffic: () => events.filter((event) => event.includes('"Network.')).join('\n'),
    async run(expression, where = 'page') {
      const place = where === 'page' ? {} : await inFrame();
      if (place === null) return null;
      const params = { expression, awaitPromise: true, returnByValue: true, ...place };
      const answer = await send('Runtime.evaluate', params, session).catch(() => null);
      return (answer?.result as { value?: unknown } | undefined)?.value ?? null;
    },
  };
}

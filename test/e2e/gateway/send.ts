import type { ServerResponse } from 'node:http';
import type { Reply } from './steps.ts';

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  sendText(response, status, JSON.stringify(body), headers);
}

function sendText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.destroyed) return;
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}

const DRIP_MS = 20;

/** A well-formed beginning, then white space for ever. */
function drip(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write(text.slice(0, -1));
  const timer = setInterval(() => response.write(' '.repeat(16)), DRIP_MS);
  response.once('close', () => clearInterval(timer));
}

/** An error repeats the key of its call, if there is one; other texts stay as they are. */
function named(text: string, key: unknown): string {
  return key !== undefined && text.startsWith('{"error":')
    ? JSON.stringify({ ...JSON.parse(text), idempotency_key: key })
    : text;
}

/** What the gateway has under a key, or why it refuses: the honest answer. */
export interface Made {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** Says what the plan says about what was made; `fallback` is what the reply is made of when there is nothing. */
export function sendReply(
  response: ServerResponse,
  reply: Reply,
  made: Made | null,
  fallback: Record<string, unknown>,
): void {
  const { status, body: truth } = made ?? { status: 500, body: fallback };
  const text = JSON.stringify(truth);
  switch (reply.kind) {
    case 'truth':
      sendText(response, status, text);
      return;
    case 'status':
      sendText(response, reply.status, named(reply.body ?? '', fallback.idempotency_key), reply.headers);
      return;
    case 'altered':
      sendJson(response, reply.status ?? 200, { ...truth, ...reply.change });
      return;
    case 'drop':
      response.socket?.resetAndDestroy();
      return;
    case 'hang':
      return;
    case 'truncated':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length });
      response.write(text.slice(0, text.length / 2), () => response.socket?.destroy());
      return;
    case 'garbage':
      sendText(response, 200, '<html>{"status":"succeeded"');
      return;
    case 'drip':
      drip(response, text);
      return;
  }
}

import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { ChargeAnswer } from '../../src/engine/api.ts';
import {
  body,
  completed,
  expectProblem,
  harness,
  PAYMENT_ID,
  payment,
  rawPost,
  settled,
  talk,
} from './support.ts';

const keepAlive = rawPost('/v1/payments', JSON.stringify(body))
  .toString('latin1')
  .replace('Connection: close', 'Connection: keep-alive');

/** An open connection, and everything that the server said on it. */
async function connected(port: number) {
  const { promise, resolve } = withResolvers<Socket>();
  const talked = talk(port, '', resolve);
  return { socket: await promise, talked };
}

function withResolvers<T>() {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((each) => {
    resolve = each;
  });
  return { promise, resolve };
}

describe('before the server closes', () => {
  it('the API refuses requests, and the probes and the mounted routes still answer', async () => {
    let draining = false;
    const {
      inject,
      post: charge,
      start,
      charges,
    } = harness(
      { payment: () => payment },
      { isDraining: () => draining, mount: async (scope) => void scope.get('/mounted', async () => 'here') },
    );
    expect((await charge(body)).statusCode).toBe(201);
    draining = true;

    const turnedAway = await charge(body);
    expectProblem(turnedAway, 503, 'shutting_down');
    expect(turnedAway.headers.connection).toBe('close');
    expect(turnedAway.headers['idempotent-replayed']).toBe('false');
    const seed = await start({ order_id: 'a', amount: 1 });
    expect([seed.statusCode, seed.json()]).toEqual([
      503,
      { error: expect.any(String), code: 'shutting_down' },
    ]);
    expectProblem(await inject({ method: 'GET', url: `/v1/payments/${PAYMENT_ID}` }), 503, 'shutting_down');

    expect((await inject({ method: 'GET', url: '/healthz' })).statusCode).toBe(200);
    expect((await inject({ method: 'GET', url: '/readyz' })).statusCode).toBe(503);
    expect((await inject({ method: 'GET', url: '/mounted' })).body).toBe('here');
    expect(charges).toHaveLength(1);
  });
});

describe('while the server closes', () => {
  it('requests under way are answered, and later ones on the connection are refused', async () => {
    const answers: ((answer: ChargeAnswer) => void)[] = [];
    const { app, listen, charges } = harness({
      charge: () => new Promise((resolve) => answers.push(resolve)),
    });
    const { socket, talked } = await connected(await listen());
    socket.write(keepAlive);
    await expect.poll(() => charges).toHaveLength(1);
    const closed = app.close();
    await expect.poll(() => app.server.listening).toBe(false);
    const second = once(app.server, 'request');
    socket.write(keepAlive);
    await second;
    answers[0]?.(settled(completed, { started: true, replayed: false }));

    const [, first, turnedAway] = (await talked).text.split('HTTP/1.1 ');
    expect(first).toMatch(/^201 /);
    expect(first).toContain(completed.body);
    expect(turnedAway).toMatch(/^503 /);
    expect(turnedAway?.toLowerCase()).toContain('connection: close');
    expect(turnedAway?.toLowerCase()).toContain('content-type: application/problem+json');
    expect(turnedAway).toContain('"code":"shutting_down"');
    expect(charges).toHaveLength(1);
    await closed;
  });

  it('a connection that falls idle is ended', async () => {
    let answerIt: (answer: ChargeAnswer) => void = () => {};
    const { app, listen, charges } = harness({
      charge: () => new Promise((resolve) => (answerIt = resolve)),
    });
    const { socket, talked } = await connected(await listen());
    socket.write(keepAlive);
    await expect.poll(() => charges).toHaveLength(1);
    const closed = app.close();
    // Node ends what is idle at this moment by itself; this one is still busy.
    await expect.poll(() => app.server.listening).toBe(false);
    answerIt(settled(completed, { started: true, replayed: false }));
    // Far sooner than the 65 s for which it would be kept.
    expect((await talked).status).toBe(201);
    await closed;
  });

  it.each([
    ['a request that never ends', keepAlive.slice(0, -1)],
    ['a request that is never answered', keepAlive],
  ])('%s is cut off in the end', async (_name, bytes) => {
    const { app, listen } = harness({ charge: () => new Promise(() => {}) }, { closeGraceMs: 50 });
    const { socket, talked } = await connected(await listen());
    const request = once(app.server, 'request');
    socket.write(bytes);
    await request;
    await app.close();
    expect((await talked).text).toBe('');
  });
});

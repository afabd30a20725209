/** Agents with the real service: whatever is lost, repeated or killed, an order is charged once, and the agent is told the truth. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../sim/chaos/processes/free-port.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { FAST, type Service, SHORT_CALLS, startService } from './support/service.ts';
import { endOf, openTools, type Told } from './support/tools.ts';

let database: TestDatabase;
let service: Service;
let proxy: TcpProxy;
let port: number;

async function start(): Promise<void> {
  const env = { ...FAST, ...SHORT_CALLS, DATABASE_URL: database.url, GATEWAY: 'fake', PORT: String(port) };
  service = await startService(env);
  // Nothing goes wrong but what an order's method asks for.
  const headers = { 'content-type': 'application/json' };
  await fetch(`${service.url}/fake-gateway/_faults`, { method: 'PUT', headers, body: '{}' });
}

beforeAll(async () => {
  database = await createDatabase();
  port = await freePort();
  await start();
  proxy = await startTcpProxy({ host: '127.0.0.1', port });
});

afterAll(async () => {
  await proxy.close();
  await service.kill();
  await database.drop();
});

const throughProxy = () => `http://${proxy.host}:${proxy.port}`;

async function chargesOf(orderId: string): Promise<readonly { readonly live: boolean }[]> {
  const answer = await fetch(`${service.url}/fake-gateway/_ledger?order_id=${encodeURIComponent(orderId)}`);
  return ((await answer.json()) as { data: readonly { live: boolean }[] }).data;
}

const order = (orderId: string, method = 'tok_visa') => ({
  order_id: orderId,
  amount_minor: 10_000,
  currency: 'USD',
  method,
});

const paymentOf = ({ says }: Told) => says.payment as Record<string, unknown>;

describe('what agents are offered', () => {
  test('each tool has a title, all four annotations, and schemas for what it takes and tells', async () => {
    const { client, errors } = await openTools(service.url);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual([
      'charge',
      'show_payment',
      'explain_payment',
      'list_payments',
      'refund',
      'capture',
      'void',
      'look_now',
    ]);
    for (const { title, description, annotations, inputSchema, outputSchema } of tools) {
      expect(title).toMatch(/\S/);
      expect(description).toMatch(/\S/);
      expect(Object.keys(annotations ?? {}).sort()).toEqual([
        'destructiveHint',
        'idempotentHint',
        'openWorldHint',
        'readOnlyHint',
        'title',
      ]);
      expect(annotations?.idempotentHint).toBe(true);
      expect(inputSchema.additionalProperties).toBe(false);
      expect(Object.keys(inputSchema.properties ?? {})).not.toContain('idempotency_key');
      expect(outputSchema?.required).toEqual(expect.arrayContaining(['summary', 'outcome']));
    }
    const money = tools.filter(({ inputSchema }) => 'amount_minor' in (inputSchema.properties ?? {}));
    expect(money.map(({ name }) => name)).toEqual(['charge', 'refund', 'capture']);
    for (const { description, annotations } of money) {
      expect(description).toContain('10.00 USD is 1000');
      expect(annotations).toMatchObject({ readOnlyHint: false, destructiveHint: true });
    }
    expect(client.getInstructions()).toContain('You never choose a key');
    expect(errors()).toBe('');
  });

  test('docs/mcp.md names each tool, and whether it changes something; its snippets are JSON', async () => {
    const page = readFileSync(new URL('../../docs/mcp.md', import.meta.url), 'utf8');
    const rows = [...page.matchAll(/^\| `(\w+)` \| .* \| (yes|no) \|$/gm)].map(([, name, change]) => [
      name,
      change,
    ]);
    const { tools } = await (await openTools(service.url)).client.listTools();
    expect(rows).toEqual(
      tools.map(({ name, annotations }) => [name, annotations?.readOnlyHint === true ? 'no' : 'yes']),
    );
    const snippets = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = '']) => JSON.parse(json));
    expect(snippets).toHaveLength(2);
  });

  test('with --read-only, only what changes nothing', async () => {
    const { client, call } = await openTools(service.url, ['--read-only']);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(['show_payment', 'explain_payment', 'list_payments']);
    expect(tools.every(({ annotations }) => annotations?.readOnlyHint)).toBe(true);
    const { isError, says } = await call('charge', order('read-only'));
    expect({ isError, says }).toMatchObject({
      isError: true,
      says: {
        outcome: 'refused',
        code: 'session_read_only',
        summary: expect.stringMatching(/^Nothing was sent/),
      },
    });
    expect(await chargesOf('read-only')).toEqual([]);
  });
});

describe('an order is charged once', () => {
  test('if the agent calls again, also in another session', async () => {
    const tools = await openTools(service.url);
    const first = await tools.call('charge', order('again'));
    expect(first).toMatchObject({
      isError: false,
      says: { outcome: 'paid', replayed: false, money_moved: 'yes' },
    });
    const later = await openTools(service.url);
    for (const { call } of [tools, later]) {
      const again = await call('charge', order('again'));
      expect(again).toMatchObject({ isError: false, says: { outcome: 'paid', replayed: true } });
      expect(again.says.summary).toContain('nothing was done a second time');
      expect(paymentOf(again)).toEqual(paymentOf(first));
    }
    expect(await chargesOf('again')).toHaveLength(1);
  });

  test('if two agents call five times each at once', async () => {
    const both = [await openTools(service.url), await openTools(service.url)];
    const told = await Promise.all(
      both.flatMap(({ call }) => [1, 2, 3, 4, 5].map(() => call('charge', order('at-once')))),
    );
    expect(new Set(told.map(({ says }) => says.outcome))).toEqual(new Set(['paid']));
    expect(new Set(told.map((one) => paymentOf(one).payment_id)).size).toBe(1);
    expect(told.filter(({ says }) => says.replayed === false)).toHaveLength(1);
    expect(await chargesOf('at-once')).toHaveLength(1);
  });

  test('if the service’s answer is lost on its way', async () => {
    const { call } = await openTools(throughProxy());
    await call('list_payments');
    const broken = proxy.broken();
    proxy.breakNext('answer');
    expect(await call('charge', order('lost'))).toMatchObject({ says: { outcome: 'paid', replayed: true } });
    expect(proxy.broken()).toBe(broken + 1);
    expect(await chargesOf('lost')).toHaveLength(1);
  });

  test('if the gateway charges and its answer is lost', async () => {
    const { call } = await openTools(service.url);
    const told = await call('charge', order('gateway-lost', 'tok_drop_after_once'));
    expect(told).toMatchObject({ says: { outcome: 'paid' } });
    expect(await chargesOf('gateway-lost')).toHaveLength(1);
  });

  test('if the agent’s session is killed before it hears the answer', async () => {
    const doomed = await openTools(throughProxy());
    await doomed.call('list_payments');
    proxy.hold('to_client');
    const unheard = doomed.call('charge', order('killed-session')).catch(() => 'never heard');
    await until('the charge', async () => (await chargesOf('killed-session')).length === 1);
    process.kill(doomed.pid, 'SIGKILL');
    expect(await unheard).toBe('never heard');
    proxy.deliver();
    const { call } = await openTools(service.url);
    await until('the outcome', async () => {
      const { says } = await call('charge', order('killed-session'));
      expect(says.replayed).toBe(true);
      return says.outcome === 'paid';
    });
    expect(await chargesOf('killed-session')).toHaveLength(1);
  });

  test('if the server is killed in the middle, and another one goes on', async () => {
    const { call } = await openTools(service.url);
    const asked = call('charge', order('killed-server', 'tok_lost_once'));
    await until('the charge', async () => (await chargesOf('killed-server')).length === 1);
    await service.kill();
    await start();
    const first = await asked;
    expect(['paid', 'pending']).toContain(first.says.outcome);
    const last = await until('the outcome', async () => {
      const told = await call('charge', order('killed-server', 'tok_lost_once'));
      return told.says.outcome === 'pending' ? null : told;
    });
    expect(last).toMatchObject({ isError: false, says: { outcome: 'paid', replayed: true } });
    expect(await chargesOf('killed-server')).toHaveLength(1);
  });
});

describe('what an agent is told', () => {
  test('a decline is no error, and another try is the next attempt', async () => {
    const { call } = await openTools(service.url);
    const declined = await call('charge', order('declined', 'tok_declined'));
    expect(declined).toMatchObject({
      isError: false,
      says: { outcome: 'declined', code: 'card_declined', money_moved: 'no' },
    });
    expect(await call('charge', { ...order('declined'), attempt: 2 })).toMatchObject({
      says: { outcome: 'paid', replayed: false },
    });
    expect(await call('charge', { ...order('declined'), attempt: 2, amount_minor: 1 })).toMatchObject({
      isError: true,
      says: { outcome: 'refused', summary: expect.not.stringMatching(/key/i) },
    });
    const paid = await call('charge', { ...order('declined'), attempt: 3 });
    expect(paid.says.outcome).toBe('paid');
    expect((await chargesOf('declined')).filter(({ live }) => live)).toHaveLength(1);
  });

  test('a refund is named by its amount, so that repeating it refunds nothing more', async () => {
    const { call } = await openTools(service.url);
    const { payment_id } = paymentOf(await call('charge', order('refunded')));
    const part = { payment_id, amount_minor: 4000 };
    for (const [replayed, reason] of [
      [false, 'returned'],
      [true, 'the customer returned it'],
    ])
      expect(await call('refund', { ...part, reason })).toMatchObject({
        isError: false,
        says: { outcome: 'refunded', replayed, refund: { refund_id: 'agent-a4000', amount_minor: 4000 } },
      });
    expect(await call('refund', { ...part, refund_id: 'return-18' })).toMatchObject({
      says: { outcome: 'refunded', replayed: false },
    });
    for (const replayed of [false, true])
      expect(await call('refund', { payment_id })).toMatchObject({
        says: { outcome: 'refunded', replayed, refund: { amount_minor: 2000 } },
      });
    expect(await call('refund', { payment_id, amount_minor: 1 })).toMatchObject({
      isError: true,
      says: {
        outcome: 'refused',
        code: 'refund_exceeds_captured',
        summary: expect.stringMatching(/^Nothing was sent/),
      },
    });
    const shown = await call('show_payment', { order_id: 'refunded' });
    expect(paymentOf(shown)).toMatchObject({ sums: { captured_minor: 10_000, refunded_minor: 10_000 } });
  });

  test('money is held, captured or let go, once each', async () => {
    const { call } = await openTools(service.url);
    const held = await call('charge', { ...order('held'), capture_method: 'manual' });
    expect(held).toMatchObject({ says: { outcome: 'authorized', money_moved: 'held' } });
    const { payment_id } = paymentOf(held);
    for (const replayed of [false, true])
      expect(await call('capture', { payment_id, amount_minor: 6000 })).toMatchObject({
        says: { outcome: 'captured', replayed, operation: { operation: 'capture', amount_minor: 6000 } },
      });
    expect(await call('void', { payment_id })).toMatchObject({
      isError: true,
      says: { outcome: 'refused', code: 'payment_not_voidable' },
    });
    const other = paymentOf(await call('charge', { ...order('let-go'), capture_method: 'manual' }));
    expect(await call('void', { payment_id: other.payment_id })).toMatchObject({
      says: { outcome: 'voided' },
    });
    expect(await call('explain_payment', { order_id: 'held' })).toMatchObject({
      says: {
        money_moved: 'yes',
        known: [
          'Order held is paid: the gateway took 6000 minor units of USD.',
          'It is test money: no real money moved.',
          'The capture of 6000 minor units of USD was made.',
        ],
      },
    });
  });

  test('the history of a payment whose answer was lost, in plain words', async () => {
    const { call } = await openTools(service.url);
    await call('charge', order('story', 'tok_drop_after_once'));
    const told = await call('explain_payment', { order_id: 'story' });
    expect(told).toMatchObject({
      isError: false,
      says: {
        outcome: 'found',
        money_moved: 'yes',
        next: 'Nothing more is needed. What is left can be refunded.',
        is_whole_history: true,
      },
    });
    const history = told.says.history as readonly { event: string; says: string }[];
    expect(history.map(({ event }) => event)).toEqual([
      'payment.created',
      'call.unknown',
      'call.started',
      'payment.completed',
    ]);
    expect(history[1]?.says).toMatch(/the gateway may have carried out the call/);
  });

  test('a lookup now, and that there is nothing to look at', async () => {
    const { call } = await openTools(service.url);
    const { payment_id } = paymentOf(await call('charge', order('looked-at')));
    expect(await call('look_now', { payment_id })).toMatchObject({
      isError: true,
      says: {
        outcome: 'refused',
        code: 'nothing_to_look_at',
        summary: expect.stringMatching(/^Nothing was looked up/),
      },
    });
    await call('refund', { payment_id, refund_id: 'return-1' });
    expect(await call('look_now', { payment_id, refund_id: 'return-1' })).toMatchObject({
      isError: false,
      says: { outcome: 'accepted' },
    });
    const told = await call('explain_payment', { payment_id });
    expect(told.says.known).toContain('Refund return-1 of 10000 minor units of USD was made.');
    expect((told.says.history as readonly { says: string }[]).map(({ says }) => says)).toContain(
      'Somebody asked for a lookup now (an agent).',
    );
  });

  test('lists go on where the page before has ended', async () => {
    const { call } = await openTools(service.url);
    for (const each of ['list-1', 'list-2', 'list-3']) await call('charge', order(each));
    const first = await call('list_payments', { limit: 2, status: 'COMPLETED' });
    const second = await call('list_payments', {
      limit: 1,
      status: 'COMPLETED',
      cursor: first.says.next_cursor,
    });
    const orders = [first, second].flatMap(({ says }) =>
      (says.payments as readonly { order_id: string }[]).map((payment) => payment.order_id),
    );
    expect(orders).toEqual(['list-3', 'list-2', 'list-1']);
    expect(await call('list_payments', { cursor: 'nonsense' })).toMatchObject({
      isError: true,
      says: { outcome: 'not_read', code: 'invalid_request' },
    });
  });
});

describe('what goes wrong', () => {
  test.each([
    ['charge', { order_id: 'bad', amount: 1, currency: 'USD' }, /^Nothing was sent.*amount_minor.*"amount"/],
    ['charge', { ...order('bad'), amount_minor: 10.5 }, /^Nothing was sent.*amount_minor/],
    ['charge', { ...order('bad'), currency: 'dollars' }, /^Nothing was sent.*upper case/],
    ['charge', { ...order('bad'), idempotency_key: 'mine' }, /^Nothing was sent.*idempotency_key/],
    ['refund', { payment_id: 'bad' }, /^Nothing was sent.*payment_id/],
    ['show_payment', {}, /^Nothing was read.*payment_id.*order_id/],
    ['show_payment', { order_id: 'nobody' }, /^Nothing was read.*no such payment/],
  ])('%s with %j is an error that says what was not done', async (name, args, says) => {
    const { call } = await openTools(service.url);
    const told = await call(name, args);
    expect(told).toMatchObject({ isError: true, says: { summary: expect.stringMatching(says) } });
    expect(await chargesOf('bad')).toEqual([]);
  });

  test('a card number is refused, and repeated nowhere', async () => {
    const { call, errors } = await openTools(service.url);
    const number = ['4242'].flatMap((part) => [part, part, part, part]).join('');
    const told = await call('charge', order('card', number));
    expect(told).toMatchObject({ isError: true, says: { outcome: 'refused', code: 'card_number_refused' } });
    expect(JSON.stringify(told) + errors()).not.toContain(number);
  });

  test('a wrong key is an error, and no key is printed', async () => {
    const PAYONCE_API_KEY = `po_test_${'0'.repeat(40)}`;
    const { call, errors } = await openTools(service.url, [], { PAYONCE_API_KEY });
    const told = [await call('charge', order('no-key')), await call('list_payments')];
    expect(told).toMatchObject([
      { isError: true, says: { outcome: 'refused', code: 'unauthorized' } },
      { isError: true, says: { outcome: 'not_read', code: 'unauthorized' } },
    ]);
    expect(JSON.stringify(told) + errors()).not.toContain(PAYONCE_API_KEY);
    expect(await chargesOf('no-key')).toEqual([]);
  });

  test.each([
    [2, ['--max-amount', '500'], {}, /such as USD=50000/],
    [2, ['--max-amount', 'USD=1', '--max-amount', 'USD=2'], {}, /two limits for USD/],
    [1, [], { PAYONCE_URL: 'here' }, /^Nothing was started\. PAYONCE_URL/],
  ])('ends with %i for %j and %j', async (code, flags, env, says) => {
    expect(await endOf(flags, env)).toEqual({ code, out: '', err: expect.stringMatching(says) });
  });

  test('a session captures no more than it may, also of what somebody else has authorised', async () => {
    const free = await openTools(service.url);
    const held = await free.call('charge', { ...order('limit-held'), capture_method: 'manual' });
    const { payment_id } = paymentOf(held);
    const { call } = await openTools(service.url, ['--max-amount', 'USD=6000']);
    expect(await call('capture', { payment_id })).toMatchObject({ says: { code: 'session_limit' } });
    expect(paymentOf(await free.call('show_payment', { payment_id })).money_moved).toBe('held');
    expect(await call('capture', { payment_id, amount_minor: 6000 })).toMatchObject({
      says: { outcome: 'captured' },
    });
    expect(await call('charge', { ...order('limit-over'), amount_minor: 1 })).toMatchObject({
      says: { code: 'session_limit' },
    });
  });

  test('a session charges no more than it may, and a decline gives its part back', async () => {
    const { call } = await openTools(service.url, ['--max-amount', 'USD=20000']);
    const limited = { isError: true, says: { outcome: 'refused', code: 'session_limit' } };
    expect((await call('charge', order('limit-1'))).says.outcome).toBe('paid');
    expect((await call('charge', order('limit-1'))).says.outcome).toBe('paid');
    expect((await call('charge', order('limit-2', 'tok_declined'))).says.outcome).toBe('declined');
    const held = await call('charge', { ...order('limit-3'), capture_method: 'manual' });
    expect(held.says.outcome).toBe('authorized');
    expect(await call('charge', { ...order('limit-4'), amount_minor: 1 })).toMatchObject(limited);
    expect(await call('charge', { ...order('limit-5'), currency: 'EUR' })).toMatchObject(limited);
    const { payment_id } = paymentOf(held);
    expect((await call('capture', { payment_id })).says.outcome).toBe('captured');
    expect(await chargesOf('limit-4')).toEqual([]);
  });
});

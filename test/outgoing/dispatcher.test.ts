/** What looks and sends, with a real PostgreSQL and real receivers. */
import { expect, onTestFinished, test } from 'vitest';
import { verifyWebhook } from '../../src/client/webhook.ts';
import { type DispatcherOptions, startDispatcher } from '../../src/outgoing/dispatcher.ts';
import { createSender } from '../../src/outgoing/send.ts';
import { createDeliveryQueue } from '../../src/postgres/outgoing/index.ts';
import { systemClock } from '../../src/system/clock.ts';
import { systemRandom } from '../../src/system/random.ts';
import { until } from '../support/until.ts';
import { answering, startReceiver } from './receiver.ts';
import { box, eventIdOf, newId, openWorld, SECRET } from './world.ts';

const QUICK = { lookMs: 20, idleMs: 20, errorMs: 20 };

async function open(more: Partial<DispatcherOptions> = {}) {
  const world = await openWorld();
  function start(own: Partial<DispatcherOptions> = {}) {
    const sender = createSender({
      resolve: async () => [{ address: '127.0.0.1', family: 4 }],
      allowPrivate: true,
      timeoutMs: 2000,
    });
    const dispatcher = startDispatcher({
      queue: world.queue,
      box,
      sender,
      show: async ({ paymentId }) => ({ payment_id: paymentId }),
      clock: systemClock,
      random: systemRandom,
      log: { info() {}, warn() {}, error() {} },
      limits: QUICK,
      ...more,
      ...own,
    });
    onTestFinished(() => dispatcher.stop(0));
    return dispatcher;
  }
  const statuses = async () =>
    (
      await world.database.query<{ status: string }>(
        'SELECT status FROM payonce.webhook_deliveries ORDER BY ord',
      )
    ).map(({ status }) => status);
  return { ...world, start, statuses };
}

test('an event arrives, signed, with the payment as it is now, and once', async () => {
  const { start, endpoint, add, statuses } = await open();
  const { url, received } = await startReceiver();
  await endpoint({ url });
  start();
  start();
  const paymentId = newId();
  await add({ paymentId });
  await until('it is delivered', async () => (await statuses()).includes('DELIVERED'));
  const [first] = received;
  if (first === undefined) throw new Error('nothing came');
  expect(received).toHaveLength(1);
  const check = await verifyWebhook({ ...first, secrets: [SECRET] });
  expect(check).toMatchObject({ outcome: 'genuine', id: eventIdOf(paymentId) });
  expect(JSON.parse(first.body)).toEqual({
    id: eventIdOf(paymentId),
    type: 'payment.succeeded',
    timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
    data: { payment_id: paymentId },
  });
});

test('during a rotation both secrets fit', async () => {
  const { start, endpoint, add, books } = await open();
  const { url, received } = await startReceiver();
  const made = await endpoint({ url });
  const next = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
  await books.rotate(made, box.seal(made, next), 60_000);
  start();
  await add();
  const first = await until('it comes', () => received[0]);
  for (const secret of [SECRET, next])
    expect(await verifyWebhook({ ...first, secrets: [secret] })).toMatchObject({ outcome: 'genuine' });
});

test('two dispatchers at once send each of many events once', async () => {
  const { start, endpoint, add, statuses, queue, database } = await open();
  const { url, received } = await startReceiver();
  await endpoint({ url });
  for (let n = 0; n < 60; n += 1) await add();
  await queue.plan();
  start();
  start({ queue: createDeliveryQueue({ pool: (await database.open()).pool }) });
  await until('all are delivered', async () => (await statuses()).every((status) => status === 'DELIVERED'));
  const ids = received.map(({ headers }) => headers['webhook-id']);
  expect([ids.length, new Set(ids).size]).toEqual([60, 60]);
});

test('a dispatcher that dies between sending and noting: the event comes again, with the same id', async () => {
  const { start, endpoint, add, queue, statuses } = await open();
  const { url, received } = await startReceiver();
  await endpoint({ url });
  await add();
  const never = new Promise<boolean>(() => {});
  const dying = { ...queue, note: () => never };
  const sender = createSender({ resolve: async () => [], allowPrivate: true });
  onTestFinished(() => sender.close());
  // It is never stopped: a dead process is not either. It looks no more, because its clock stands still.
  startDispatcher({
    queue: dying,
    box,
    sender,
    show: async () => ({}),
    clock: { ...systemClock, after: () => () => {} },
    random: systemRandom,
    log: { info() {}, warn() {}, error() {} },
    limits: { ...QUICK, leaseMs: 300 },
  });
  await until('it was sent', () => received.length === 1);
  start();
  await until('it is noted', async () => (await statuses()).includes('DELIVERED'));
  expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  expect(received).toHaveLength(2);
});

test('an endpoint that never answers keeps no other waiting', async () => {
  const { start, endpoint, add, statuses, queue } = await open({
    limits: { ...QUICK, well: 10, sick: 2, perEndpoint: 4 },
  });
  const slow = await startReceiver(() => {});
  const quick = await startReceiver();
  await endpoint({ url: slow.url, accountId: 'slow' });
  await endpoint({ url: quick.url, accountId: 'quick' });
  for (let n = 0; n < 20; n += 1) await add({ accountId: 'slow' });
  await queue.plan();
  start();
  await until('the slow one is busy', () => slow.received.length === 4);
  for (let n = 0; n < 20; n += 1) await add({ accountId: 'quick' });
  await until('the quick one has all', () => quick.received.length === 20);
  expect(slow.received.length).toBeLessThan(20);
  expect(await statuses()).toContain('PENDING');
});

test('an account whose many endpoints never answer keeps no other account waiting', async () => {
  const { start, endpoint, add, queue } = await open({
    limits: { ...QUICK, well: 8, sick: 2, perEndpoint: 4 },
  });
  let most = 0;
  const waiting = new Set<object>();
  const slow = await startReceiver((reply) => {
    waiting.add(reply);
    most = Math.max(most, waiting.size);
    reply.on('close', () => waiting.delete(reply));
  });
  const quick = await startReceiver();
  for (const name of ['a', 'b', 'c']) await endpoint({ url: `${slow.url}/${name}`, accountId: 'slow' });
  await endpoint({ url: quick.url, accountId: 'quick' });
  for (let n = 0; n < 8; n += 1) await add({ accountId: 'slow' });
  await queue.plan();
  start();
  await until('the slow ones are busy', () => most === 4);
  for (let n = 0; n < 8; n += 1) await add({ accountId: 'quick' });
  await until('the quick one has all', () => quick.received.length === 8);
  expect(most).toBe(4);
});

test.each([
  ['is told', true, 1],
  ['from an address of before is not told', false, 0],
])('a 410 %s', async (_what, hasChanged, lines) => {
  const { start, endpoint, add, queue, statuses } = await open();
  const { url } = await startReceiver(answering(410));
  await endpoint({ url });
  await add();
  const warned: string[] = [];
  const dispatcher = start({
    queue: {
      ...queue,
      async note(...noted) {
        await queue.note(...noted);
        return hasChanged;
      },
    },
    log: { info() {}, warn: (_fields, message) => void warned.push(message), error() {} },
  });
  await until('it is given up', async () => (await statuses())[0] === 'DEAD');
  // It ends what is under way first.
  await dispatcher.stop(60_000);
  expect(warned.filter((message) => message.includes('410'))).toHaveLength(lines);
});

test('410 disables the endpoint; a failure is listed with what came back', async () => {
  const { start, endpoint, add, books, database } = await open();
  const broken = await startReceiver(answering(500, {}, 'broken'));
  const gone = await startReceiver(answering(410));
  const [one, two] = [
    await endpoint({ url: broken.url }),
    await endpoint({ url: gone.url, accountId: 'other' }),
  ];
  start();
  const paymentId = newId();
  await add({ paymentId });
  await add({ accountId: 'other' });
  await until('it is disabled', async () => (await books.find(two))?.status === 'DISABLED');
  const found = await until('it is listed', async () => {
    const delivery = await books.delivery(one, eventIdOf(paymentId));
    return delivery?.attempts[0]?.status === 500 ? delivery : null;
  });
  expect(found).toMatchObject({
    delivery: { status: 'PENDING', attempts: 1, dueAtMs: expect.any(Number) },
    attempts: [{ n: 1, status: 500, answer: 'broken', error: null }],
  });
  expect(
    await database.query(`SELECT status FROM payonce.webhook_deliveries WHERE account_id = 'other'`),
  ).toEqual([{ status: 'DEAD' }]);
});

test('a secret that no key opens sends nothing, and says what to do', async () => {
  const { start, endpoint, add, books } = await open();
  const { url, received } = await startReceiver();
  const made = await endpoint({ url });
  await books.rotate(made, 'v1.00000000.AAAA', 0);
  const paymentId = newId();
  await add({ paymentId });
  start();
  const found = await until('it is listed', async () => {
    const delivery = await books.delivery(made, eventIdOf(paymentId));
    return delivery?.attempts[0]?.error === null || delivery?.attempts[0] === undefined ? null : delivery;
  });
  expect(found.attempts[0]?.error).toContain('WEBHOOK_ENCRYPTION_KEY');
  expect(received).toEqual([]);
});

test('a stop cuts what is under way, and counts it against nobody', async () => {
  const { start, endpoint, add, books } = await open();
  const { url, received } = await startReceiver(() => {});
  const made = await endpoint({ url });
  const dispatcher = start();
  await add();
  await until('it was sent', () => received.length === 1);
  await dispatcher.stop(10);
  expect(await books.find(made)).toMatchObject({ failures: 0 });
});

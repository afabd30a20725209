/**
 * Requests that land late: the connection was reset, and the request takes effect after a time. They are stored, and carried out in the
 * order of their moments before anything else is read or changed. So nobody has to wait for them, and any process can carry them out.
 */
import type { FaultSettings } from '../faults/settings.ts';
import type { Books, StoredRecord } from '../ledger/books.ts';
import type { Filter, Ledger } from '../ledger/port.ts';
import type { Command } from './command.ts';
import { StripeError } from './errors.ts';
import { type Coming, DUE, type Happening, writeEvent } from './events.ts';
import { forget, keep } from './keys.ts';
import { type Performed, perform } from './perform.ts';
import { label, readPayment } from './records.ts';

/** Which sum of the judge the request counts in, until it lands. */
const MOVES = { charge: 'moves charge', refund: 'moves refund' } as const;
/** More than ever wait at the same time. */
const MOST = 10_000;

export async function deferUntil(
  books: Books,
  command: Command,
  nowMs: number,
  landsMs: number,
): Promise<void> {
  await keep(books, command, null, nowMs);
  await books.write({
    kind: 'late',
    id: command.requestId,
    atMs: landsMs,
    labels: [DUE, ...(await labelsOf(books, command))],
    data: command,
  });
}

/** So that the judge can say what is still to come. */
async function labelsOf(books: Books, { operation, params, intentId }: Command): Promise<string[]> {
  const moves = operation === 'confirm' || (operation === 'create' && params.confirm === 'true');
  if (!moves && operation !== 'refund') return [];
  const payment = intentId === null ? undefined : await readPayment(books, intentId);
  const metadata = (payment?.intent.metadata ?? params.metadata ?? {}) as Readonly<Record<string, string>>;
  const { order_id: orderId, reference = orderId ?? payment?.intent.id } = metadata;
  return [
    moves ? MOVES.charge : MOVES.refund,
    ...(reference === undefined ? [] : [label.reference(reference)]),
    ...(orderId === undefined ? [] : [label.order(orderId)]),
  ];
}

/** How many requests are on their way that will charge or refund, if it is possible when they land. */
export async function countLate(
  ledger: Ledger,
  { nowMs, reference, orderId }: Filter,
): Promise<Record<keyof typeof MOVES, number>> {
  const labels = [
    DUE,
    ...(reference === undefined ? [] : [label.reference(reference)]),
    ...(orderId === undefined ? [] : [label.order(orderId)]),
  ];
  const found = await ledger.transact({}, (books) =>
    books.find({ kind: 'late', labels, fromMs: nowMs + 1, order: 'oldest', limit: MOST }),
  );
  const count = (kind: string) => found?.filter((late) => late.labels.includes(kind)).length ?? 0;
  return { charge: count(MOVES.charge), refund: count(MOVES.refund) };
}

/**
 * Carries out what has landed by `nowMs`, and notes the events that have happened by then. Returns the ids of all new events, and what
 * will happen later.
 */
export async function land(
  ledger: Ledger,
  settings: () => Promise<FaultSettings>,
  nowMs: number,
): Promise<Pick<Performed, 'events' | 'coming'>> {
  const events: string[] = [];
  const coming: Happening[] = [];
  for (;;) {
    const due = await ledger.transact({}, (books) => nextDue(books, nowMs));
    if (due === null || due === undefined) return { events, coming };
    const current = await settings();
    const command = due.kind === 'late' ? (due.data as Command) : null;
    // Under the lock of its payment, which a request in between may have had.
    const object = command === null ? (due.data as Coming).intentId : (command.intentId ?? command.requestId);
    const done = await ledger.transact({ awaited: object }, async (books) => {
      const record = await books.read(due.kind, due.id);
      if (record === undefined || !record.labels.includes(DUE)) return NOTHING;
      await books.write({ ...record, labels: [] });
      if (command !== null) return carryOut(books, command, current, record.atMs);
      const happened = await writeEvent(books, record.data as Coming, { id: null, key: null });
      return { events: happened ? [record.id] : [], coming: [] };
    });
    events.push(...(done ?? NOTHING).events);
    coming.push(...(done ?? NOTHING).coming);
  }
}

const NOTHING: Pick<Performed, 'events' | 'coming'> = { events: [], coming: [] };

/** The request or event whose moment is the first. */
async function nextDue(books: Books, nowMs: number): Promise<StoredRecord | undefined> {
  const query = { labels: [DUE], untilMs: nowMs, order: 'oldest', limit: MOST } as const;
  const due = [
    ...(await books.find({ kind: 'late', ...query })),
    ...(await books.find({ kind: 'coming', ...query })),
  ];
  return due.sort((a, b) => a.atMs - b.atMs || a.seq - b.seq)[0];
}

async function carryOut(
  books: Books,
  command: Command,
  settings: FaultSettings,
  landsMs: number,
): Promise<Pick<Performed, 'events' | 'coming'>> {
  try {
    return await perform(books, command, settings, landsMs);
  } catch (error) {
    // Wrong parameters: nothing was done, and the key can be used again.
    if (!(error instanceof StripeError)) throw error;
    await forget(books, command, landsMs);
    return NOTHING;
  }
}

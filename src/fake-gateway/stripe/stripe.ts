/** The emulator: it takes requests through the faults to their effect, and sends events. */
import { randomBytes } from 'node:crypto';
import { createAttempts } from '../attempts.ts';
import type { CurrentSettings } from '../faults/current.ts';
import { bookingFault, delayOf, operationFault, strikes } from '../faults/decide.ts';
import type { FaultSettings } from '../faults/settings.ts';
import type { MagicToken } from '../faults/tokens.ts';
import type { Filter, Ledger, OperationKind } from '../ledger/port.ts';
import { createReadFaults } from '../read-faults.ts';
import type { Sleeper } from '../sleep.ts';
import type { WebhookSender } from '../webhooks/deliver.ts';
import { answer, DROP, type Wire } from '../wire.ts';
import type { Command, Operation } from './command.ts';
import { StripeError } from './errors.ts';
import { eventObject, intentOfEvent } from './events.ts';
import type { FormFields } from './form.ts';
import type { Payment } from './intent.ts';
import { inUse, keep, readKept } from './keys.ts';
import { countLate, deferUntil, land } from './late.ts';
import { chargeMagic, namedFault, operationMagic } from './methods.ts';
import { metadataIn, textIn } from './params.ts';
import { type Performed, perform } from './perform.ts';
import type { Read } from './reads.ts';
import { intentOfCharge, readPayment } from './records.ts';
import { API_VERSION, answered, FAILURE_TEXT, refused, STRIPE_VOICE } from './wires.ts';

export interface StripeContext {
  readonly ledger: Ledger;
  readonly current: CurrentSettings;
  readonly sleeper: Sleeper;
  readonly now: () => number;
  /** Undefined: events are sent nowhere. */
  readonly webhooks: WebhookSender | undefined;
  readonly onError: (error: unknown) => void;
}

export interface Stripe {
  /** Changes something. */
  change(request: Omit<Command, 'fate'>): Promise<Wire>;
  /** Reads something. @param subject faults are drawn by it. */
  read(subject: string, id: string | null, params: FormFields, read: Read): Promise<Wire>;
  /** The payment as it is now; undefined if there is none. */
  payment(intentId: string): Promise<Payment | undefined>;
  /** What the customer did at the bank's page. Resolves whether the payment goes on. @throws StripeError if nothing is to be done. */
  authenticate(request: Pick<Command, 'intentId' | 'params'>): Promise<boolean>;
  /** Carries out what has landed by now. */
  landed(): Promise<void>;
  /** The charges and refunds that are still to land. */
  late(filter: Filter): Promise<{ readonly charge: number; readonly refund: number }>;
}

export function newRequestId(): string {
  return `req_${randomBytes(7).toString('hex')}`;
}

export function createStripe(context: StripeContext): Stripe {
  const { ledger, current, sleeper, now, webhooks, onError } = context;
  const run = createAttempts(ledger, current, sleeper, STRIPE_VOICE);
  const guard = createReadFaults(current, sleeper, answer(503, FAILURE_TEXT));
  const settingsNow = async () => current.get();

  async function landed(): Promise<void> {
    await publish(await land(ledger, settingsNow, now()));
  }

  /** Sends what has happened, and wakes up for what will. Whoever comes first then notes it. */
  async function publish({ events, coming }: Pick<Performed, 'events' | 'coming'>): Promise<void> {
    for (const { atMs } of coming) wakeAt(atMs);
    if (webhooks === undefined) return;
    for (const id of events) await sendEvent(id, webhooks);
  }

  function wakeAt(atMs: number): void {
    sleeper.later(Math.max(0, atMs - now()), () => void landed().catch(onError));
  }

  async function sendEvent(id: string, sender: WebhookSender): Promise<void> {
    const found = await ledger.transact({}, async (books) => {
      const record = await books.read('event', id);
      return record && { record, payment: await readPayment(books, intentOfEvent(record)) };
    });
    if (found === null || found === undefined) return;
    const magic = chargeMagic(found.payment?.charges.at(-1)?.method ?? null);
    sender.send(
      { id, body: JSON.stringify(eventObject(found.record, API_VERSION), null, 2), magic },
      await settingsNow(),
    );
  }

  const payment: Stripe['payment'] = async (intentId) =>
    (await ledger.transact({}, (books) => readPayment(books, intentId))) ?? undefined;

  /** The payment that a request for a refund names. */
  async function refundedIntent(params: FormFields): Promise<string | null> {
    const chargeId = textIn(params, 'charge');
    const intentId = textIn(params, 'payment_intent');
    if (intentId !== null || chargeId === null) return intentId;
    return (await ledger.transact({}, (books) => intentOfCharge(books, chargeId))) ?? null;
  }

  async function attempt(command: Command, magic: MagicToken | null): Promise<Wire> {
    const subject = subjectOf(command);
    const idempotencyKey = command.key ?? '';
    const object = command.intentId === null ? {} : { object: command.intentId };
    return run(
      {
        key: command.key === null ? subject : `stripe key ${command.key}`,
        idempotencyKey,
        magic,
        numbered: () => false,
        ...object,
      },
      async ({ settings, fault }) => {
        const ignored = command.key === null || strikes(settings, 'keys_ignored', subject, magic);
        const effective = ignored ? { ...command, key: null } : command;
        const keptMs = strikes(settings, 'keys_expired', subject, magic)
          ? delayOf(settings, 'keys_expired')
          : undefined;
        const locks = {
          ...(effective.key === null ? {} : { refused: `key ${effective.key}` }),
          awaited: command.intentId ?? command.requestId,
        };
        const nowMs = now();
        const done = await ledger.transact(locks, async (books) => {
          if (effective.key !== null) {
            const kept = await readKept(books, effective.key, effective, nowMs, keptMs);
            if (kept !== undefined) return { wire: answered(kept, kept.requestId), ...QUIET };
          }
          if (fault === 'lands_late') {
            const landsMs = nowMs + delayOf(settings, fault);
            await deferUntil(books, effective, nowMs, landsMs);
            return { wire: DROP, ...QUIET, landsMs };
          }
          const failure = { status: 500, body: FAILURE_TEXT };
          if (fault === 'stale_error') {
            await keep(books, effective, failure, nowMs);
            return { wire: answered(failure), ...QUIET };
          }
          const performed = await perform(books, effective, settings, nowMs);
          if (fault !== 'stale_error_after') return { ...performed, wire: answered(performed.answer) };
          await keep(books, effective, failure, nowMs);
          return { ...performed, wire: answered(failure) };
        });
        if (done === null) return refused(inUse(idempotencyKey));
        if ('landsMs' in done) wakeAt(done.landsMs);
        await publish(done);
        return done.wire;
      },
    );
  }

  return {
    payment,
    landed,
    late: (filter) => countLate(ledger, filter),
    async change(request) {
      try {
        await landed();
        const { operation, params } = request;
        const intentId = operation === 'refund' ? await refundedIntent(params) : request.intentId;
        const named = { ...request, intentId };
        const magic = magicOf(named, intentId === null ? undefined : await payment(intentId));
        const fate = fateOf(named, await settingsNow(), magic);
        return await attempt({ ...named, fate }, magic);
      } catch (error) {
        if (error instanceof StripeError) return refused(error);
        throw error;
      }
    },
    read: (subject, id, params, read) =>
      guard(subject, async () => {
        try {
          await landed();
          const nowMs = now();
          const object = await ledger.transact({}, (books) => read({ books, nowMs, params, id }));
          return answer(200, JSON.stringify(object));
        } catch (error) {
          if (error instanceof StripeError) return refused(error);
          throw error;
        }
      }),
    async authenticate(request) {
      await landed();
      const { intentId } = request;
      const facts = { requestId: newRequestId(), version: API_VERSION, base: '', key: null };
      const command = { ...request, ...facts, operation: 'authenticate' } as const;
      const before = intentId === null ? undefined : await payment(intentId);
      const settings = await settingsNow();
      const fate = fateOf(command, settings, magicOf(command, before));
      const performed = await ledger.transact({ awaited: intentId ?? command.requestId }, (books) =>
        perform(books, { ...command, fate }, settings, now()),
      );
      if (performed === null) return false;
      await publish(performed);
      return performed.answer.status === 200 && textIn(request.params, 'result') === 'succeeded';
    },
  };
}

const QUIET: Pick<Performed, 'events' | 'coming'> = { events: [], coming: [] };

/** What the attempts of a request are counted and its faults drawn by. */
function subjectOf({ operation, key, requestId }: Pick<Command, 'operation' | 'key' | 'requestId'>): string {
  return `stripe ${operation} ${key ?? requestId}`;
}

const CHARGES: readonly Operation[] = ['confirm', 'authenticate'];

/** What ends an authorisation. */
const ENDINGS: Readonly<Partial<Record<Operation, OperationKind>>> = { capture: 'capture', cancel: 'void' };

/** What the request's or the payment's metadata or method does to the operation; null: the rates apply. */
function magicOf(command: Omit<Command, 'fate'>, payment: Payment | undefined): MagicToken | null {
  const { operation, params } = command;
  const asked = params.metadata === undefined ? null : namedFault(metadataIn(params), operation);
  const named = asked ?? (payment === undefined ? null : namedFault(payment.intent.metadata, operation));
  if (named !== null) return named;
  const charged = payment?.charges.at(-1)?.method ?? null;
  if (operation === 'refund') return operationMagic('refund', charged);
  const ending = ENDINGS[operation];
  const own = ending === undefined ? null : operationMagic(ending, charged);
  if (own !== null) return own;
  const method = textIn(params, 'payment_method') ?? payment?.intent.method ?? null;
  const magic = chargeMagic(method);
  if (CHARGES.includes(operation) || (operation === 'create' && params.confirm === 'true')) return magic;
  // A test that names the fault of its charge gets it there, and nowhere else.
  return magic === null ? null : { ...magic, fault: null };
}

/** What becomes of the charge or refund. */
function fateOf(
  command: Omit<Command, 'fate'>,
  settings: FaultSettings,
  magic: MagicToken | null,
): Command['fate'] {
  const subject = subjectOf(command);
  return command.operation === 'refund'
    ? operationFault(settings, 'refund', subject, magic)
    : bookingFault(settings, subject, magic);
}

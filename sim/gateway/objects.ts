/**
 * Charges of two steps: objects that are prepared, confirmed, and sealed. Each takes money at most once, and can be paid until it is sealed. The
 * first complete answer under a key is repeated as it was, however the object stands by then.
 */
import type { ChargeRequest, PrepareRequest, SealRequest } from '../../src/domain/outcomes.ts';
import {
  type BookedCharge,
  type Customer,
  type EffectModel,
  type EffectModelOptions,
  madeAs,
  type Reply,
  type Wish,
} from './effects.ts';
import { newHold } from './holds.ts';

/** What the gateway wants to do with a request for an object. `error`: one that it keeps under the key. */
export interface PrepareWish {
  readonly result: 'make' | 'decline' | 'error';
  /** So long, lists by key do not show it. */
  readonly lagMs: number;
}

export type SealWish = 'seal' | 'error';

export type PrepareReply =
  | { readonly kind: 'made'; readonly handle: string }
  | { readonly kind: 'declined' }
  | { readonly kind: 'error' };

/** As a model of charges, it confirms: `request.handle` under `request.key`. */
export interface ObjectModel extends EffectModel<ChargeRequest, BookedCharge> {
  prepare(request: PrepareRequest, wish: PrepareWish): PrepareReply;
  /** Its answer means nothing. */
  seal(request: SealRequest, wish: SealWish): void;
  /** The object as it is now. */
  read(handle: string): BookedCharge | null;
}

export interface ObjectModelOptions
  extends Pick<
    EffectModelOptions<ChargeRequest, BookedCharge>,
    'gateway' | 'contract' | 'ledger' | 'nowMs' | 'after' | 'onBooked'
  > {
  /** It knows no keys of requests for an object, and makes one for each. */
  readonly preparesAnew: boolean;
  /** Told of what must happen in a simulation. */
  readonly mark: (what: string) => void;
}

const PREPARED: Readonly<Record<PrepareWish['result'], (handle: string) => PrepareReply>> = {
  make: (handle) => ({ kind: 'made', handle }),
  decline: () => ({ kind: 'declined' }),
  error: () => ({ kind: 'error' }),
};

/** Why a confirm was declined. */
const DECLINED = 'card_declined';
const NOT_AUTHENTICATED = 'authentication_failed';

interface Kept<Answer> {
  readonly firstSeenMs: number;
  readonly terms: string;
  answer: Answer | null;
  working: boolean;
}

export function createObjectModel(options: ObjectModelOptions): ObjectModel {
  const { gateway, contract, ledger, nowMs, after, onBooked, mark, preparesAnew } = options;
  const confirms = new Map<string, Kept<Reply<BookedCharge>>>();
  const prepared = new Map<string, Kept<PrepareReply>>();
  const sealed = new Map<string, Kept<'done'>>();
  const flying = new Set<ChargeRequest>();
  /** The objects that a confirm has reached. Whoever has seen its answer may pay them. */
  const reached = new Set<string>();
  /** Customers who will still do something. */
  let active = 0;

  function kept<Answer>(keys: Map<string, Kept<Answer>>, key: string, terms: string): Kept<Answer> {
    const known = keys.get(key);
    if (known !== undefined && nowMs() - known.firstSeenMs <= contract.keyWindowMs) return known;
    const fresh = { firstSeenMs: nowMs(), terms, answer: null, working: false };
    keys.set(key, fresh);
    return fresh;
  }

  function keptConfirm(request: ChargeRequest): Kept<Reply<BookedCharge>> {
    return kept(confirms, request.key, `${request.handle} ${termsOf(request)}`);
  }

  function repeated(record: Kept<Reply<BookedCharge>>, request: ChargeRequest): Reply<BookedCharge> | null {
    if (record.terms !== `${request.handle} ${termsOf(request)}`) return { kind: 'key_reused' };
    return record.working ? { kind: 'in_progress' } : record.answer;
  }

  function read(handle: string): BookedCharge | null {
    return ledger.find((one) => one.gateway === gateway && one.id === handle) ?? null;
  }

  function become(object: BookedCharge, status: BookedCharge['status'], code?: string): void {
    object.status = status;
    if (code !== undefined) object.code = code;
    onBooked(object);
  }

  function toCustomer(object: BookedCharge, { does, afterMs }: Customer): void {
    become(object, 'acting');
    if (does === 'nothing') return;
    active += 1;
    after(afterMs, () => {
      active -= 1;
      if (object.status !== 'acting') return;
      mark(does === 'pays' ? 'customer_paid' : 'customer_failed');
      if (does === 'pays') become(object, madeAs(object));
      else become(object, 'open', NOT_AUTHENTICATED);
    });
  }

  /** What the confirm of an object that can be paid does. */
  function confirmed(object: BookedCharge, wish: Wish): Reply<BookedCharge> {
    // As it is in the answer, which never changes.
    const booked = (status = object.status): Reply<BookedCharge> => ({
      kind: 'booked',
      effect: { ...object, status },
    });
    switch (wish.result) {
      case 'decline':
        become(object, 'open', DECLINED);
        return booked('declined');
      case 'pend':
        become(object, 'pending');
        after(wish.pending.forMs, () => {
          if (wish.pending.endsAs === 'succeeded') become(object, madeAs(object));
          else become(object, 'open', DECLINED);
        });
        return booked();
      case 'act':
        toCustomer(object, wish.customer ?? { does: 'nothing', afterMs: 0 });
        return booked();
      default:
        Object.assign(object, wish.instead);
        become(object, madeAs(object));
        return wish.result === 'error' ? { kind: 'error' } : booked();
    }
  }

  function answerTo({ handle = '' }: ChargeRequest, wish: Wish): Reply<BookedCharge> {
    const object = read(handle);
    if (wish.result === 'error' && !wish.madeAllTheSame) return { kind: 'error' };
    if (object === null) return { kind: 'refuses', word: 'no_such_object' };
    const isPayable = object.status === 'open' || object.status === 'acting';
    if (object.status === 'sealed') mark('confirm_too_late');
    return isPayable ? confirmed(object, wish) : { kind: 'refuses', word: 'unexpected_state' };
  }

  return {
    ledger,
    read,
    prepare(request, { result, lagMs }) {
      const { key, prepareKey, reference, amountMinor, currency } = request;
      const record = kept(prepared, prepareKey, termsOf(request));
      if (record.answer !== null && !preparesAnew) return record.answer;
      if (record.answer !== null) mark('prepared_anew');
      const id = `pi_${ledger.length + 1}`;
      const answer = PREPARED[result](id);
      record.answer = answer;
      if (answer.kind !== 'made') return answer;
      const object: BookedCharge = {
        id,
        gateway,
        key,
        reference,
        amountMinor,
        currency,
        status: 'open',
        visibleAtMs: nowMs() + lagMs,
        ...newHold(request),
      };
      ledger.push(object);
      onBooked(object);
      return answer;
    },
    seal({ handle, sealKey }, wish) {
      const record = kept(sealed, sealKey, handle);
      if (record.answer !== null) return;
      record.answer = 'done';
      const object = read(handle);
      if (object === null || wish === 'error') return;
      // A seal lets go of money that is held.
      const isOpen = object.status === 'open' || object.status === 'acting' || object.status === 'authorized';
      mark(isOpen ? 'sealed' : 'seal_too_late');
      if (isOpen) become(object, 'sealed');
    },
    flies(request) {
      flying.add(request);
      return () => void flying.delete(request);
    },
    begin(request) {
      reached.add(request.handle ?? '');
      const record = keptConfirm(request);
      const reply = repeated(record, request);
      if (reply === null) record.working = true;
      return reply;
    },
    execute(request, wish) {
      reached.add(request.handle ?? '');
      const record = keptConfirm(request);
      record.working = false;
      // Another confirm with this key may have been executed since.
      const before = repeated(record, request);
      if (before !== null) return before;
      const answer = answerTo(request, wish);
      if (answer.kind !== 'error' || contract.cachesErrors) record.answer = answer;
      return answer;
    },
    find(key) {
      const found = ledger.filter(
        (one) => one.gateway === gateway && one.key === key && one.visibleAtMs <= nowMs(),
      );
      if (found.length > 0) mark('listed');
      return found;
    },
    canStillLand: (key) =>
      ledger.some(
        ({ id, key: its, status, gateway: at }) =>
          its === key &&
          at === gateway &&
          (status === 'pending' ||
            ((status === 'open' || status === 'acting') &&
              (reached.has(id) || [...flying].some(({ handle }) => handle === id)))),
      ),
    forgottenAtMs(key) {
      const record = confirms.get(key);
      if (record === undefined || (record.answer === null && !record.working)) return null;
      return record.firstSeenMs + contract.keyWindowMs;
    },
    refused: () => false,
    busy: () =>
      flying.size > 0 ||
      active > 0 ||
      ledger.some(({ status, gateway: at }) => at === gateway && status === 'pending'),
  };
}

function termsOf({
  reference,
  amountMinor,
  currency,
  method,
  captureMethod,
}: Omit<ChargeRequest, 'handle'>): string {
  return `${reference} ${amountMinor} ${currency} ${method ?? ''} ${captureMethod ?? ''}`;
}

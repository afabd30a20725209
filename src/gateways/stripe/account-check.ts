/**
 * The check of the account that could not be made at the start, because Stripe did not answer. Until Stripe has confirmed the account, nothing but
 * this question is sent: with the key of another account, a charge would be made there, and a list of that account would prove an absence here.
 */
import type {
  CaptureEffect,
  Captures,
  ExchangeOptions,
  Gateway,
  Refunds,
  TwoSteps,
} from '../../ports/gateway.ts';
import type { Log } from '../../ports/log.ts';
import { askWhose, otherAccount } from './account.ts';
import type { NoAnswer } from './errors.ts';
import type { Wire } from './wire.ts';

export interface AccountCheckOptions {
  readonly wire: Wire;
  /** As configured. */
  readonly account: string;
  readonly log: Log | undefined;
}

/** Null: the key is the account's. It asks once at a time, whoever waits, and never again once Stripe has said whose the key is. */
type Check = (timeoutMs: number) => Promise<NoAnswer | null>;

/** The gateway, which first asks whose the key is. */
export function withAccountCheck(gateway: Gateway, options: AccountCheckOptions): Gateway {
  const { call, lookup, twoSteps, refunds, captures } = gateway;
  const first = afterCheck(createCheck(options));
  return {
    ...gateway,
    call: (request, limits) => first(limits, refusedBy, (left) => call(request, left)),
    lookup: (request, limits) => first(limits, itself, (left) => lookup(request, left)),
    ...(twoSteps === undefined ? {} : { twoSteps: stepsAfter(first, twoSteps) }),
    ...(refunds === undefined ? {} : { refunds: refundsAfter(first, refunds) }),
    ...(captures === undefined ? {} : { captures: capturesAfter(first, captures) }),
  };
}

function stepsAfter(first: First, { prepare, seal }: TwoSteps): TwoSteps {
  return {
    prepare: (request, limits) => first(limits, failedBy, (left) => prepare(request, left)),
    // It is read afterwards, and that read says why.
    seal: (request, limits) =>
      first(
        limits,
        () => undefined,
        (left) => seal(request, left),
      ),
  };
}

function capturesAfter(first: First, captures: Captures): Captures {
  const after = ({ call, lookup }: CaptureEffect): CaptureEffect => ({
    call: (request, limits) => first(limits, refusedBy, (left) => call(request, left)),
    lookup: (request, limits) => first(limits, itself, (left) => lookup(request, left)),
  });
  return { capture: after(captures.capture), void: after(captures.void) };
}

function refundsAfter(first: First, { call, lookup, refunded }: Refunds): Refunds {
  return {
    call: (request, limits) => first(limits, refusedBy, (left) => call(request, left)),
    lookup: (request, limits) => first(limits, itself, (left) => lookup(request, left)),
    ...(refunded === undefined
      ? {}
      : { refunded: (charge, limits) => first(limits, itself, (left) => refunded(charge, left)) }),
  };
}

const itself = (no: NoAnswer): NoAnswer => no;
const refusedBy = (no: NoAnswer) => (no.kind === 'forbidden' ? no : { ...no, kind: 'refused' as const });
const failedBy = (no: NoAnswer) => (no.kind === 'forbidden' ? no : { ...no, kind: 'failed' as const });

/** Asks, and then does what is to be done in the time that is left; or says why it cannot be done. */
type First = <Limits extends ExchangeOptions, No, Outcome>(
  limits: Limits,
  says: (no: NoAnswer) => No,
  act: (left: Limits) => Promise<Outcome>,
) => Promise<No | Outcome>;

function afterCheck(check: Check): First {
  return async (limits, says, act) => {
    const untilMs = performance.now() + limits.timeoutMs;
    const no = await check(limits.timeoutMs);
    return no === null ? act({ ...limits, timeoutMs: untilMs - performance.now() }) : says(no);
  };
}

function createCheck({ wire, account, log }: AccountCheckOptions): Check {
  let known: { readonly no: NoAnswer | null } | null = null;
  let asking: Promise<NoAnswer | null> | null = null;
  log?.error(
    { alarm: 'account_unchecked', account },
    'Stripe did not say at the start whether the secret key belongs to the account that was given. It is asked again before anything else ' +
      'is sent, and until it answers, nothing is sent. Check Stripe and the network to it',
  );

  async function ask(timeoutMs: number): Promise<NoAnswer | null> {
    const answer = await askWhose(wire, timeoutMs);
    if (answer.kind === 'refused') return { kind: 'forbidden', reason: answer.reason };
    if (answer.kind === 'none') return { kind: 'unavailable', reason: `account_unchecked_${answer.reason}` };
    const isOurs = answer.id === account;
    known = { no: isOurs ? null : { kind: 'forbidden', reason: 'wrong_account' } };
    if (isOurs) log?.info({ alarm_ended: 'account_unchecked', account }, 'the account is the key’s');
    else
      log?.error(
        { alarm: 'wrong_account', account },
        `${otherAccount(answer.id, account)} Then start again. Nothing was sent, and nothing will be`,
      );
    return known.no;
  }

  return (timeoutMs) => {
    if (known !== null) return Promise.resolve(known.no);
    asking ??= ask(timeoutMs).finally(() => {
      asking = null;
    });
    return within(asking, timeoutMs);
  };
}

/** Whoever waits for another one's question may have less time than that one. */
async function within(asking: Promise<NoAnswer | null>, timeoutMs: number): Promise<NoAnswer | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<NoAnswer>((resolve) => {
    const no = { kind: 'unavailable', reason: 'account_unchecked_timeout' } as const;
    timer = setTimeout(() => resolve(no), timeoutMs);
  });
  return Promise.race([asking, late]).finally(() => clearTimeout(timer));
}

/**
 * The way to the gateway and back, for one incarnation of a process: an adapter that translates answers as the
 * real one does, over a network that loses, delays and garbles them. What has left goes on without its sender.
 */
import {
  type CallOutcome,
  type ChargeRequest,
  judgeCall,
  judgeLookup,
  type LookupOutcome,
  type ReportedCharge,
} from '../../src/domain/outcomes.ts';
import type { CallOptions, ExchangeOptions, Gateway } from '../../src/ports/gateway.ts';
import type { BookedCharge, Reply, Wish } from '../gateway/model.ts';
import type { CallFault } from '../plan/faults.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

/** The name that the simulated adapter stores with every payment. */
const GATEWAY_NAME = 'model';

const OTHER_KEY = '00000000-0000-4000-8000-000000000000';

export function connectGateway(world: World, process: Process): Gateway {
  const { life } = process;
  const { scheduler, gateway, plan, trace, faults } = world;
  const calls = world.callsByKey;

  /** Resolves inside the process, or never where it has died or given up. */
  function exchange<T>(
    name: string,
    timeoutMs: number,
    whenLate: T,
    send: (answer: (delayMs: number, value: T, word: string) => void) => void,
  ): Promise<T> {
    return world.port(process, name, (resolve) => {
      let open = true;
      const end = (value: T, word: string): void => {
        if (!open) return;
        open = false;
        cancelTimeout();
        trace.add(scheduler.nowMs, `${process.name} hears of its ${name}: ${word}`);
        resolve(value);
      };
      const cancelTimeout = life.deliver(timeoutMs, () => end(whenLate, 'nothing in time'));
      send((delayMs, value, word) => void life.deliver(delayMs, () => end(value, word)));
    });
  }

  return {
    name: GATEWAY_NAME,
    contract: plan.policy.contract,
    close: async () => {},
    call: (request: ChargeRequest, { timeoutMs }: CallOptions) =>
      exchange<CallOutcome>(
        'call',
        timeoutMs,
        { kind: 'unknown', answered: false, reason: 'timeout' },
        (answer) => {
          const call = (calls.get(request.key) ?? 0) + 1;
          calls.set(request.key, call);
          world.judge.sent(process.name, request);
          const fault = world.callFault(process, request, call);
          trace.add(scheduler.nowMs, `${process.name} calls the gateway for ${request.orderId} (${fault})`);
          send(request, fault, timeoutMs, answer);
        },
      ),
    lookup: (request: ChargeRequest, { timeoutMs }: ExchangeOptions) =>
      exchange<LookupOutcome>('lookup', timeoutMs, { kind: 'unavailable', reason: 'timeout' }, (answer) =>
        look(request, timeoutMs, answer),
      ),
  };

  function send(
    request: ChargeRequest,
    fault: CallFault,
    timeoutMs: number,
    answer: (delayMs: number, value: CallOutcome, word: string) => void,
  ): void {
    const say = (value: CallOutcome): void => answer(faults.delayMs(1, 20), value, value.kind);
    switch (fault) {
      case 'gateway_unreachable':
        say({ kind: 'refused', reason: 'connection_refused' });
        return;
      case 'gateway_forbids':
        say({ kind: 'forbidden', reason: 'http_401' });
        return;
      case 'gateway_limits': {
        const retryAfterMs = [0, 1000, -5000, 3_600_000][faults.delayMs(0, 3)] ?? 0;
        say({ kind: 'refused', reason: 'rate_limited', retryAfterMs });
        return;
      }
      case 'answer_about_another':
        world.judge.excuse(request.key, 'answer');
        say(judgeCall(request, { ...reportOf(request), key: OTHER_KEY }));
        return;
      case 'reset_not_charged':
        say({ kind: 'unknown', answered: false, reason: 'connection_lost' });
        return;
      case 'timeout_not_charged':
        return;
      case 'reset_charged_later':
      case 'timeout_charged_later': {
        // Somebody on the way still holds the request, and delivers it within the time that the contract names.
        const brokenInMs = fault === 'reset_charged_later' ? faults.delayMs(1, 50) : timeoutMs;
        const landsInMs = brokenInMs + faults.delayMs(0, plan.policy.contract.landsWithinMs);
        fly(request, landsInMs, () => void execute(request, fault));
        if (fault === 'reset_charged_later')
          answer(brokenInMs, { kind: 'unknown', answered: false, reason: 'connection_lost' }, 'reset');
        return;
      }
      default:
        arrive(request, fault, timeoutMs, answer);
        return;
    }
  }

  /** The plain way: the request arrives, is worked on, and answered. */
  function arrive(
    request: ChargeRequest,
    fault: CallFault,
    timeoutMs: number,
    answer: (delayMs: number, value: CallOutcome, word: string) => void,
  ): void {
    const backMs = faults.delayMs(1, 20);
    fly(request, faults.delayMs(1, 20), () => {
      const early = gateway.begin(request);
      if (early !== null) return reply(early);
      // Slower than anybody listens, but within the time in which the contract lets a request land.
      const longestMs = timeoutMs + plan.policy.contract.landsWithinMs - 200;
      const slow = fault === 'gateway_slow' ? faults.delayMs(0, longestMs) : 0;
      fly(request, faults.delayMs(1, 100) + slow, () => reply(execute(request, fault)));
    });
    function reply(given: Reply): void {
      const heard = distorted(given, fault);
      if (heard !== null) answer(backMs, heard, heard.kind);
    }

    /** What arrives of a reply. Null: nothing, until the caller's time is over. */
    function distorted(given: Reply, how: CallFault): CallOutcome | null {
      switch (how) {
        case 'reset_charged':
          return { kind: 'unknown', answered: false, reason: 'connection_lost' };
        case 'garbage_charged':
        case 'garbage_not_charged':
          return { kind: 'unknown', answered: false, reason: 'unparseable_answer' };
        case 'timeout_charged':
          return null;
        default:
          return outcomeOf(request, given);
      }
    }
  }

  function fly(request: ChargeRequest, delayMs: number, land: () => void): void {
    const landed = gateway.flies(request);
    scheduler.quietly(delayMs, () => {
      landed();
      land();
    });
  }

  function execute(request: ChargeRequest, fault: CallFault): Reply {
    const given = gateway.execute(request, wishFor(request, fault));
    const word = given.kind === 'charge' ? `${given.charge.id} ${given.charge.status}` : given.kind;
    trace.add(scheduler.nowMs, `the gateway executes a call for ${request.orderId}: ${word}`);
    return given;
  }

  function wishFor(request: ChargeRequest, fault: CallFault): Wish {
    const wrong = wrongTerms(request, fault);
    if (wrong !== undefined) world.judge.excuse(request.key, 'money');
    return {
      result: wishedResult(fault),
      ...(wrong === undefined ? {} : { instead: wrong }),
      lagMs: faults.delayMs(0, plan.policy.contract.lookupLagMs),
      pending: {
        forMs: faults.delayMs(100, 30_000),
        endsAs: faults.chance(300) ? 'declined' : 'succeeded',
      },
      chargedAllTheSame: fault === 'error_charged',
    };
  }

  function look(
    request: ChargeRequest,
    timeoutMs: number,
    answer: (delayMs: number, value: LookupOutcome, word: string) => void,
  ): void {
    const fault = world.lookupFault(process, request);
    trace.add(scheduler.nowMs, `${process.name} looks ${request.orderId} up (${fault})`);
    const say = (value: LookupOutcome): void => answer(faults.delayMs(1, 20), value, value.kind);
    switch (fault) {
      case 'lookup_down':
        say({ kind: 'unavailable', reason: 'http_503' });
        return;
      case 'lookup_timeout':
        return;
      case 'lookup_forbidden':
        say({ kind: 'forbidden', reason: 'http_401' });
        return;
      case 'lookup_about_another':
        say(judgeLookup(request, [{ ...reportOf(request), key: OTHER_KEY }]));
        return;
      default: {
        // Slow in coming to look, or in telling what it saw: the second is news of the past.
        const slowMs = fault === 'lookup_slow' ? faults.delayMs(0, timeoutMs) : 0;
        const tellsLate = slowMs > 0 && faults.chance(500);
        const tell = (value: LookupOutcome): void =>
          answer(faults.delayMs(1, 20) + (tellsLate ? slowMs : 0), value, value.kind);
        scheduler.quietly(faults.delayMs(1, 20) + (tellsLate ? 0 : slowMs), () => {
          const found = gateway.find(request.key).map(report);
          if (found.length === 0 && gateway.ledger.some(({ key }) => key === request.key))
            world.marks.hit('lookup_lag');
          tell(judgeLookup(request, found));
        });
      }
    }
  }
}

function wishedResult(fault: CallFault): Wish['result'] {
  switch (fault) {
    case 'gateway_declines':
      return 'decline';
    case 'gateway_pending':
      return 'pend';
    case 'error_not_charged':
    case 'error_charged':
    case 'garbage_not_charged':
      return 'error';
    default:
      return 'succeed';
  }
}

function wrongTerms(request: ChargeRequest, fault: CallFault): Wish['instead'] {
  if (fault === 'wrong_amount') return { amountMinor: request.amountMinor + 1 };
  if (fault === 'wrong_currency') return { currency: request.currency === 'USD' ? 'EUR' : 'USD' };
  if (fault === 'wrong_reference') return { reference: OTHER_KEY };
  return undefined;
}

function outcomeOf(request: ChargeRequest, reply: Reply): CallOutcome {
  switch (reply.kind) {
    case 'charge':
      return judgeCall(request, report(reply.charge));
    case 'error':
      return { kind: 'unknown', answered: true, reason: 'http_500' };
    case 'in_progress':
      return { kind: 'busy', retryAfterMs: 200 };
    case 'key_reused':
      return { kind: 'unknown', answered: true, reason: 'key_reused' };
  }
}

function report({ id, status, amountMinor, currency, reference, key }: BookedCharge): ReportedCharge {
  const charge = { id, status, amountMinor, currency, reference, key };
  return status === 'declined' ? { ...charge, code: 'card_declined' } : charge;
}

/** A charge that was never made, as an answer might tell of it. */
function reportOf(request: ChargeRequest): ReportedCharge {
  const { amountMinor, currency, reference, key } = request;
  return { id: 'ch_other', status: 'succeeded', amountMinor, currency, reference, key };
}

import type { GatewayContract } from '../../src/domain/contract.ts';
import {
  type CallOutcome,
  type ChargeRequest,
  judgeLookup,
  type LookupOutcome,
  type NotSent,
  type ReportedCharge,
} from '../../src/domain/outcomes.ts';
import type { CallOptions, Gateway } from '../../src/ports/gateway.ts';
import { CONTRACT } from './contract.ts';

/** What one call does: to the ledger through `charge`, and to the caller through what it resolves to. */
export type Play = (call: {
  readonly request: ChargeRequest;
  readonly options: CallOptions;
  /** 1 for the first call with this key. */
  readonly attempt: number;
  /** Puts a live charge into the ledger, once per key as a gateway that keeps keys does, and approves it. */
  readonly charge: () => CallOutcome;
}) => Promise<CallAnswer> | CallAnswer;

type CallAnswer = CallOutcome | NotSent;
type LookupAnswer = LookupOutcome | NotSent;

/** A gateway inside the test, with a ledger to judge by. */
export interface ScriptedGateway extends Gateway {
  play: Play;
  /** If set, lookups return this instead of what the ledger holds. */
  lookupPlay: ((request: ChargeRequest) => Promise<LookupAnswer> | LookupAnswer) | null;
  readonly calls: ChargeRequest[];
  readonly lookups: ChargeRequest[];
  readonly ledger: Map<string, ReportedCharge>;
}

export const approve: Play = ({ charge }) => charge();
export const decline: Play = () => ({ kind: 'declined', code: 'no_funds' });
export const never: Play = () => new Promise(() => {});
export const error500: CallOutcome = { kind: 'unknown', answered: true, reason: 'http_500' };
export const reset: CallOutcome = { kind: 'unknown', answered: false, reason: 'connection_lost' };

export function createScriptedGateway(
  contract: Partial<GatewayContract> = {},
  name = 'scripted',
): ScriptedGateway {
  const ledger = new Map<string, ReportedCharge>();
  const attempts = new Map<string, number>();
  const gateway: ScriptedGateway = {
    name,
    contract: { ...CONTRACT, ...contract },
    play: approve,
    lookupPlay: null,
    calls: [],
    lookups: [],
    ledger,
    async call(request, options) {
      gateway.calls.push(request);
      const attempt = (attempts.get(request.key) ?? 0) + 1;
      attempts.set(request.key, attempt);
      return gateway.play({ request, options, attempt, charge: () => book(request) });
    },
    async lookup(request) {
      gateway.lookups.push(request);
      if (gateway.lookupPlay !== null) return gateway.lookupPlay(request);
      const charge = ledger.get(request.key);
      return judgeLookup(request, charge === undefined ? [] : [charge]);
    },
    close: async () => {},
  };
  return gateway;

  function book({ key, reference, amountMinor, currency }: ChargeRequest): CallOutcome {
    const charge = ledger.get(key) ?? {
      id: `ch_${ledger.size + 1}`,
      status: 'succeeded',
      amountMinor,
      currency,
      reference,
      key,
    };
    ledger.set(key, charge);
    return { kind: 'approved', ref: charge.id };
  }
}

/**
 * What the gateway's own part of a payment took. Its latency and its faults are a pure function of the seed, the key and the
 * number of the attempt, so they are known for every payment without asking whoever is being measured.
 */
import { answerFault, latencyMs } from '../../src/fake-gateway/faults/decide.ts';
import type { FaultSettings } from '../../src/fake-gateway/faults/settings.ts';
import { chargeToken } from '../../src/fake-gateway/faults/tokens.ts';
import { METHOD } from '../load/requests.ts';

export interface Exchanges {
  /** Calls until the gateway approves; more than `maxCalls` are not made. */
  readonly calls: number;
  /** Whether one of these calls is approved. */
  readonly succeeds: boolean;
  /** What the gateway waits before its answers to these calls, in milliseconds. */
  readonly callsMs: number;
  /** The same for one lookup behind them. */
  readonly lookupMs: number;
}

/** Under the key that the charge has in the gateway's ledger. */
export function exchangesOf(settings: FaultSettings, key: string, maxCalls: number): Exchanges {
  const lookupMs = latencyMs(settings, 'lookup_latency', key, 1);
  let callsMs = 0;
  for (let call = 1; call <= maxCalls; call += 1) {
    callsMs += latencyMs(settings, 'latency', key, call);
    if (answerFault(settings, key, chargeToken(METHOD), call) === null)
      return { calls: call, succeeds: true, callsMs, lookupMs };
  }
  return { calls: maxCalls, succeeds: false, callsMs, lookupMs };
}

/** The caller's adapter, behind a check of everything that it answers. What it says of itself was checked before. */
import { callOutcome, lookupOutcome } from '../domain/adapter-answers.ts';
import type { Gateway } from '../ports/gateway.ts';
import type { Log } from '../ports/log.ts';

const INVALID = 'adapter_answer_invalid';

/** An answer that an adapter may not give counts as none, and is logged without what it held. */
export function checkedGateway(gateway: Gateway, log: Log): Gateway {
  const { name, contract, livemode } = gateway;
  function tell(answerTo: string, outcome: { readonly kind: string; readonly reason?: string }): void {
    if (outcome.reason === INVALID)
      log.error({ gateway: name, answer_to: answerTo }, 'the gateway adapter gave an answer that is none');
  }
  return {
    name,
    contract,
    ...(livemode === undefined ? {} : { livemode }),
    async call(request, options) {
      const outcome = callOutcome(await gateway.call(request, options));
      tell('call', outcome);
      return outcome;
    },
    async lookup(request, options) {
      const outcome = lookupOutcome(await gateway.lookup(request, options));
      tell('lookup', outcome);
      return outcome;
    },
    close: async () => gateway.close(),
  };
}

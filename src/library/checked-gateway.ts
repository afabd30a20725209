/** Checks every answer of the caller's adapter. Its name and contract were checked before. */
import { callOutcome, lookupOutcome } from '../domain/adapter-answers.ts';
import type { Gateway } from '../ports/gateway.ts';
import type { Log } from '../ports/log.ts';

const INVALID = 'adapter_answer_invalid';

/** An invalid answer counts as no answer. It is logged without its content. */
export function checkedGateway(gateway: Gateway, log: Log): Gateway {
  const { name, contract, livemode } = gateway;
  function report(answerTo: string, outcome: { readonly kind: string; readonly reason?: string }): void {
    if (outcome.reason === INVALID)
      log.error(
        { gateway: name, answer_to: answerTo },
        'the gateway adapter returned an invalid answer; it counts as no answer, so the charge stays in doubt: fix the adapter',
      );
  }
  return {
    name,
    contract,
    ...(livemode === undefined ? {} : { livemode }),
    async call(request, options) {
      const outcome = callOutcome(await gateway.call(request, options));
      report('call', outcome);
      return outcome;
    },
    async lookup(request, options) {
      const outcome = lookupOutcome(await gateway.lookup(request, options));
      report('lookup', outcome);
      return outcome;
    },
    close: async () => gateway.close(),
  };
}

/** Whether the time after which nothing can land any more can be true. It is what a false "nothing was charged" would hang on. */
import { movesMoney } from './choose-database.ts';
import type { GatewayKind } from './choose-gateway.ts';
import { isLoopback } from './loopback.ts';

/** Over a network, a single packet that is lost and sent again takes this long (RFC 6298, section 2.1). */
const LEAST_MS = 1000;

/** What is wrong with `GATEWAY_LANDS_WITHIN_MS`. `landsWithinMs` is its value, if it is a number. */
export function landingProblems(
  env: NodeJS.ProcessEnv,
  gateway: GatewayKind | null,
  landsWithinMs: unknown,
): string[] {
  if (gateway !== 'http' || !movesMoney(env, gateway) || !isElsewhere(env.GATEWAY_URL)) return [];
  if (typeof landsWithinMs !== 'number' || landsWithinMs >= LEAST_MS) return [];
  return [
    `GATEWAY_LANDS_WITHIN_MS is ${landsWithinMs} ms. Over a network, a request can still take effect for longer than that after Payonce gave it up, and an order that failed would then be charged. ` +
      `Set it to at least ${LEAST_MS}. The default is 180000, which is 180 s; docs/landing.md has the numbers.`,
  ];
}

/** Whether the gateway runs on another machine, as far as its address tells. The check of values reports what is no address. */
function isElsewhere(address = ''): boolean {
  if (!URL.canParse(address)) return false;
  return !isLoopback(new URL(address).hostname.replace(/^\[|\]$/g, ''));
}

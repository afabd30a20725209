/** Which gateway charges the new orders of which account. Nobody's money may go to a gateway that was not named for it. */
import type { GatewayOptions } from './one-gateway.ts';

export interface Homes {
  /** The name of the account's gateway. Undefined: it has none here, so none of its orders is charged. */
  of(accountId: string): string | undefined;
}

/**
 * A gateway on its own may serve all accounts. Several must each name theirs: no gateway stands in for another. Throws an `Error` that says what to
 * do if two gateways have one name or one account, or if one names none.
 */
export function createHomes(gateways: readonly Pick<GatewayOptions, 'gateway' | 'accounts'>[]): Homes {
  const [only] = gateways;
  if (gateways.length === 1 && only !== undefined && only.accounts === undefined)
    return { of: () => only.gateway.name };
  const names = new Set<string>();
  const homes = new Map<string, string>();
  for (const { gateway, accounts } of gateways) {
    const { name } = gateway;
    if (names.has(name))
      throw refusal(
        `Two gateways have the name "${name}", so nobody could tell their payments apart. Give one of them another name`,
      );
    names.add(name);
    if (accounts === undefined)
      throw refusal(`The gateway "${name}" names no accounts. With several gateways, each must name its own`);
    for (const accountId of accounts) {
      const other = homes.get(accountId);
      if (other !== undefined)
        throw refusal(
          `The account "${accountId}" has two gateways, "${other}" and "${name}". Name it for one of them`,
        );
      homes.set(accountId, name);
    }
  }
  return { of: (accountId) => homes.get(accountId) };
}

function refusal(words: string): Error {
  return new Error(`${words}. Nothing was started, nothing was sent.`);
}

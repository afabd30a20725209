/**
 * Whether the gateway is still where it was. Its lookups are proof: if the address leads to another gateway, nothing is found there, and
 * an order that was charged at the old one would be charged again. So an address changes only while nothing is open, or if somebody says that the
 * same gateway has moved.
 */
import type { Engine } from './context.ts';

/**
 * Rejects with an error that says what to do if the gateway has another address than at the last start, and payments or refunds are open
 * there. `isAccepted`: somebody said that this is right.
 */
export async function checkAddress(
  { store, gateway: { name, address }, log }: Pick<Engine, 'store' | 'gateway' | 'log'>,
  isAccepted: boolean,
): Promise<void> {
  if (address === undefined) return;
  for (;;) {
    const { address: from, open } = await store.gatewayAddress(name);
    if (from === address) return;
    if (from !== null && open > 0 && !isAccepted) throw new Error(refusal(name, { from, to: address, open }));
    if ((await store.keepGatewayAddress({ gateway: name, from, to: address })) === 'lost') continue;
    if (from !== null)
      log.info(
        { gateway: name, from, to: address, open },
        'the gateway has another address than at the last start',
      );
    return;
  }
}

function refusal(gateway: string, { from, to, open }: { from: string; to: string; open: number }): string {
  const many = open === 1 ? '1 payment or refund is' : `${open} payments and refunds are`;
  return (
    `The gateway "${gateway}" was at ${from} at the last start, and is at ${to} now. ${many} not settled there. Nothing was started, ` +
    'nothing was sent. Another gateway does not know these charges, so they could be made again. Do one of these:\n' +
    `- Start with the old address (GATEWAY_URL), and wait until they are settled or resolve them.\n` +
    '- If this is another gateway, or another account at it, give it another name (GATEWAY_NAME).\n' +
    '- If it is the same gateway with the same charges at a new address, start once with --accept-gateway-change or ' +
    'GATEWAY_CHANGE=accept (acceptGatewayChange in the library).'
  );
}

/** The names under which an order must reach the gateway, computed independently, from the design. */
import { chargeKey, orderReference } from '../../../sim/chaos/judge/names.ts';
import { query } from '../../../sim/chaos/processes/query.ts';

export interface Identity {
  readonly installationId: string;
  reference(orderId: string): string;
  key(orderId: string, n: number): string;
}

export async function readIdentity(databaseUrl: string): Promise<Identity> {
  const [row] = await query(databaseUrl, 'SELECT installation_id FROM payonce.installation');
  const installationId = String(row?.installation_id);
  const reference = (orderId: string) => orderReference(installationId, orderId);
  return { installationId, reference, key: (orderId, n) => chargeKey(reference(orderId), n) };
}

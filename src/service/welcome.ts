/** What is printed once payments are taken: where, and a first thing to try. */
import type { WorkerReady } from './supervise.ts';

/** `takenPort`: the one that was meant, if something else listens there. Null: it is the one that was meant. */
export function welcome(
  { url, gatewayUrl, livemode, needsKey, isFake }: WorkerReady,
  takenPort: number | null,
): string {
  const mode = livemode ? '' : '; it moves no real money';
  const taken = takenPort === null ? '' : ` Port ${takenPort} is taken.`;
  return `\nPayonce takes payments at ${url} (gateway: ${gatewayUrl}${mode}).${taken}\n\n${toTry(url, { needsKey, isFake })}\n`;
}

/** Only the fake gateway takes this token, and nobody should be invited to move real money. */
function toTry(url: string, { needsKey, isFake }: Pick<WorkerReady, 'needsKey' | 'isFake'>): string {
  if (!isFake) return `  What it takes: ${url}/reference\n`;
  const key = needsKey ? `       -H "Authorization: Bearer $PAYONCE_API_KEY" \\\n` : '';
  return `  curl -i ${url}/v1/payments -H 'Content-Type: application/json' -H 'Idempotency-Key: try-1' \\
${key}       -d '{"order_id":"ORD123","amount":10000,"currency":"USD","method":"tok_visa"}'
`;
}

/** Takes the events of Payonce, as a route handler of Next.js 15 or newer. */
import { takeEvent } from '../../../orders.mjs';

export async function POST(request) {
  // The signature is over the text as it came, so it is not parsed here.
  const { status, body } = await takeEvent(await request.text(), request.headers);
  return Response.json(body, { status });
}

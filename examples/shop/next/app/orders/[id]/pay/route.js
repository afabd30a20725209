/** A route handler of Next.js 15 or newer. Copy it to the same place in your project, and orders.mjs to where it can import it. */
import { pay } from '../../../../../orders.mjs';

export async function POST(request, { params }) {
  const { id } = await params;
  const form = await request.json().catch(() => null);
  const { status, headers, body } = await pay(id, form);
  return Response.json(body, { status, headers });
}

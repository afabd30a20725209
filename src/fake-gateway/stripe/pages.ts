/** The path of the bank's page. Whoever has the client secret may use it, as with Stripe. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { decodeForm } from './form.ts';
import { type Payment, stateOf } from './intent.ts';
import { clientSecretOf } from './objects.ts';
import { DONE_PAGE, page, wayBack } from './page.ts';
import type { Stripe } from './stripe.ts';

/** Adds the page below `prefix`. */
export function addPages(app: FastifyInstance, stripe: Stripe, now: () => number): void {
  app.get('/stripe/authenticate/:id', async (request, reply) => {
    const payment = await waiting(request, reply);
    if (payment === undefined) return reply;
    const { id, amount, currency } = payment.intent;
    return reply.type('text/html').send(page(id, `${amount} ${currency}`));
  });
  app.post('/stripe/authenticate/:id', async (request, reply) => {
    const payment = await waiting(request, reply);
    if (payment === undefined) return reply;
    const { id, action } = payment.intent;
    const text = typeof request.body === 'string' ? request.body : '';
    const goesOn = await stripe.authenticate({ intentId: id, params: decodeForm(text) });
    const returnUrl = action?.returnUrl ?? null;
    if (returnUrl === null) return reply.type('text/html').send(DONE_PAGE);
    return reply.redirect(wayBack(returnUrl, id, goesOn ? 'succeeded' : 'failed'), 303);
  });

  /** The payment that waits for this customer; undefined if there is none, and the answer is sent. */
  async function waiting(request: FastifyRequest, reply: FastifyReply): Promise<Payment | undefined> {
    const { id } = request.params as { id: string };
    const { client_secret: secret } = request.query as { client_secret?: string };
    const payment = secret === clientSecretOf(id) ? await stripe.payment(id) : undefined;
    if (payment !== undefined && stateOf(payment, now()).status === 'requires_action') return payment;
    await reply
      .code(404)
      .type('text/html')
      .send('<!doctype html><p>No payment waits for anybody here.</p>\n');
    return undefined;
  }
}

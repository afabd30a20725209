/** A shop with Fastify 5. */
import fastify from 'fastify';
import { pay, takeEvent } from './orders.mjs';

const app = fastify();

app.post('/orders/:id/pay', async (request, reply) => {
  const { status, headers, body } = await pay(request.params.id, request.body);
  return reply.code(status).headers(headers).send(body);
});

// The signature is over the bytes: no JSON parser in this part.
app.register(async (part) => {
  part.removeAllContentTypeParsers();
  part.addContentTypeParser('*', { parseAs: 'buffer' }, async (_request, bytes) => bytes);
  part.post('/payonce', async (request, reply) => {
    const { status, body } = await takeEvent(request.body, request.headers);
    return reply.code(status).send(body);
  });
});

const url = await app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' });
process.stdout.write(`The shop is at ${url}\n`);

/** A shop with Express 5. */
import express from 'express';
import { pay, takeEvent } from './orders.mjs';

const app = express();

app.post('/orders/:id/pay', express.json(), async (request, response) => {
  const { status, headers, body } = await pay(request.params.id, request.body);
  response.status(status).set(headers).json(body);
});

// The signature is over the bytes: no JSON parser here.
app.post('/payonce', express.raw({ type: () => true }), async (request, response) => {
  const { status, body } = await takeEvent(request.body, request.headers);
  response.status(status).json(body);
});

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () =>
  process.stdout.write(`The shop is at http://127.0.0.1:${server.address().port}\n`),
);

/** Does what Next.js does around a route handler: the standard Request in, the standard Response out, `params` as a promise. */
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';

const APP = '../../../examples/shop/next/app';
const pay = await import(`${APP}/orders/[id]/pay/route.js`);
const payonce = await import(`${APP}/payonce/route.js`);

const server = createServer(async (incoming, outgoing) => {
  const { method, url = '/', headers } = incoming;
  const request = new Request(`http://shop.example${url}`, { method, headers, body: await buffer(incoming) });
  const id = /^\/orders\/([^/]+)\/pay$/.exec(url)?.[1];
  const response = await (id === undefined
    ? payonce.POST(request)
    : pay.POST(request, { params: Promise.resolve({ id }) }));
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(await response.text());
});
server.listen(0, '127.0.0.1', () =>
  process.stdout.write(`The shop is at http://127.0.0.1:${server.address().port}\n`),
);

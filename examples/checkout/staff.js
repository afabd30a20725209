/** Payonce's client in a page. It has no key: the server of the page adds it, and lets through only what reads. */
import { createClient } from 'payonce/client';

const payonce = createClient({ baseUrl: new URL('payonce', location.href).href });
const list = document.querySelector('#payments');
const state = document.querySelector('#state');
try {
  for await (const { orderId, status } of payonce.payments({})) {
    const item = document.createElement('li');
    item.textContent = `${orderId}: ${status}`;
    list.append(item);
  }
  state.textContent = 'That is all.';
} catch (error) {
  state.textContent = error.message;
}

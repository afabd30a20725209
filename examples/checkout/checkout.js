/** The checkout in the browser. It makes a payment method, and never confirms: the server charges, through Payonce. */
const stripe = window.Stripe('pk_test_example');
const elements = stripe.elements({
  mode: 'payment',
  amount: 10_000,
  currency: 'usd',
  paymentMethodCreation: 'manual',
});
elements.create('payment').mount('#card');

const form = document.querySelector('#form');
const button = form.querySelector('button');
// The number of this try. A real shop keeps it with the order, so that a reload does not lose it.
let attempt = 1;

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  button.disabled = true;
  const checked = await elements.submit();
  const made = checked.error ? checked : await stripe.createPaymentMethod({ elements });
  if (made.error) return again(made.error.message);
  const outcome = await pay(made.paymentMethod.id);
  if (outcome === 'paid') return show('Paid. Thank you!');
  if (outcome !== 'declined' && outcome !== 'failed') return show('Please ask our support.');
  attempt += 1;
  again('Not paid: nothing was charged. Try another card.');
});
// Not before: a form without this handler would send itself.
button.disabled = false;

/** Resolves to the outcome. Until it is known, the customer sees neither "paid" nor "failed". */
async function pay(method) {
  for (;;) {
    show('We are checking your payment …');
    const { outcome, nextAction } = await send({ method, attempt });
    if (outcome !== 'pending') return outcome;
    // 3-D Secure. Whatever the customer's bank says, only the server's next answer counts.
    if (nextAction) await stripe.handleNextAction({ clientSecret: nextAction.client_secret });
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

/** An answer that is lost says nothing: it is pending, and the same request is sent again. */
async function send(body) {
  const headers = { 'Content-Type': 'application/json' };
  try {
    const response = await fetch('/pay', { method: 'POST', headers, body: JSON.stringify(body) });
    if (response.ok) return await response.json();
  } catch {
    // The network is gone. The order may be paid.
  }
  return { outcome: 'pending', nextAction: null };
}

function again(text) {
  button.disabled = false;
  show(text);
}

function show(text) {
  document.querySelector('#state').textContent = text;
}

/** Takes the place of Stripe.js in tests: the same calls, no card, and the bank's page of the fake Stripe. */
{
  const { fakeStripe } = document.currentScript.dataset;
  const METHODS = [
    'pm_card_visa',
    'pm_card_authenticationRequired',
    'pm_card_chargeDeclined',
    'pm_drop_after_once', // the fake Stripe charges, and its answer is lost
  ];

  window.Stripe = () => ({
    elements() {
      const select = document.createElement('select');
      for (const method of METHODS) select.add(new Option(method));
      const mount = (place) => document.querySelector(place).append(select);
      return { create: () => ({ mount }), submit: async () => ({}), chosen: () => select.value };
    },
    async createPaymentMethod({ elements }) {
      return { paymentMethod: { id: elements.chosen() } };
    },
    /** Shows the bank's page, and resolves when the customer has answered it: the frame then loads another page. */
    async handleNextAction({ clientSecret }) {
      const [id] = clientSecret.split('_secret_');
      const frame = document.createElement('iframe');
      frame.src = `${fakeStripe}/authenticate/${id}?client_secret=${encodeURIComponent(clientSecret)}`;
      const loaded = () => new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }));
      document.body.append(frame);
      await loaded();
      await loaded();
      frame.remove();
      return { paymentIntent: { id } };
    },
  });
}

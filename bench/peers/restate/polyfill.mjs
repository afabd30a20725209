/** The Restate SDK calls `Promise.withResolvers`, which Node 20 lacks. Import this before the SDK. */
Promise.withResolvers ??= function withResolvers() {
  let resolve;
  let reject;
  const promise = new this((fulfil, refuse) => {
    resolve = fulfil;
    reject = refuse;
  });
  return { promise, resolve, reject };
};

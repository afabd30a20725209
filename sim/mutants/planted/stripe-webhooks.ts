// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the patches are pieces of programs.
/** Bugs around Stripe: who sent an event, whose it is, and what the alarm about the key says. */
import type { PlantedBug } from '../bug.ts';

const FILE = 'src/gateways/stripe/webhooks.ts';
const TEST = 'src/gateways/stripe/webhooks.test.ts';

export const STRIPE_WEBHOOKS: readonly PlantedBug[] = [
  {
    name: 'the time of an event of Stripe is not signed',
    story: 'Somebody who once recorded an event writes a new time on it, and sends it again and again.',
    file: FILE,
    find: '.update(`${timestamp}.`).update(body)',
    put: '.update(`${timestamp.slice(0, 4)}.`).update(body)',
    judge: 'gateway suite',
    tests: { file: TEST, named: 'may be made with any|of another time' },
  },
  {
    name: 'the first of two times is believed',
    story: 'A header with two times is read otherwise by each reader, and one of them takes an old event.',
    file: FILE,
    find: 'timestamp === undefined || more.length > 0 ||',
    put: 'timestamp === undefined || more.length > 1 ||',
    judge: 'gateway suite',
    tests: { file: TEST, named: 'two times' },
  },
  {
    name: 'an event of a connected account is taken for ours',
    story: 'The events of all accounts of a platform are looked up in the database of one of them.',
    file: FILE,
    find: "[account, context].some((named) => typeof named === 'string' && named !== own.account)",
    put: "[context].some((named) => typeof named === 'string' && named !== (account ?? own.account))",
    judge: 'gateway suite',
    tests: { file: TEST, named: 'of a connected account' },
  },
  {
    name: 'a declined intent is an event of success',
    story: 'An event about a decline wakes an order that has failed long ago, as if it had been paid.',
    file: FILE,
    find: "return isObject(failure) ? 'declined' : undefined;",
    put: "return isObject(failure) ? 'live' : undefined;",
    judge: 'gateway suite',
    tests: { file: TEST, named: 'about an intent that is requires_payment_method' },
  },
  {
    name: 'an event about a charge names the charge, not its intent',
    story:
      'Each event about a paid order seems to tell of a second charge, so every order is looked up once more.',
    file: FILE,
    find: 'ref: object.payment_intent,',
    put: 'ref: object.id,',
    judge: 'gateway suite',
    tests: { file: TEST, named: 'names its intent' },
  },
  {
    name: 'the short name of a gateway finds any account',
    story:
      'With two accounts at Stripe, the events of the second one are refused, and Stripe turns its webhooks off.',
    file: 'src/engine/routing.ts',
    find: 'return more.length === 0 ? one?.[1] : undefined;',
    put: 'return more.length >= 0 ? one?.[1] : undefined;',
    judge: 'engine suite',
    tests: { file: 'src/engine/webhooks/webhooks.test.ts', named: 'by the part of the name before a colon' },
  },
  {
    name: 'the alarm about refused credentials does not say where they are',
    story:
      'Somebody on call at night changes the token of another gateway, and no order is charged until the morning.',
    file: 'src/engine/log-change.ts',
    find: "text.replace('fix the credentials', `fix the credentials (${credentials})`)",
    put: "text.replace('fix the credentials', `fix the credentials`)",
    judge: 'engine suite',
    tests: { file: 'src/engine/drive.test.ts', named: 'about refused credentials says what to do' },
  },
];

/** Who may import whom, and what may not be called where. The architecture as a table. */

/**
 * `may` lists what a part may import besides itself: `folder/`, a single file, `node:*` or one `node:`
 * module, or a package by its name. `starts` is the program that it may run by importing it. `instead` is the advice for
 * anything else.
 *
 * @typedef {{ part: string, may: readonly string[], starts?: string, instead: string }} Rule
 * @type {readonly Rule[]}
 */
export const RULES = [
  {
    part: 'domain/',
    may: ['node:crypto'],
    instead: 'The domain is pure. Take what you need as a parameter, or declare a port in src/ports.',
  },
  {
    part: 'ports/',
    may: ['domain/'],
    instead: 'A port speaks the language of the domain. Move shared types into src/domain.',
  },
  {
    part: 'engine/',
    may: ['domain/', 'ports/'],
    instead: 'The engine sees the world through ports. Add to src/ports and let an adapter implement it.',
  },
  {
    part: 'postgres/',
    may: ['domain/', 'ports/', 'pg', 'node:*'],
    instead:
      'An adapter knows its port and its driver. Let the composition root (src/main.ts) bring parts together.',
  },
  {
    part: 'gateways/',
    may: ['domain/', 'ports/', 'stripe', 'undici', 'node:*'],
    instead: 'A gateway only translates. Put what several gateways need into src/domain or src/ports.',
  },
  {
    part: 'fake-gateway/',
    may: [
      'domain/money.ts',
      'domain/currencies.ts',
      'domain/standard-webhooks.ts',
      'fastify',
      'pg',
      'node:*',
    ],
    instead:
      'The fake gateway judges the engine, so it shares no code with it but money, currencies and the signature of events.',
  },
  {
    part: 'testing/',
    may: ['domain/', 'ports/', 'node:*'],
    instead: 'The checks of adapters know the port, and no adapter and no test runner.',
  },
  {
    part: 'access/',
    may: ['domain/', 'ports/', 'engine/tokens.ts'],
    instead: 'Who may ask is decided before the engine is asked. Take what you need as a parameter.',
  },
  {
    part: 'outgoing/',
    may: ['domain/', 'ports/', 'undici', 'node:*'],
    instead: 'Events for merchants know what is stored and how to send. What an event is about is passed in.',
  },
  {
    part: 'http/',
    may: ['access/', 'engine/', 'domain/', 'ports/', 'outgoing/endpoints.ts', 'fastify', 'node:*'],
    instead: 'Routes talk to the engine. Pass anything else in from the composition root (src/main.ts).',
  },
  {
    part: 'library/',
    may: ['domain/', 'engine/', 'ports/', 'pg'],
    instead: 'The front door checks and translates. Let src/index.ts bring the parts together.',
  },
  {
    part: 'client/',
    may: [],
    instead: 'The client runs anywhere and depends on nothing. Repeat the types of the API in it.',
  },
  {
    part: 'config/',
    may: ['node:net'],
    instead: 'What is checked about the environment is passed in; src/config.ts reads it.',
  },
  {
    part: 'config.ts',
    may: ['config/', 'domain/', 'node:*'],
    instead: 'Configuration is read before anything exists. Take the types from src/domain.',
  },
  {
    part: 'system/',
    may: ['ports/', 'node:*'],
    instead: 'The real clock and randomness are all that belongs here, each behind its port.',
  },
  // Composition: knows every part, and only the programs below know it.
  { part: 'service/', may: ['*'], instead: '' },
  { part: 'cli/', may: ['*'], instead: '' },
  { part: 'main.ts', may: ['*'], instead: '' },
  { part: 'cli.ts', may: ['*'], starts: 'main.ts', instead: '' },
  { part: 'index.ts', may: ['*'], instead: '' },
  // A package of its own.
  {
    part: 'packages/embedded-postgres/',
    may: ['node:*'],
    instead: 'The launcher stands alone. Pass in what it has to know, and let the caller log.',
  },
  {
    part: 'packages/mcp/',
    may: ['payonce', '@modelcontextprotocol/sdk', 'zod', 'node:*'],
    instead:
      'The tools speak with a service through the client that they are given, and know nothing else of it.',
  },
  // The proof: first what is simulated, then what judges it, last what drives it.
  { part: 'sim/core/', may: [], instead: 'Time, chance and traces know nothing of payments.' },
  { part: 'sim/cores/', may: ['node:*'], instead: 'Child processes know nothing of what they work on.' },
  {
    part: 'sim/store/',
    may: ['domain/', 'ports/', 'test/suites/'],
    instead: 'The model of the database knows the port that it models, and nothing of the simulation.',
  },
  {
    part: 'sim/gateway/',
    may: [
      'domain/capture-outcomes.ts',
      'domain/contract.ts',
      'domain/outcomes.ts',
      'domain/refund-outcomes.ts',
    ],
    instead: 'The gateway judges everything: it uses the engine’s types, never its logic.',
  },
  {
    part: 'sim/plan/',
    may: ['sim/core/', 'domain/', 'ports/'],
    instead: 'A plan says what is wanted. What happens belongs to sim/world.',
  },
  {
    part: 'sim/judge/',
    may: ['sim/gateway/', 'sim/store/', 'sim/plan/', 'domain/', 'engine/api.ts'],
    instead: 'The judge sees commits, the ledger and answers. It must not borrow the engine’s opinion.',
  },
  {
    part: 'sim/world/',
    may: [
      'sim/core/',
      'sim/store/',
      'sim/gateway/',
      'sim/plan/',
      'sim/judge/',
      'domain/',
      'ports/',
      // Only the translation of answers: the judge must find its bugs.
      'gateways/http/answers.ts',
      'gateways/http/charge-behind.ts',
      'gateways/http/effects.ts',
      'gateways/http/json.ts',
      'gateways/http/lookups.ts',
      'gateways/http/refunded.ts',
      'gateways/http/exchange.ts',
      'gateways/http/webhooks.ts',
      'engine/',
    ],
    instead:
      'The world holds the real engine and its models; real databases and sockets belong to sim/chaos.',
  },
  {
    part: 'sim/simulate/',
    may: ['sim/core/', 'sim/cores/', 'sim/judge/', 'sim/plan/', 'sim/world/', 'domain/events.ts', 'node:*'],
    instead: 'The runner chooses worlds and counts. What happens inside a world belongs to sim/world.',
  },
  {
    part: 'sim/scenarios/',
    may: ['sim/', 'domain/', 'ports/', 'engine/', 'node:*'],
    instead: 'A scenario scripts a simulated world.',
  },
  {
    part: 'sim/kill-points/',
    may: ['sim/', 'domain/', 'ports/', 'engine/', 'node:*'],
    instead: 'Kill points run the scenarios again and again.',
  },
  {
    part: 'sim/explore/',
    may: ['domain/', 'sim/cores/', 'sim/judge/events-after.ts', 'node:*'],
    instead: 'The search drives the pure decisions, and models everything else by itself.',
  },
  {
    part: 'sim/chaos/',
    may: ['packages/embedded-postgres/', 'node:*', 'pg', 'undici', 'commander'],
    instead: 'Chaos treats the service as its users do: over HTTP, from outside.',
  },
  {
    part: 'sim/mutants/',
    may: [
      'sim/simulate/',
      'packages/embedded-postgres/',
      'postgres/migrate.ts',
      'pg',
      'typescript',
      'node:*',
    ],
    instead: 'The planter runs other parts as programs.',
  },
  { part: 'sim/prove/', may: ['node:*'], instead: 'The proof runs the other parts as programs.' },
  {
    part: 'bench/',
    // The gateway's own part of a latency is known only from the gateway's random choices.
    may: [
      'packages/embedded-postgres/',
      'sim/chaos/processes/',
      'fake-gateway/faults/',
      'pg',
      'commander',
      'node:*',
    ],
    instead: 'The benchmark measures servers as their users see them: over HTTP, from outside.',
  },
];

const ENVIRONMENT = 'Only src/config.ts reads the environment. Take the value as a parameter.';
const PROGRAM = 'Nothing imports a program: it would start. Move the shared part out of it.';

/** What no part may import, whatever its rule says. @type {Readonly<Record<string, string>>} */
export const NEVER_IMPORTED = {
  'main.ts': PROGRAM,
  'cli.ts': PROGRAM,
  'node:process': ENVIRONMENT,
  process: ENVIRONMENT,
};

/** Where one seed must always give one trace. */
const SIMULATED = ['sim/core/', 'sim/store/', 'sim/gateway/', 'sim/plan/', 'sim/judge/', 'sim/world/'];

const CLOCK = 'Time comes in through the Clock port, so that it can be simulated.';
const RANDOM = 'Randomness comes in through the Random port, so that a run can be replayed.';
const IO = 'Input and output go through a port: this code must be the same in a simulation.';

/**
 * Calls that are banned in the parts under `within`. `call` is a run of words and signs; `unless` is what must
 * not follow for it to count.
 *
 * @typedef {{ call: string, unless?: string, instead: string, within: readonly string[], except?: string }} Ban
 * @type {readonly Ban[]}
 */
export const BANS = [
  ...[
    { call: 'Date . now', instead: CLOCK },
    { call: 'new Date ( )', instead: CLOCK },
    { call: 'new Date', unless: '(', instead: CLOCK },
    { call: 'performance', instead: CLOCK },
    { call: 'setTimeout', instead: CLOCK },
    { call: 'setInterval', instead: CLOCK },
    { call: 'Math . random', instead: RANDOM },
    { call: 'randomUUID', instead: RANDOM },
    { call: 'randomBytes', instead: RANDOM },
    { call: 'randomInt', instead: RANDOM },
    { call: 'getRandomValues', instead: RANDOM },
    { call: 'globalThis', instead: IO },
  ].map((ban) => ({ ...ban, within: ['domain/', 'engine/', 'access/', ...SIMULATED] })),
  ...[
    { call: 'setImmediate', instead: CLOCK },
    { call: 'queueMicrotask', instead: CLOCK },
    { call: 'fetch', instead: IO },
    { call: 'process .', instead: IO },
  ].map((ban) => ({ ...ban, within: ['domain/', 'engine/', 'access/'] })),
  // The second and third spelling would get at the environment all the same.
  ...[{ call: 'process . env' }, { call: 'process [' }, { call: '= process', unless: '.' }].map((ban) => ({
    ...ban,
    instead: ENVIRONMENT,
    within: ['*', 'packages/'],
    except: 'config.ts',
  })),
];

/** Bugs in the adapter at the edges of an exchange: its first byte, its end, and answers that only look like one. */
import type { PlantedBug } from '../bug.ts';

const FOLDER = 'src/gateways/http';
const OWN = `${FOLDER}/http.test.ts`;
const SUITE = `${FOLDER}/suite.test.ts`;

export const EDGES_ADAPTER: readonly PlantedBug[] = [
  {
    name: 'the lease is not checked at the first byte',
    story:
      'A process is suspended while it connects, another one proves that nothing was charged, and the first one wakes up and sends the call.',
    file: `${FOLDER}/exchange.ts`,
    find: '    if (!this.#limits.mayLeave()) {\n',
    put: '    if (this.#limits.timeoutMs < 0) {\n',
    judge: 'gateway suite',
    tests: { file: SUITE, named: 'the first byte and the lease' },
  },
  {
    name: 'a call whose lease is over at the first byte is reported as perhaps made',
    story: 'A call that was never sent is looked up for minutes, and the customer waits for the answer.',
    file: `${FOLDER}/exchange.ts`,
    find: '      this.#settle(LEASE_OVER);\n',
    put: "      this.#settle({ kind: 'broken', reason: LEASE_OVER.reason });\n",
    judge: 'gateway suite',
    tests: { file: SUITE, named: 'the first byte and the lease' },
  },
  {
    name: 'the lease is not checked before connecting',
    story:
      'A worker that lost its leases still opens connections for those payments, which other payments need.',
    file: `${FOLDER}/exchange.ts`,
    find: '  if (!limits.mayLeave()) return Promise.resolve(LEASE_OVER);\n',
    put: '',
    judge: 'gateway suite',
    tests: { file: SUITE, named: 'whose lease is over makes no connection' },
  },
  {
    name: 'an abandoned call is closed instead of reset',
    story:
      'The kernel delivers a request 85 seconds after its order was declared failed, and the order is charged.',
    file: `${FOLDER}/connect.ts`,
    find: '    if (!isUnderWay()) return destroy.call(this, error);\n',
    put: '    if (isUnderWay() || !isUnderWay()) return destroy.call(this, error);\n',
    judge: 'gateway suite',
    tests: { file: SUITE, named: 'a call that is given up after its first byte is reset' },
  },
  {
    name: 'beneath TLS nothing is reset',
    story: 'With a real gateway, which uses TLS, the kernel still delivers calls that were given up.',
    file: `${FOLDER}/connect.ts`,
    find: '    (tcp as Socket & { resetAndClosing?: boolean }).resetAndClosing = true;\n',
    put: '    if (tcp === socket) (tcp as Socket & { resetAndClosing?: boolean }).resetAndClosing = true;\n',
    judge: 'gateway suite',
    tests: { file: SUITE, named: 'a call that is given up after its first byte is reset' },
  },
  {
    name: 'an old list is proof of absence',
    story: 'A cache returns an empty list that is a second old, and a charged order is declared failed.',
    file: `${FOLDER}/lookups.ts`,
    find: "  if (isFromCache(answer)) return 'cached_answer';\n",
    put: '',
    judge: 'gateway suite',
    tests: { file: SUITE, named: 'from a cache' },
  },
  {
    name: 'an age of 0 is fresh',
    story: 'An empty list that is half a second old counts as proof, although the charge was made after it.',
    file: `${FOLDER}/cached.ts`,
    find: '      // been answered in the same second, before the charge landed.\n      return true;\n',
    put: '      return Number(text) > 0;\n',
    judge: 'gateway suite',
    tests: { file: SUITE, named: 'from a cache' },
  },
  {
    name: 'a lookup may be answered from a cache',
    story:
      'A cache that adds no age header answers with an old empty list, and a charged order is declared failed.',
    file: `${FOLDER}/wire.ts`,
    find: 'headers: [...common, ...FRESH],',
    put: 'headers: common,',
    judge: 'gateway suite',
    tests: { file: SUITE, named: 'asks for no cached answer' },
  },
  {
    name: 'a connection that gave the answer to another call stays in use',
    story:
      'One answer comes twice, and from then on every call on this connection gets the answer to the one before.',
    file: `${FOLDER}/exchange.ts`,
    find: 'if (isError(this.#status) || isAboutAnother) this.line?.end();',
    put: 'if (isError(this.#status) || (isAboutAnother && this.#bytes < 0)) this.line?.end();',
    judge: 'gateway suite',
    tests: { file: OWN, named: 'that gave the answer to another call is not used again' },
  },
  {
    name: 'a lookup has the same address each time',
    story:
      'A cache in front of the gateway ignores what the request forbids and adds no header. It answers with the empty list from before the charge, and the order is charged again.',
    file: `${FOLDER}/spelled.ts`,
    find: 'if (sign.length > 1 || randomInt(ONE_IN) > 0) return sign;',
    put: 'if (sign.length > 1 || randomInt(ONE_IN) >= 0) return sign;',
    judge: 'gateway suite',
    tests: { file: OWN, named: 'is spelled in another way each time' },
  },
  {
    name: 'a gateway that does not decode the key of a lookup is believed',
    story: 'The gateway compares the key as it is written, finds nothing, and the order is charged again.',
    file: `${FOLDER}/by-key.ts`,
    find: "if (first.kind !== 'absent' || isNamed) return first;",
    put: "if (first.kind !== 'absent' || isNamed || timeoutMs > 0) return first;",
    judge: 'gateway suite',
    tests: { file: OWN, named: 'is asked plainly too if the gateway does not name it' },
  },
  {
    name: 'a cached answer to a call is taken for the gateway’s answer',
    story:
      'A cached “not executed” that belongs to another request is believed, and a call that charged counts as never made.',
    file: `${FOLDER}/answers.ts`,
    find: "return showsMoney(outcome) || !isFromCache(exchange) ? outcome : unanswered('cached_answer');",
    put: 'return outcome;',
    judge: 'gateway suite',
    tests: { file: SUITE, named: 'from a cache' },
  },
  {
    name: 'a lookup that names another key is ours',
    story:
      'A proxy mixes up two answers, and the empty list of another order fails an order that was charged.',
    file: `${FOLDER}/lookups.ts`,
    find: "  if ('idempotency_key' in body && body.idempotency_key !== request.key) {\n",
    put: "  if ('idempotency_key' in body && request.key === '') {\n",
    judge: 'gateway suite',
    tests: { file: OWN, named: 'names a key is about that key' },
  },
  {
    name: 'lookups share a connection',
    story: 'The answer to an earlier lookup is read as the answer to this one, and a charged order fails.',
    file: `${FOLDER}/wire.ts`,
    find: '          ownConnection: true,\n',
    put: '          ownConnection: false,\n',
    judge: 'gateway suite',
    tests: { file: SUITE, named: 'to another question' },
  },
  {
    name: 'bytes that arrive before the request count as its answer',
    story: 'Bytes that arrived before the request was sent count as proof that nothing was charged.',
    file: `${FOLDER}/connect.ts`,
    find: '      if (socket.readableLength > 0) {\n',
    put: '      if (socket.readableLength < 0) {\n',
    judge: 'gateway suite',
    tests: { file: SUITE, named: 'what came before the question' },
  },
  {
    name: 'a request is written before anybody listened',
    story:
      'Bytes that arrived while the connection was opened are read as the answer to the request that is sent after them.',
    file: `${FOLDER}/connect.ts`,
    find: '        listenFirst(tcp, settle);\n        return;\n',
    put: '        settle(null, tcp);\n        return;\n',
    judge: 'gateway suite',
    tests: { file: SUITE, named: 'what came before the question' },
  },
  {
    name: 'a name may stand twice in an answer',
    story:
      'The answer has two lists under the same name, and the empty one is read instead of the one with the charge.',
    file: `${FOLDER}/json.ts`,
    find: 'return isObject(value) && !isAmbiguous(body, value) ? value : undefined;',
    put: 'return isObject(value) ? value : undefined;',
    judge: 'gateway suite',
    tests: { file: OWN, named: 'a text with two meanings' },
  },
  {
    name: 'a quote within a string ends it',
    story: 'An honest answer with a quote in a note cannot be read, and its order must wait for a person.',
    file: `${FOLDER}/members.ts`,
    find: '      if (byte === 0x5c) at += 1;\n      else if',
    put: '      if',
    judge: 'gateway suite',
    tests: { file: `${FOLDER}/members.test.ts`, named: '.' },
  },
];

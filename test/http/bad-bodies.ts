/** Bodies that no endpoint takes for a charge. */
import { body, CARD, SECRET } from './support.ts';

export const good = JSON.stringify(body);
const change = (more: object) => JSON.stringify({ ...body, ...more });
export const utf8 = (text: string) => Buffer.from(text, 'utf8');

/** Body, code, what the errors point at. */
const ROWS: readonly (readonly [string, string | Buffer, string, (readonly string[])?])[] = [
  ['no body', '', 'invalid_json'],
  ['no JSON', `{"order_id":"${SECRET}"`, 'invalid_json'],
  ['two documents', `${good}${good}`, 'invalid_json'],
  ['a name twice', `{"order_id":"${SECRET}","amount":1,"amount":1,"currency":"USD"}`, 'invalid_json'],
  [
    'a name twice, once escaped',
    `{"order_id":"${SECRET}","amount":1,"\\u0061mount":9,"currency":"USD"}`,
    'invalid_json',
  ],
  ['a note twice', change({}).replace('}', ',"metadata":{"a":"1","a":"2"}}'), 'invalid_json'],
  [
    'bytes that are no UTF-8',
    Buffer.concat([utf8('{"order_id":"'), Buffer.from([0xff]), utf8('"}')]),
    'invalid_json',
  ],
  ['a byte order mark', utf8(`\ufeff${good}`), 'invalid_json'],
  ['UTF-16', Buffer.from(good, 'utf16le'), 'invalid_json'],
  ['NUL in the order id', good.replace(SECRET, '\\u0000'), 'invalid_json'],
  ['half a surrogate pair', good.replace(SECRET, '\\ud800'), 'invalid_json'],
  ['NaN', good.replace('10000', 'NaN'), 'invalid_json'],
  ['an amount with a leading zero', good.replace('10000', '010000'), 'invalid_json'],
  ['nine levels', `${'['.repeat(9)}${']'.repeat(9)}`, 'invalid_json'],
  ['a list', `[${good}]`, 'invalid_request', ['']],
  ['a text', '"x"', 'invalid_request', ['']],
  ['a number', '1', 'invalid_request', ['']],
  ['null', 'null', 'invalid_request', ['']],
  ['an empty object', '{}', 'invalid_request', ['/order_id', '/amount', '/currency']],
  ['an unknown field', change({ [`${SECRET}_x`]: 1 }), 'invalid_request', [`/${SECRET}_x`]],
  [
    'the name of a prototype',
    good.replace('}', ',"__proto__":{"amount":1}}'),
    'invalid_request',
    ['/__proto__'],
  ],
  ['amount as text', change({ amount: '10000' }), 'invalid_request', ['/amount']],
  ['amount with a fraction', good.replace('10000', '100.5'), 'invalid_request', ['/amount']],
  ['amount with an exponent', good.replace('10000', '1e4'), 'invalid_request', ['/amount']],
  ['amount with zeros', good.replace('10000', '10000.0'), 'invalid_request', ['/amount']],
  ['amount beyond 2^53', good.replace('10000', '9007199254740993'), 'invalid_request', ['/amount']],
  ['a huge exponent', good.replace('10000', '1e999999999'), 'invalid_request', ['/amount']],
  ['amount 0', change({ amount: 0 }), 'invalid_request', ['/amount']],
  ['amount null', change({ amount: null }), 'invalid_request', ['/amount']],
  ['a negative amount', change({ amount: -1 }), 'invalid_request', ['/amount']],
  ['an unknown currency', change({ currency: 'XXX' }), 'invalid_request', ['/currency']],
  ['a currency in lower case', change({ currency: 'usd' }), 'invalid_request', ['/currency']],
  ['a currency as a number', change({ currency: 840 }), 'invalid_request', ['/currency']],
  ['an empty order id', change({ order_id: '' }), 'invalid_request', ['/order_id']],
  ['an order id of 256 bytes', change({ order_id: 'x'.repeat(256) }), 'invalid_request', ['/order_id']],
  [
    'an order id of 128 letters of two bytes',
    change({ order_id: 'é'.repeat(128) }),
    'invalid_request',
    ['/order_id'],
  ],
  ['an order id as a number', change({ order_id: 1 }), 'invalid_request', ['/order_id']],
  ['method as a number', change({ method: 5 }), 'invalid_request', ['/method']],
  ['method null', change({ method: null }), 'invalid_request', ['/method']],
  ['method with a space', change({ method: 'a b' }), 'invalid_request', ['/method']],
  ['metadata null', change({ metadata: null }), 'invalid_request', ['/metadata']],
  ['a note that is a number', change({ metadata: { a: 1 } }), 'invalid_request', ['/metadata/a']],
  ['a long note', change({ metadata: { a: SECRET.repeat(200) } }), 'invalid_request', ['/metadata/a']],
  ['a card number as method', change({ method: CARD }), 'card_number_refused', ['/method']],
  ['a card number in a note', change({ metadata: { a: CARD } }), 'card_number_refused', ['/metadata/a']],
  [
    'a card number as the name of a note',
    change({ metadata: { [CARD]: 'a' } }),
    'card_number_refused',
    ['/metadata'],
  ],
  ['a card number in the order id', change({ order_id: CARD }), 'card_number_refused', ['/order_id']],
  ['a card number as the name of a field', change({ [CARD]: 1 }), 'invalid_request', ['']],
  [
    'everything wrong',
    '{"amount":"x","currency":1,"method":[],"metadata":[],"x":1}',
    'invalid_request',
    ['/x', '/order_id', '/amount', '/currency', '/method', '/metadata'],
  ],
];

export const BODIES = ROWS.map(([name, payload, code, pointers]) => ({ name, payload, code, pointers }));

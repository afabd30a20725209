/** The document and the service agree: on 20,000 requests that are made from the document, each answer is one that it lists. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openStage } from '../e2e/support/stage.ts';
import { body, type Schema } from './generated.ts';

const REQUESTS = 1600;
/** At once. */
const LANES = 16;

interface Operation {
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: {
    readonly required: boolean;
    readonly content: Readonly<Record<string, { readonly schema: Schema }>>;
  };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** What a schema cannot say: such a body is refused although the schema allows it. */
const BEYOND_SCHEMAS = new Set([
  'refund_identity_required',
  'card_number_refused',
  // A key of an endpoint that is not there is not even looked at.
  'not_found',
]);
/** The words of a resolution depend on each other, and a currency must exist. */
const DEPENDENT = /\/resolve$/;

const pointer = (text: string): string => text.replaceAll('~', '~0').replaceAll('/', '~1');

test('20,000 generated requests get the answers that the document lists', async () => {
  const stage = await openStage({ env: { WEBHOOK_ALLOW_PRIVATE: 'yes' } });
  try {
    const { client } = stage;
    const document = JSON.parse((await client.get('/openapi.json')).text) as Document;
    const ajv = new Ajv2020({ strict: false, formats: { uuid: true, 'date-time': true } });
    ajv.addSchema({ ...document, $id: 'openapi' });
    const schemaAt = (...path: string[]) => {
      const check = ajv.getSchema(`openapi#/${path.map(pointer).map(encodeURIComponent).join('/')}`);
      if (check === undefined) throw new Error(`There is no schema at ${path.join(' ')}.`);
      return check;
    };
    const resolve = (schema: Schema): Schema =>
      schema.$ref === undefined
        ? schema
        : (document.components.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {});
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    );
    const known: Record<string, string[]> = {
      endpoint: ['none'],
      id: ['none'],
      refund_id: ['none'],
      event_id: ['none'],
    };
    const seen = new Set<string>();

    const request = fc.constantFrom(...operations).chain(({ path, method, operation }) => {
      const schema = operation.requestBody?.content['application/json']?.schema;
      return fc.record({
        at: fc.constant({ path, method, operation }),
        payload: schema === undefined ? fc.constant(undefined) : body(resolve(schema)),
        key: fc.option(fc.constantFrom('k1', 'k2', 'k3'), { nil: undefined }),
        pick: fc.nat(1000),
      });
    });

    async function ask({
      at: { path, method, operation },
      payload,
      key,
      pick,
    }: ReturnType<typeof sample>[number]): Promise<void> {
      const isEndpoint = path.includes('webhook-endpoints');
      const url = path.replace(/\{(\w+)\}/g, (_all, name: string) => {
        const ids = known[isEndpoint && name === 'id' ? 'endpoint' : name] ?? ['none'];
        return encodeURIComponent(ids[pick % ids.length] ?? 'none');
      });
      const isKeyed = operation.parameters.some(({ name }) => name === 'Idempotency-Key');
      const text = payload === undefined ? undefined : JSON.stringify(payload);
      const headers: Record<string, string> = {
        ...(text === undefined ? {} : { 'content-type': 'application/json' }),
        ...(isKeyed ? { prefer: 'wait=1' } : {}),
        ...(isKeyed && key !== undefined ? { 'idempotency-key': key } : {}),
      };
      const answer = await client.send(method.toUpperCase(), url, text, headers);
      const what = `${method.toUpperCase()} ${url} ${text ?? ''} → ${answer.status} ${answer.text}`;
      const listed = operation.responses[answer.status];
      expect(listed, `${what} is not listed`).toBeDefined();
      expect(answer.status === 500 || answer.status === 503, what).toBe(false);
      const isJson = answer.text !== '';
      const shown = isJson ? (JSON.parse(answer.text) as Record<string, unknown>) : null;
      const [type] = Object.keys(listed?.content ?? {});
      if (type !== undefined) {
        expect(answer.headers['content-type'], what).toContain(type);
        const check = schemaAt(
          'paths',
          path,
          method,
          'responses',
          String(answer.status),
          'content',
          type,
          'schema',
        );
        expect(check(shown) ? [] : check.errors, what).toEqual([]);
      }
      seen.add(`${method} ${path} ${answer.status}`);
      learn(shown, isEndpoint);
      if (operation.requestBody === undefined || payload === undefined) return;
      const check = schemaAt('paths', path, method, 'requestBody', 'content', 'application/json', 'schema');
      const isValid = check(JSON.parse(text ?? 'null'));
      if (!isValid)
        expect(answer.status, `${what} was taken, and the document forbids it`).toBeGreaterThanOrEqual(400);
      else if (!DEPENDENT.test(path) && !BEYOND_SCHEMAS.has(String(shown?.code)))
        expect(answer.status, `${what} was refused, and the document allows it`).not.toBe(400);
    }

    /** Ids that were shown are asked for later. */
    function learn(shown: Record<string, unknown> | null, isEndpoint: boolean): void {
      const keep = (name: string, id: unknown): void => {
        const ids = known[name] ?? [];
        known[name] = ids;
        if (typeof id === 'string' && ids.length < 20 && !ids.includes(id)) ids.push(id);
      };
      if (isEndpoint) keep('endpoint', shown?.id);
      keep('id', shown?.payment_id);
      keep('refund_id', shown?.refund_id);
      keep('event_id', shown?.event_id);
    }

    const sample = (seed: number) => fc.sample(request, { numRuns: REQUESTS / LANES, seed });
    const lanes = Array.from({ length: LANES }, async (_, lane) => {
      for (const one of sample(lane + 1)) await ask(one);
    });
    await Promise.all(lanes);
    // Not only refusals.
    for (const one of [
      'post /v1/payments 201',
      'get /v1/payments/{id} 200',
      'post /v1/webhook-endpoints 201',
    ])
      expect([...seen]).toContain(one);
  } finally {
    await stage.close();
  }
}, 900_000);

/** What every adapter of two steps must do when it makes the object, and when it seals it. */
import type { PrepareOutcome, PrepareRequest } from '../domain/outcomes.ts';
import type { Gateway, TwoSteps } from '../ports/gateway.ts';
import { type GatewayHarness, REQUEST, type TwoStepsDialect } from './harness.ts';
import type { Reply, ScriptedServer } from './server.ts';
import * as server from './server.ts';
import type { Suite } from './suite.ts';

const PREPARE: PrepareRequest = { ...REQUEST, prepareKey: '1c9e6679-7425-50de-944b-e07fc1f90ae7' };
const PATIENT = { timeoutMs: 60_000, mayLeave: () => true };

export function collectTwoSteps(suite: Suite, harness: GatewayHarness, dialect: TwoStepsDialect): void {
  const { describe, test, beforeEach, afterEach, expect } = suite;
  describe('two steps', () => {
    let far: ScriptedServer;
    let gateway: Gateway;
    let steps: TwoSteps;

    beforeEach(async () => {
      far = await server.startScriptedServer();
      gateway = harness.connect(`http://127.0.0.1:${far.port}`);
      if (gateway.twoSteps === undefined) throw new Error('The adapter has no twoSteps.');
      steps = gateway.twoSteps;
    });
    afterEach(async () => {
      await gateway.close();
      await far.close();
    });

    const made = () => dialect.prepared(PREPARE, 'obj_1');
    const prepare = (reply: Reply) => {
      far.script(reply);
      return steps.prepare(PREPARE, PATIENT);
    };

    test('an object that was made is prepared, with one request on the wire', async () => {
      expect(await prepare(server.answer(made()))).toEqual({ kind: 'prepared', handle: 'obj_1' });
      expect(far.requests).toHaveLength(1);
    });

    test('the object carries the charge’s key and reference', async () => {
      await prepare(server.answer(made()));
      const sent = decodeURIComponent(far.requests[0]?.body ?? '');
      expect(sent.includes(PREPARE.key) && sent.includes(PREPARE.reference)).toBe(true);
    });

    const lost: [string, Reply][] = [
      ['reset', server.reset],
      ['closed', server.close],
      ['truncated', server.writeAndClose(server.bytesOf(made()).subarray(0, -1))],
      ['not JSON', server.answer({ ...made(), body: 'OK' })],
      ['an empty object', server.answer({ ...made(), body: '{}' })],
    ];
    test.each(lost)('an answer that is %s proves neither an object nor a no', async (_name, reply) => {
      const outcome = await prepare(reply);
      const claims: readonly PrepareOutcome['kind'][] = ['prepared', 'declined'];
      expect(claims.some((kind) => kind === outcome.kind)).toBe(false);
      expect(far.requests).toHaveLength(1);
    });

    test('nothing is sent for an object when the lease is over', async () => {
      far.script(server.answer(made()));
      const outcome = await steps.prepare(PREPARE, { ...PATIENT, mayLeave: () => false });
      expect(outcome.kind === 'prepared').toBe(false);
      expect(far.bytes()).toBe(0);
    });

    test.each([
      ['an error', server.answer(harness.dialect.plain(500))],
      ['a reset', server.reset],
      ['the object', server.answer(made())],
    ] as const)('a seal that is answered with %s is one request, and never rejects', async (_name, reply) => {
      far.script(reply);
      const sealKey = '2c9e6679-7425-50de-944b-e07fc1f90ae7';
      expect(await steps.seal({ ...REQUEST, handle: 'obj_1', sealKey }, PATIENT)).toBe(undefined);
      expect(far.requests).toHaveLength(1);
    });
  });
}

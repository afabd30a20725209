/** The gateways that each configuration chooses. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { errorAnswer, json } from '../../test/support/stripe-answers.ts';
import { readConfig } from '../config.ts';
import type { Gateway } from '../ports/gateway.ts';
import type { Log } from '../ports/log.ts';
import { answer, startScriptedServer } from '../testing/server.ts';
import { openGateways } from './gateway.ts';

const FAKE = 'http://127.0.0.1:9/fake-gateway';
const SILENT: Log = { info() {}, warn() {}, error() {} };
const opened: Gateway[] = [];
afterEach(async () => {
  for (const gateway of opened.splice(0)) await gateway.close();
});

async function open(env: NodeJS.ProcessEnv): Promise<Gateway> {
  const gateways = await openGateways(readConfig(env), FAKE, SILENT);
  opened.push(...gateways.map(({ gateway }) => gateway));
  return opened.at(-1) as Gateway;
}

describe('the gateway of the service', () => {
  it('has another name than the fake one, so that no charge is looked up at the wrong one', async () => {
    const names = [await open({}), await open({ GATEWAY_URL: 'http://127.0.0.1:9' })].map(({ name }) => name);
    expect(names).toEqual(['fake', 'http']);
  });

  it('moves real money unless it is the fake one or a sandbox', async () => {
    const url = { GATEWAY_URL: 'http://127.0.0.1:9' };
    const modes = [];
    for (const env of [url, {}, { ...url, GATEWAY_LIVEMODE: 'no' }]) modes.push((await open(env)).livemode);
    expect(modes).toEqual([true, false, false]);
  });

  it('has the name that is configured, unless it is the fake one', async () => {
    const named = { GATEWAY_NAME: 'acquirer-2' };
    expect((await open(named)).name).toBe('fake');
    expect((await open({ ...named, GATEWAY_URL: 'http://127.0.0.1:9' })).name).toBe('acquirer-2');
  });

  it('says which setting holds its credentials', async () => {
    const stripe = { GATEWAY: 'stripe', STRIPE_SECRET_KEY: 'rk_test_0', STRIPE_ACCOUNT: 'acct_1' };
    const settings = [];
    for (const env of [{ GATEWAY_URL: 'http://127.0.0.1:9' }, stripe, {}])
      settings.push((await open(env)).credentials);
    expect(settings).toEqual(['GATEWAY_TOKEN', 'STRIPE_SECRET_KEY', undefined]);
  });

  it('has the contract that is configured', async () => {
    const env = {
      GATEWAY_KEYS: 'none',
      GATEWAY_KEY_WINDOW_MS: '7200000',
      GATEWAY_CACHES_ERRORS: 'yes',
      GATEWAY_LOOKUP: 'no',
      GATEWAY_LOOKUP_LAG_MS: '7',
      GATEWAY_LANDS_WITHIN_MS: '11',
      GATEWAY_ERRORS_LAND_WITHIN_MS: '9',
      GATEWAY_AUTHORIZED_FOR_MS: '1300',
    };
    expect((await open(env)).contract).toEqual({
      steps: 'one',
      keys: 'none',
      keyWindowMs: 7_200_000,
      cachesErrors: true,
      lookup: false,
      lookupLagMs: 7,
      landsWithinMs: 11,
      errorsLandWithinMs: 9,
      authorizedForMs: 1300,
    });
  });
});

describe('Stripe as the gateway of the service', () => {
  it.each([
    ['rk_test_0', false],
    ['rk_live_0', true],
  ])('has the account in its name, and the mode of its key: %s', async (key, livemode) => {
    const env = { GATEWAY: 'stripe', STRIPE_SECRET_KEY: key, STRIPE_ACCOUNT: 'acct_1' };
    const gateway = await open(env);
    expect([gateway.name, gateway.livemode]).toEqual(['stripe:acct_1', livemode]);
    expect(gateway.contract.steps).toBe('two');
  });

  it('reads events if there is a secret for them', async () => {
    const env = { GATEWAY: 'stripe', STRIPE_SECRET_KEY: 'rk_test_0', STRIPE_ACCOUNT: 'acct_1' };
    expect((await open(env)).webhooks).toBeUndefined();
    const { webhooks } = await open({ ...env, STRIPE_WEBHOOK_SECRET: 'whsec_1, whsec_2' });
    expect(webhooks?.({ body: Buffer.from('{}'), headers: {} }, 0)).toEqual({
      kind: 'forged',
      reason: 'unsigned',
    });
  });

  it('is asked whose the key is, at the address that is configured; a refused key is no start', async () => {
    const far = await startScriptedServer();
    onTestFinished(() => far.close());
    const config = readConfig({
      GATEWAY: 'stripe',
      STRIPE_SECRET_KEY: 'sk_test_0',
      STRIPE_API_BASE: `http://127.0.0.1:${far.port}`,
    });
    far.script(answer(json({ id: 'acct_7', object: 'account' })), answer(errorAnswer(401, {})));
    const [only] = await openGateways(config, FAKE, SILENT);
    if (only !== undefined) opened.push(only.gateway);
    expect(only?.gateway.name).toBe('stripe:acct_7');
    await expect(openGateways(config, FAKE, SILENT)).rejects.toThrow(
      /^Stripe refuses the secret key.*STRIPE_SECRET_KEY/,
    );
    expect(far.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(
      Array(2).fill('GET /v1/account'),
    );
  });

  it('whose account cannot be confirmed is an alarm', async () => {
    const far = await startScriptedServer();
    onTestFinished(() => far.close());
    far.script(answer(errorAnswer(503, {})));
    const stripe = { GATEWAY: 'stripe', STRIPE_SECRET_KEY: 'sk_test_0', STRIPE_ACCOUNT: 'acct_1' };
    const config = readConfig({ ...stripe, STRIPE_API_BASE: `http://127.0.0.1:${far.port}` });
    const alarms: unknown[] = [];
    const log: Log = { ...SILENT, error: ({ alarm }) => void alarms.push(alarm) };
    for (const { gateway } of await openGateways(config, FAKE, log)) opened.push(gateway);
    expect(alarms).toEqual(['account_unchecked']);
  });

  it('whose key is refused keeps no other gateway of the file from being opened', async () => {
    const far = await startScriptedServer();
    onTestFinished(() => far.close());
    far.script(answer(errorAnswer(401, {})));
    const folder = mkdtempSync(join(tmpdir(), 'payonce-gateways-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'gateways.json');
    const refused = { GATEWAY: 'stripe', STRIPE_SECRET_KEY: 'sk_test_0', STRIPE_ACCOUNT: 'acct_1' };
    writeFileSync(
      file,
      JSON.stringify([
        { accounts: ['ours'], ...refused, STRIPE_API_BASE: `http://127.0.0.1:${far.port}` },
        { accounts: ['theirs'], GATEWAY_URL: 'http://127.0.0.1:9', GATEWAY_LIVEMODE: 'no' },
      ]),
    );
    const gateways = await openGateways(readConfig({ GATEWAYS_FILE: file }), FAKE, SILENT);
    opened.push(...gateways.map(({ gateway }) => gateway));
    expect(gateways.map(({ gateway, config }) => [gateway.name, config.accounts])).toEqual([
      ['stripe:acct_1', ['ours']],
      ['http', ['theirs']],
    ]);
  });
});

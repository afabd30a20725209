/** When a gateway at another address is refused, and when it is taken. */
import { describe, expect, it } from 'vitest';
import { world } from '../../test/support/fresh-world.ts';
import { createScriptedGateway, type ScriptedGateway } from '../../test/support/scripted-gateway.ts';
import { KEYLESS, order, told } from '../../test/support/virtual-world.ts';
import { checkStart } from './start-checks.ts';

const at = (address: string, name = 'http'): ScriptedGateway =>
  Object.assign(createScriptedGateway({}, name), { address });

const [OLD, NEW] = ['https://old.example/v1', 'https://new.example/v1'];

/** Starts there, and stops with one order in this state. */
async function leave(state: 'open' | 'paid', gateway = at(OLD)): Promise<void> {
  if (state === 'open') gateway.play = () => ({ kind: 'pending', ref: 'ch', retryAfterMs: null });
  const { engine } = await world.replica(gateway);
  const answer = await world.ended(engine.charge(order('o1'), state === 'open' ? { waitMs: 10 } : KEYLESS));
  if (state === 'paid') expect(told(answer)).toBe('completed 201');
  await world.ended(engine.stop());
}

const start = (gateway: ScriptedGateway, isAccepted = false) => {
  const { engine, logged } = world.parts(gateway);
  return checkStart(engine, isAccepted).then(() => logged);
};

describe('a gateway at another address', () => {
  it('is refused while something is open, with what to do, and nothing is sent', async () => {
    await leave('open');
    const gateway = at(NEW);
    await expect(world.replica(gateway)).rejects.toThrow(
      /^The gateway "http" was at https:\/\/old\.example\/v1 .* is at https:\/\/new\.example\/v1 now\. 1 payment or refund is not settled.*Nothing was started.*GATEWAY_NAME.*--accept-gateway-change/s,
    );
    await world.pass(100_000);
    expect([gateway.calls, gateway.lookups]).toEqual([[], []]);
    // The refused start has changed nothing.
    expect(await start(at(OLD))).toEqual([]);
    await expect(start(at(NEW))).rejects.toThrow('was at https://old.example/v1');
  });

  it('is taken if that is accepted, and is the known one from then on', async () => {
    await leave('open');
    const line = {
      level: 'info',
      fields: { gateway: 'http', from: OLD, to: NEW, open: 1 },
      message: 'the gateway has another address than at the last start',
    };
    expect(await start(at(NEW), true)).toEqual([line]);
    expect(await start(at(NEW))).toEqual([]);
    await expect(start(at(OLD))).rejects.toThrow('was at https://new.example/v1');
  });

  it('is taken with a line in the log if nothing is open', async () => {
    await leave('paid');
    expect(await start(at(NEW))).toMatchObject([{ level: 'info', fields: { from: OLD, to: NEW, open: 0 } }]);
    expect(await start(at(NEW))).toEqual([]);
  });

  it('is not compared with that of a gateway with another name', async () => {
    await leave('open');
    const { logged } = await world.replica(at(NEW, 'another'));
    expect(logged).toMatchObject([{ fields: { alarm: 'payments_elsewhere' } }]);
  });

  it('is compared with the one that another process has kept in the meantime', async () => {
    await leave('open');
    const { engine } = world.parts(at(NEW));
    const { store } = engine;
    let reads = 0;
    const raced = {
      ...store,
      async gatewayAddress(name: string) {
        const read = await store.gatewayAddress(name);
        reads += 1;
        if (reads === 1) await store.keepGatewayAddress({ gateway: name, from: OLD, to: 'https://third' });
        return read;
      },
    };
    await checkStart({ ...engine, store: raced }, true);
    expect(reads).toBe(2);
    expect(await store.gatewayAddress('http')).toEqual({ address: NEW, open: 1 });
  });
});

it('the first address is kept without a word, also while something is open', async () => {
  await leave('open', createScriptedGateway({}, 'http'));
  expect(await start(at(OLD))).toEqual([]);
  await expect(start(at(NEW))).rejects.toThrow('was at https://old.example/v1');
});

it('a gateway that names no address is not compared', async () => {
  await leave('open');
  expect(await start(createScriptedGateway({}, 'http'))).toEqual([]);
});

/** A new world, and a gateway that approves, for each test of a file that imports them. */
import { beforeEach } from 'vitest';
import type { GatewayContract } from '../../src/domain/contract.ts';
import { createScriptedGateway, type ScriptedGateway } from './scripted-gateway.ts';
import { createVirtualWorld, type VirtualWorld } from './virtual-world.ts';

export let world: VirtualWorld;
export let gateway: ScriptedGateway;

beforeEach(() => {
  world = createVirtualWorld();
  gateway = createScriptedGateway();
});

/** From now on the gateway declares this contract. */
export function declareContract(contract: Partial<GatewayContract>): void {
  gateway = createScriptedGateway(contract);
}

/** A payment gateway that fails in every way that gateways fail, and knows what it really charged. See `docs/fake-gateway.md`. */
export { DEMO_FAULTS, type FaultSettings, parseFaultSettings } from './faults/settings.ts';
export {
  createFakeGateway,
  type FakeGateway,
  type FakeGatewayLog,
  type FakeGatewayOptions,
} from './gateway.ts';
export { createMemoryLedger } from './ledger/memory.ts';
export type { Ledger } from './ledger/port.ts';
export { createPostgresLedger } from './ledger/postgres.ts';
export { type RunningFakeGateway, type StartFakeGatewayOptions, startFakeGateway } from './standalone.ts';
export type { StripeOptions } from './stripe/routes.ts';
export type { WebhookOptions } from './webhooks/deliver.ts';

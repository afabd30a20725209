/** Every planted bug. The list is the documentation: a file that is not named here plants nothing. */
import type { PlantedBug } from '../bug.ts';
import { ACCESS_BUGS } from './access.ts';
import { ANSWERS } from './answers.ts';
import { CAPTURES } from './captures.ts';
import { CAPTURES_PROOF } from './captures-proof.ts';
import { CONTRACTS } from './contract.ts';
import { DOMAIN } from './domain.ts';
import { DRIVING } from './driving.ts';
import { EDGES_ADAPTER } from './edges-adapter.ts';
import { EDGES_ANSWERS } from './edges-answers.ts';
import { EDGES_CLOCKS } from './edges-clocks.ts';
import { EDGES_CONFIG } from './edges-config.ts';
import { EDGES_ENGINE } from './edges-engine.ts';
import { EDGES_EVIDENCE } from './edges-evidence.ts';
import { EDGES_LIBRARY } from './edges-library.ts';
import { EDGES_RESTORED } from './edges-restored.ts';
import { EDGES_SERVICE } from './edges-service.ts';
import { EDGES_TRUTH } from './edges-truth.ts';
import { EDGES_WORLD } from './edges-world.ts';
import { GATEWAY } from './gateway.ts';
import { HTTP } from './http.ts';
import { LIMITS } from './limits.ts';
import { MONEY } from './money.ts';
import { OPERATOR } from './operator.ts';
import { PLACES_AT_THE_GATEWAY } from './places.ts';
import { REFUNDS_AT_THE_GATEWAY } from './refunds.ts';
import { REFUND_DECISIONS } from './refunds-decisions.ts';
import { REFUNDS_IN_THE_ENGINE } from './refunds-engine.ts';
import { REFUNDS_OVER_HTTP } from './refunds-http.ts';
import { REFUNDS_PROOF } from './refunds-proof.ts';
import { REFUNDS_IN_THE_STORE } from './refunds-store.ts';
import { SERVICE_LAYER } from './service-layer.ts';
import { SEVERAL_GATEWAYS } from './several-gateways.ts';
import { STORE } from './store.ts';
import { STORE_BATCHES } from './store-batches.ts';
import { STORE_CONNECTIONS } from './store-connections.ts';
import { STORE_SWEEP } from './store-sweep.ts';
import { STRIPE } from './stripe.ts';
import { STRIPE_ADAPTER } from './stripe-adapter.ts';
import { STRIPE_WEBHOOKS } from './stripe-webhooks.ts';
import { TWO_STEPS } from './two-steps.ts';
import { TWO_STEPS_PROOF } from './two-steps-proof.ts';
import { UNSEEN } from './unseen.ts';
import { WEBHOOKS_IN } from './webhooks.ts';
import { WEBHOOKS_OUT } from './webhooks-out.ts';

export const PLANTED: readonly PlantedBug[] = [
  ...DOMAIN,
  ...CONTRACTS,
  ...MONEY,
  ...DRIVING,
  ...PLACES_AT_THE_GATEWAY,
  ...LIMITS,
  ...ANSWERS,
  ...STORE,
  ...STORE_BATCHES,
  ...STORE_CONNECTIONS,
  ...STORE_SWEEP,
  ...HTTP,
  ...ACCESS_BUGS,
  ...GATEWAY,
  ...REFUNDS_AT_THE_GATEWAY,
  ...REFUND_DECISIONS,
  ...REFUNDS_OVER_HTTP,
  ...REFUNDS_IN_THE_ENGINE,
  ...REFUNDS_PROOF,
  ...REFUNDS_IN_THE_STORE,
  ...CAPTURES,
  ...CAPTURES_PROOF,
  ...OPERATOR,
  ...TWO_STEPS,
  ...STRIPE_ADAPTER,
  ...TWO_STEPS_PROOF,
  ...WEBHOOKS_IN,
  ...STRIPE_WEBHOOKS,
  ...EDGES_ADAPTER,
  ...EDGES_ANSWERS,
  ...EDGES_CLOCKS,
  ...EDGES_CONFIG,
  ...EDGES_ENGINE,
  ...EDGES_EVIDENCE,
  ...EDGES_LIBRARY,
  ...EDGES_RESTORED,
  ...EDGES_SERVICE,
  ...EDGES_TRUTH,
  ...EDGES_WORLD,
  ...SERVICE_LAYER,
  ...SEVERAL_GATEWAYS,
  ...STRIPE,
  ...UNSEEN,
  ...WEBHOOKS_OUT,
];

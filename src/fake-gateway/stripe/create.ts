/** Creating a PaymentIntent, confirmed or not. */
import type { Work } from './command.ts';
import { CONFIRM_PARAMS, confirmPayment } from './confirm.ts';
import { invalid } from './errors.ts';
import type { FormFields } from './form.ts';
import type { Intent } from './intent.ts';
import type { Json } from './json.ts';
import { methodOf } from './methods.ts';
import { checkAmount, currencyOf } from './money.ts';
import {
  booleanIn,
  checkNames,
  choiceIn,
  expandIn,
  groupIn,
  integerIn,
  metadataIn,
  requiredTextIn,
  textIn,
  textsIn,
} from './params.ts';
import { writeIntent } from './records.ts';
import { shown } from './shown.ts';

const KNOWN = [
  ...CONFIRM_PARAMS,
  'amount',
  'currency',
  'allowed_payment_method_types',
  'automatic_payment_methods',
  'capture_method',
  'confirm',
  'confirmation_method',
  'customer',
  'description',
  'expand',
  'metadata',
  'receipt_email',
  'setup_future_usage',
  'shipping',
  'statement_descriptor',
  'statement_descriptor_suffix',
] as const;

const NOT_EMULATED = [
  'amount_details',
  'application_fee_amount',
  'confirmation_token',
  'customer_account',
  'excluded_payment_method_types',
  'hooks',
  'mandate',
  'mandate_data',
  'on_behalf_of',
  'payment_details',
  'payment_method_configuration',
  'payment_method_data',
  'payment_method_options',
  'radar_options',
  'transfer_data',
  'transfer_group',
];

/** From this version on, `payment_method_types` is gone. */
const WITHOUT_TYPES = '2026-09-30';

export async function create(work: Work): Promise<Json> {
  const { params, version } = work.command;
  const isOld = version < WITHOUT_TYPES;
  checkNames(params, isOld ? [...KNOWN, 'payment_method_types'] : KNOWN, NOT_EMULATED);
  const expand = expandIn(params, ['latest_charge']);
  const confirms = booleanIn(params, 'confirm');
  const stray = ['return_url', 'off_session', 'error_on_requires_action'].find(
    (name) => textIn(params, name) !== null,
  );
  if (!confirms && stray !== undefined) {
    throw invalid(`The parameter \`${stray}\` needs \`confirm=true\`.`, { param: stray });
  }
  const intent = intentOf(work.books.newId('pi'), params, work.nowMs);
  work.happened('payment_intent.created', { intentId: intent.id });
  // Nothing is written before everything is checked.
  if (confirms) return confirmPayment(work, { intent, charges: [] });
  await writeIntent(work.books, intent);
  return shown(work, intent.id, expand);
}

function intentOf(id: string, params: FormFields, nowMs: number): Intent {
  requiredTextIn(params, 'amount');
  const amount = integerIn(params, 'amount') ?? 0;
  const currency = currencyOf(requiredTextIn(params, 'currency'));
  checkAmount(amount, currency);
  const method = textIn(params, 'payment_method');
  return {
    id,
    createdMs: nowMs,
    amount,
    currency,
    capture:
      choiceIn(params, 'capture_method', ['automatic', 'automatic_async', 'manual']) ?? 'automatic_async',
    confirmation: choiceIn(params, 'confirmation_method', ['automatic', 'manual']) ?? 'automatic',
    ...acceptedMethods(params),
    customer: textIn(params, 'customer', 255),
    description: textIn(params, 'description', 1_000),
    receiptEmail: textIn(params, 'receipt_email', 800),
    setupFutureUsage: choiceIn(params, 'setup_future_usage', ['on_session', 'off_session']),
    statementDescriptor: textIn(params, 'statement_descriptor', 22),
    statementDescriptorSuffix: textIn(params, 'statement_descriptor_suffix', 22),
    shipping: groupIn(params, 'shipping'),
    metadata: metadataIn(params),
    method: method === null ? null : methodOf(method).id,
    attempts: 0,
    lastError: null,
    action: null,
    canceled: null,
  };
}

/** Which methods are accepted. Without a word about it, all are, also those that redirect. */
function acceptedMethods(params: FormFields): Pick<Intent, 'automaticMethods' | 'allowedTypes'> {
  const automatic = groupIn(params, 'automatic_payment_methods');
  const types = textsIn(params, 'payment_method_types');
  const allowed = textsIn(params, 'allowed_payment_method_types');
  if ([...types, ...allowed].some((type) => type !== 'card')) {
    throw invalid('The fake gateway emulates only payments with `card`.', {
      param: types.length > 0 ? 'payment_method_types' : 'allowed_payment_method_types',
    });
  }
  const byList = { automaticMethods: null, allowedTypes: allowed.length > 0 ? allowed : null };
  if (automatic === null) {
    return types.length + allowed.length > 0
      ? byList
      : { automaticMethods: { redirects: 'always' }, allowedTypes: null };
  }
  checkNames(automatic, ['enabled', 'allow_redirects']);
  if (types.length > 0) {
    throw invalid(
      'You may only specify one of these parameters: automatic_payment_methods, payment_method_types.',
      {
        code: 'parameters_exclusive',
        param: 'payment_method_types',
      },
    );
  }
  const redirects = choiceIn(automatic, 'allow_redirects', ['always', 'never']) ?? 'always';
  if (!booleanIn(automatic, 'enabled')) return byList;
  return { automaticMethods: { redirects }, allowedTypes: byList.allowedTypes };
}

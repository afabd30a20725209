/** Every request belongs to this account until there are API keys; the one place that says so. */
export { DEFAULT_ACCOUNT } from '../domain/order-fields.ts';

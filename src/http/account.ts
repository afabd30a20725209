/** Every request belongs to this account until there are API keys. */
export { DEFAULT_ACCOUNT } from '../domain/fields.ts';

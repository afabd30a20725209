/** Every request belongs to this account until there are API keys; the one place that says so. */
export const DEFAULT_ACCOUNT = 'default';

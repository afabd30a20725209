/** The secret of the mounted fake gateway's events. Nobody has to set it: Payonce and that gateway are started together. */
import { randomBytes } from 'node:crypto';
import type { Config } from '../config.ts';

/** The configuration with a secret for the fake gateway, if it has none. Workers get theirs from the process that starts them. */
export function withWebhookSecret(config: Config): Config {
  if (config.GATEWAY !== 'fake' || config.GATEWAY_WEBHOOK_SECRET !== '') return config;
  return { ...config, GATEWAY_WEBHOOK_SECRET: `whsec_${randomBytes(32).toString('base64')}` };
}

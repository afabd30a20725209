/** The secrets in a setting: several during a rotation, with commas between. */
export function webhookSecrets(text: string): readonly string[] {
  return text
    .split(',')
    .map((secret) => secret.trim())
    .filter((secret) => secret !== '');
}

/** Whether each is one. `check` throws if a secret is none. */
export function areSecrets(text: string, check: (secret: string) => unknown): boolean {
  try {
    webhookSecrets(text).forEach(check);
    return true;
  } catch {
    return false;
  }
}

export function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

/** Minor units in words that nobody takes for whole ones. */
export function moneyText(amountMinor: number, currency: string): string {
  return `${amountMinor} minor units of ${currency}`;
}

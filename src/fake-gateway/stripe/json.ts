export type Json = Readonly<Record<string, unknown>>;

export const secondsOf = (ms: number): number => Math.floor(ms / 1_000);

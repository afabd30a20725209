/** Durations as a person writes them: `90d`, `24h`, `30m`, `45s`. */

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Ten years: longer is meant as "never". */
const MAX_MS = 3650 * UNITS.d;

/** Milliseconds. Null: it is no duration, or longer than ten years. */
export function durationMs(text: string): number | null {
  const { count, unit } = /^(?<count>\d{1,9})(?<unit>[smhd])$/.exec(text)?.groups ?? {};
  if (count === undefined) return null;
  const ms = Number(count) * UNITS[unit as keyof typeof UNITS];
  return ms <= MAX_MS ? ms : null;
}

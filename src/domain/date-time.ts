/** RFC 3339 §5.6. The offset is required: without it the time would mean another moment on every machine. */
const DATE_TIME = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** A date and time with its offset, in milliseconds since the Unix epoch; undefined where it is none. */
export function moment(text: string): number | undefined {
  const day = DATE_TIME.exec(text)?.[1];
  const ms = Date.parse(text);
  if (day === undefined || Number.isNaN(ms)) return undefined;
  // JavaScript reads the 30th of February as the 2nd of March.
  return new Date(day).toISOString().startsWith(day) ? ms : undefined;
}

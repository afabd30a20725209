/** Structured logging. The fields never hold card numbers, methods, keys, metadata or order ids. A pino logger fits. */
export interface Log {
  /** For what needs no action, such as a start. */
  info(fields: Record<string, unknown>, message: string): void;
  /** For what needs action only if it goes on, such as a slow database. */
  warn(fields: Record<string, unknown>, message: string): void;
  /** For what needs a person, such as an alarm. */
  error(fields: Record<string, unknown>, message: string): void;
}

/** Structured logging. The fields never hold card numbers, methods, keys, metadata or order ids. A pino logger fits. */
export interface Log {
  /** What is worth knowing and needs nobody, such as a start. */
  info(fields: Record<string, unknown>, message: string): void;
  /** What may need somebody if it goes on, such as a database that is slow. */
  warn(fields: Record<string, unknown>, message: string): void;
  /** What needs a person, such as an alarm. */
  error(fields: Record<string, unknown>, message: string): void;
}

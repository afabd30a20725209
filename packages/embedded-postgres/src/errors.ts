export type EmbeddedPostgresErrorCode =
  | 'unsupported_platform'
  | 'binaries_missing'
  | 'binaries_unusable'
  | 'data_dir_in_use'
  | 'data_dir_unusable'
  | 'invalid_setting'
  | 'init_failed'
  | 'start_failed';

/**
 * Why the embedded server is not running. `code` is stable; `message` says what was not done and what to do
 * about it, ready to be shown to a person.
 */
export class EmbeddedPostgresError extends Error {
  readonly code: EmbeddedPostgresErrorCode;

  constructor(code: EmbeddedPostgresErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EmbeddedPostgresError';
    this.code = code;
  }
}

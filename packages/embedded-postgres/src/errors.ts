/**
 * What went wrong, for a program:
 * - `unsupported_platform`: there are no binaries for this system.
 * - `binaries_missing`: the package with the binaries is not installed.
 * - `binaries_unusable`: they are there and do not run.
 * - `data_dir_in_use`: another process uses the folder.
 * - `data_dir_unusable`: the folder cannot be made, entered or written, or holds something else.
 * - `invalid_setting`: a setting has a wrong form, or keeps payments safe and cannot be changed.
 * - `init_failed`: the cluster could not be made.
 * - `start_failed`: the server did not start.
 */
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
  /** For a program; it does not change from release to release. */
  readonly code: EmbeddedPostgresErrorCode;

  /** `message`: a sentence for a person. `options.cause`: what led to it. Default: nothing did. */
  constructor(code: EmbeddedPostgresErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EmbeddedPostgresError';
    this.code = code;
  }
}

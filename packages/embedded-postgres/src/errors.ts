/**
 * What went wrong, as a code for programs:
 * - `unsupported_platform`: there are no binaries for this system.
 * - `binaries_missing`: the package with the binaries is not installed.
 * - `binaries_unusable`: the binaries are installed but do not run.
 * - `data_dir_in_use`: another process uses the folder.
 * - `data_dir_unusable`: the folder cannot be created, entered or written, or holds something else.
 * - `invalid_setting`: a setting has a wrong form, or keeps payments safe and cannot be changed.
 * - `init_failed`: the cluster could not be created.
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
 * Why the embedded server is not running. `code` is stable. `message` is for people: it says what was not done and what to do.
 */
export class EmbeddedPostgresError extends Error {
  /** For programs. It does not change from release to release. */
  readonly code: EmbeddedPostgresErrorCode;

  /** `message`: a sentence for a person. `options.cause`: the error that led to it. Default: none. */
  constructor(code: EmbeddedPostgresErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EmbeddedPostgresError';
    this.code = code;
  }
}

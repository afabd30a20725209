/** Randomness for the engine. It is a port, so that a simulation can replay it. */
export interface Random {
  /** Uniform in [0, 1). */
  float(): number;
  /** Sixteen random bytes as 32 hexadecimal digits. */
  hex128(): string;
}

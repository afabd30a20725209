/** What a tool is. */
import type { PayonceClient } from 'payonce/client';
import { z } from 'zod';
import type { Budget } from './budget.ts';

export interface Context {
  readonly client: PayonceClient;
  readonly budget: Budget;
  /** Aborted if the host does not wait any more. That ends the call, not what it asked for. */
  readonly signal: AbortSignal;
}

/** All four, so that a host need not assume the worst. None of them is a permission: that is the API key's. */
export interface Annotations {
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly idempotentHint: boolean;
  readonly openWorldHint: boolean;
}

/** Only reads what Payonce has stored. */
export const READS: Annotations = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
};

/** Moves money or lets go of it, at most once however often it is called. */
export const MOVES_MONEY: Annotations = {
  readOnlyHint: false,
  destructiveHint: true,
  idempotentHint: true,
  openWorldHint: true,
};

/** What every result says. The rest depends on the tool, and is left out where it is not known. */
export const TOLD = {
  summary: z.string().describe('What happened, what was not done, and what to do. In plain words.'),
  code: z.string().optional().describe('Why it was refused or has failed, as a stable code.'),
  fields: z
    .array(z.object({ at: z.string(), detail: z.string() }))
    .optional()
    .describe('What is wrong with each argument.'),
  retry_after_ms: z.number().optional().describe('How long to wait before asking again.'),
};

export interface Told {
  readonly summary: string;
  readonly outcome: string;
  readonly [name: string]: unknown;
}

export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly annotations: Annotations;
  readonly input: z.ZodObject;
  readonly output: z.ZodObject;
  run(args: unknown, context: Context): Promise<Told>;
}

interface Definition<Input extends z.ZodObject, Output extends z.ZodObject> extends Omit<Tool, 'run'> {
  /** Strict: a misspelt argument is refused. */
  readonly input: Input;
  readonly output: Output;
  run(args: z.infer<Input>, context: Context): Promise<z.infer<Output> & Told>;
}

/** Its arguments are checked, and its results have the shape that it publishes. */
export function defineTool<Input extends z.ZodObject, Output extends z.ZodObject>(
  definition: Definition<Input, Output>,
): Tool {
  return {
    ...definition,
    run: (args, context) => definition.run(definition.input.parse(args), context),
  };
}

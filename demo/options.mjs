/** The demo's command line. */
import { Command, InvalidArgumentError } from 'commander';

/** Ends the process with 2 where the arguments are wrong: 1 says that a promise was broken. */
export function readSeed(args) {
  return new Command('demo')
    .option('--seed <n>', 'of all chance at both gateways', parseSeed, 42)
    .allowExcessArguments(false)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .parse(args, { from: 'user' })
    .opts().seed;
}

function parseSeed(text) {
  const seed = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(seed)) return seed;
  throw new InvalidArgumentError('It is a whole number from 0 to 9007199254740991.');
}

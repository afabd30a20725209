/**
 * Chaos with real parts: two Payonce servers, one PostgreSQL and a gateway that lies. Everything is broken in every way for
 * some minutes. Then the gateway's ledger and every answer that any client got are judged.
 *
 * The seed fixes what is broken when, how the gateway lies and what the clients choose. It cannot fix at which
 * instruction a kill happens, how the kernel schedules and cuts packets, or in which order answers arrive. So a seed
 * repeats the same faults, but not always the same failure. For that reason the record of a failed run is kept.
 */
import { randomInt } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import { GATEWAYS, type GatewayName, gatewayOfRun } from './gateway-of-run.ts';
import { openRecorder } from './record.ts';
import { headline, report, story } from './report.ts';
import { type Outcome, run } from './run.ts';

/** More would not help on a screen. The file has all. */
const SHOWN_STORIES = 5;

const root = projectFolder();

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 24 * 60))
    throw new InvalidArgumentError('It must be a number above 0, a day at most.');
  return value;
}

function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

const program = new Command('chaos')
  .description('Breaks everything around two Payonce servers, and judges what became of every payment.')
  .option('--minutes <m>', 'how long things are broken', positive, 1)
  .option('--seed <s>', 'draws the same storm again; default: any', wholeNumber, randomInt(1_000_000))
  .addOption(
    new Option(
      '--gateway <adapter>',
      "the servers' adapter: http, or stripe with the fake gateway as a Stripe",
    )
      .choices(GATEWAYS)
      .default('http'),
  )
  .option('--only <troubles...>', 'nothing but these, by their names in the report, or a part of them')
  .parse();
const {
  minutes,
  seed,
  gateway,
  only = [],
} = program.opts<{ minutes: number; seed: number; gateway: GatewayName; only?: string[] }>();

const folder = join(root, '.payonce', 'chaos', gateway === 'http' ? String(seed) : `${gateway}-${seed}`);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const recorder = openRecorder(join(folder, 'answers.jsonl'));
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const log = (line: string): void =>
  appendFileSync(join(folder, 'chaos.log'), `${new Date().toISOString()} ${line}\n`);

const interrupted = new AbortController();
// Everything that waits adds a listener.
setMaxListeners(0, interrupted.signal);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => interrupted.abort(new Error(`${signal}: everything is being ended.`)));
}

process.exitCode = await main();
// Nothing is under way any more. An idle connection must not delay the exit.
process.exit();

async function main(): Promise<number> {
  try {
    const rootUrl = `${pathToFileURL(root).href}/`;
    const outcome = await run({
      seed,
      minutes,
      gateway: gatewayOfRun(gateway, seed),
      only,
      root: rootUrl,
      folder,
      recorder,
      signal: interrupted.signal,
      say,
      log,
    });
    say(report(outcome));
    if (outcome.violations.length === 0) {
      recorder.close();
      rmSync(folder, { recursive: true, force: true });
      return 0;
    }
    keep(outcome);
    return 1;
  } catch (error) {
    if (interrupted.signal.aborted) {
      say(String((interrupted.signal.reason as Error).message));
      rmSync(folder, { recursive: true, force: true });
      return 130;
    }
    say(`The run itself failed: ${error instanceof Error ? error.stack : String(error)}`);
    say(`Its record: ${folder}`);
    return 1;
  }
}

function keep({ violations, facts }: Outcome): void {
  const stories = violations.map((violation) => story(violation, facts));
  writeFileSync(join(folder, 'violations.txt'), `${stories.join('\n\n')}\n`);
  const { payments, events, refunds, endings, ledger } = facts.state;
  const end = {
    payments,
    events: Object.fromEntries(events),
    refunds: Object.fromEntries(refunds),
    endings: Object.fromEntries(endings),
    ledger,
    calls: facts.calls,
    endCalls: facts.endCalls,
    stripe: facts.stripe,
  };
  writeFileSync(join(folder, 'end.json'), JSON.stringify(end));
  say(stories.slice(0, SHOWN_STORIES).join('\n\n'));
  if (stories.length > SHOWN_STORIES) say(`\n… and ${stories.length - SHOWN_STORIES} more.`);
  say(
    `\nThe record: ${folder}\nThe same storm again: npm run chaos -- --minutes ${minutes} --seed ${seed} --gateway ${gateway}`,
  );
  // Last, so that the end of the output shows what was broken.
  say(violations.slice(0, SHOWN_STORIES).map(headline).join('\n'));
}

/** The nearest project folder above. The compiled file lies two folders deeper than its source. */
function projectFolder(): string {
  let at = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(at, 'package.json'))) at = dirname(at);
  return at;
}

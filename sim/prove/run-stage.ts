import { spawn } from 'node:child_process';
import type { Stage } from './stages.ts';

export interface Outcome {
  readonly stage: Stage;
  readonly passed: boolean;
  readonly seconds: number;
  /** The end of what it printed, without colours. */
  readonly tail: string;
  /** What it drew for this run, in its own words, so that the run can be repeated. */
  readonly drawn: readonly string[];
}

/** Lines of a stage's output that go into the report. */
const TAIL_LINES = 70;

/** Runs a stage to its end, lets `show` have what it prints, and keeps the end of it. */
export function runStage(
  stage: Stage,
  args: readonly string[],
  show: (chunk: Buffer) => void,
): Promise<Outcome> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, ['--enable-source-maps', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = (): void => void child.kill('SIGTERM');
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  let text = '';
  const hear = (chunk: Buffer): void => {
    show(chunk);
    text += chunk.toString('utf8');
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
      const seconds = Math.round((performance.now() - startedMs) / 1000);
      const lines = plain(text).trimEnd().split('\n');
      resolve({
        stage,
        passed: code === 0,
        seconds,
        tail: lines.slice(-TAIL_LINES).join('\n'),
        drawn: lines.filter((line) => DRAWN.test(line)).map((line) => line.trim()),
      });
    });
  });
}

/** How a part says that it chose something by chance. */
const DRAWN = /drawn for this run/;

function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters.
  return text.replace(/\x1b\[[0-9;]*[A-Za-z]/g, '');
}

/** PostgreSQL's own log, `<home>/postgres.log`, and the one before it, `postgres.log.1`. */
import fs from 'node:fs';
import { join } from 'node:path';
import { openForAppend } from './files.ts';
import type { Account } from './user.ts';

/** Enough to see what happened before a problem. With the older file, it is at most twice as much. */
const MAX_BYTES = 16 * 1024 * 1024;

/** A log grows slowly, so a minute is often enough. */
const CHECK_MS = 60_000;

export interface LogFile {
  readonly path: string;
  /** For the output of the server; it appends. */
  readonly descriptor: number;
  /** Bytes written so far. */
  size(): number;
  /** The last lines written after the first `from` bytes, at most `lines` of them. */
  tail(from: number, lines: number): string;
  close(): void;
}

export function openLogFile(home: string, keeper: Account): LogFile {
  const path = join(home, 'postgres.log');
  const descriptor = openForAppend(path, { mode: 0o600, keeper });
  const size = () => fs.fstatSync(descriptor).size;
  const bound = () => {
    if (size() > MAX_BYTES) rotate(descriptor, path);
  };
  bound();
  const timer = setInterval(bound, CHECK_MS).unref();
  return {
    path,
    descriptor,
    size,
    tail: (from, lines) => readTail(descriptor, from).trimEnd().split('\n').slice(-lines).join('\n'),
    close: () => {
      clearInterval(timer);
      fs.closeSync(descriptor);
    },
  };
}

/** The server keeps the file open, so the file is copied and emptied, not renamed. */
function rotate(descriptor: number, path: string): void {
  try {
    fs.rmSync(`${path}.1`, { force: true });
    fs.copyFileSync(path, `${path}.1`, fs.constants.COPYFILE_EXCL);
  } catch {
    // Without the copy: if the disk is full, the log must not grow any more.
  }
  fs.ftruncateSync(descriptor, 0);
}

/** As much as a message needs. */
const TAIL_BYTES = 16 * 1024;

function readTail(descriptor: number, from: number): string {
  const { size } = fs.fstatSync(descriptor);
  const start = Math.max(Math.min(from, size), size - TAIL_BYTES);
  const buffer = Buffer.alloc(size - start);
  fs.readSync(descriptor, buffer, 0, buffer.length, start);
  return buffer.toString('utf8');
}

/** Does independent work on all cores: one child process for each, and one task at a time for each child. */
import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';

/**
 * With enough room, a run's garbage dies young. And every core already works. Helper threads of the garbage collector would only
 * compete, which costs a quarter of the speed.
 */
const FLAGS = ['--max-semi-space-size=32', '--single-threaded-gc'];

/**
 * @param worker the children's program, which calls `doTasks`.
 * @param tasks drawn one by one, when a child is free. So the iterable can stop because of what came back.
 * @param each gets the results, in the order of the tasks.
 * @throws if a child ends before its task is done.
 */
export async function onAllCores<Task extends object, Result>(
  worker: URL,
  tasks: Iterable<Task>,
  each: (result: Result) => void,
): Promise<void> {
  const left = tasks[Symbol.iterator]();
  const early = new Map<number, Result>();
  let drawn = 0;
  let told = 0;

  function keep(nth: number, result: Result): void {
    early.set(nth, result);
    for (; early.has(told); told += 1) {
      each(early.get(told) as Result);
      early.delete(told);
    }
  }

  async function work(): Promise<void> {
    // Advanced: maps and sets survive.
    const child = fork(worker, [], { execArgv: FLAGS, serialization: 'advanced' });
    try {
      for (let task = left.next(); task.done !== true; task = left.next()) {
        const nth = drawn;
        drawn += 1;
        keep(nth, await ask<Task, Result>(child, task.value));
      }
    } finally {
      child.kill();
    }
  }

  await Promise.all(Array.from({ length: availableParallelism() }, work));
}

function ask<Task extends object, Result>(child: ChildProcess, task: Task): Promise<Result> {
  return new Promise((resolve, reject) => {
    const died = (code: number | null): void =>
      reject(new Error(`A task ended its process, with exit code ${code}: ${JSON.stringify(task)}`));
    child.once('exit', died);
    child.once('message', (result: Result) => {
      child.off('exit', died);
      resolve(result);
    });
    child.send(task);
  });
}

/** The whole program of a child. It ends with its parent. */
export function doTasks<Task, Result>(work: (task: Task) => Result | Promise<Result>): void {
  process.on('message', async (task: Task) => {
    process.send?.(await work(task));
  });
  process.on('disconnect', () => process.exit());
}

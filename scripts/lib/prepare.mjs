/** What every command needs first, done only as far as it is missing. */
import { build, CLIENT, EMBEDDED_POSTGRES, isBuilt, MCP, PROGRAM, PROOF } from './compile.mjs';
import { install, isInstalled } from './install.mjs';
import { withLock } from './lock.mjs';
import { fail, inRoot } from './project.mjs';

const LOCK = inRoot('.payonce', 'prepare');

/** Ends with a plain message where Node is too old. */
function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(`Payonce needs Node.js 20.19 or newer; this is ${process.versions.node} (${process.execPath}).`);
}

/** The packages. Quick, and without writing anything, when they are there. */
export async function setUp() {
  checkNode();
  if (isInstalled()) return;
  await withLock(LOCK, async () => {
    if (!isInstalled()) await install();
  });
}

/** The packages, and `dist` of the embedded PostgreSQL, of the program, of the client and of the tools for agents. */
export async function setUpAndBuild() {
  await setUpAnd(EMBEDDED_POSTGRES);
  await setUpAnd(PROGRAM);
  await setUpAnd(CLIENT);
  await setUpAnd(MCP);
}

/** The same, and `dist-sim`. */
export async function setUpProof() {
  await setUpAndBuild();
  await setUpAnd(PROOF);
}

/** @param {import('./compile.mjs').Target} target */
async function setUpAnd(target) {
  await setUp();
  if (isBuilt(target)) return;
  await withLock(LOCK, async () => {
    if (!isBuilt(target)) await build(target);
  });
}

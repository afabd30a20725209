// Starts gunicorn, says when it takes payments, and leaves nothing behind when it ends.
import { spawn, spawnSync } from 'node:child_process';
import { get } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Debian's own, for only that one sees Debian's packages; another python3 may be first on the PATH. Isolated
// from PYTHON… variables, and writing no bytecode into this folder.
const PYTHON = '/usr/bin/python3';
const ISOLATED = ['-I', '-B'];

// Module by module, so that only the packages that are missing are named.
const PACKAGES = {
  django: 'python3-django',
  rest_framework: 'python3-djangorestframework',
  psycopg2: 'python3-psycopg2',
  requests: 'python3-requests',
  gunicorn: 'gunicorn',
};

const PATH = '/v1/payments';
// gunicorn gives requests under way 3 s (seed/gunicorn.conf.py); what is left a second later is killed.
const STOP_WITHIN_MS = 4000;
const POLL_MS = 50;

function missingPackages() {
  const program = [
    'import importlib, sys',
    'for module in sys.argv[1:]:',
    '    try:',
    '        importlib.import_module(module)',
    '    except ImportError:',
    '        print(module)',
  ].join('\n');
  const command = [...ISOLATED, '-c', program, ...Object.keys(PACKAGES)];
  const result = spawnSync(PYTHON, command, { encoding: 'utf8' });
  if (result.error !== undefined || result.status !== 0) return ['python3', ...Object.values(PACKAGES)];
  const modules = result.stdout.split('\n').filter((line) => line !== '');
  return modules.map((module) => PACKAGES[module]);
}

function fail(code, message) {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}

const missing = missingPackages();
if (missing.length > 0) {
  fail(3, `Missing Debian packages; install them with: apt-get install -y ${missing.join(' ')}`);
}
if (process.argv.includes('--check')) process.exit(0);

for (const name of ['PORT', 'GATEWAY_URL', 'DATABASE_URL', 'DATA_DIR']) {
  if (!process.env[name]) fail(2, `${name} is not set`);
}
const port = Number(process.env.PORT);
if (!Number.isInteger(port) || port < 1 || port > 65535) fail(2, 'PORT must be a number from 1 to 65535');

const folder = dirname(fileURLToPath(import.meta.url));
const gunicorn = spawn(
  PYTHON,
  [...ISOLATED, '-m', 'gunicorn', '--config', join(folder, 'seed', 'gunicorn.conf.py'), 'seed.wsgi'],
  {
    cwd: folder,
    env: { ...process.env, DJANGO_SETTINGS_MODULE: 'seed.settings' },
    // A group of its own, to be killed as one. Its stdin is a pipe that nobody writes to: should this process
    // be killed, gunicorn sees it close. Its stdout is our stderr, for our stdout carries one line only.
    detached: true,
    stdio: ['pipe', 2, 2],
  },
);
gunicorn.stdin.on('error', () => {});

let stopping = false;
function stop() {
  if (stopping) return;
  stopping = true;
  gunicorn.kill('SIGTERM');
  setTimeout(killGroup, STOP_WITHIN_MS).unref();
}

function killGroup() {
  try {
    process.kill(-gunicorn.pid, 'SIGKILL');
  } catch {
    // Nobody is left in it.
  }
}

gunicorn.on('error', (error) => fail(1, `gunicorn could not be started: ${error.message}`));
gunicorn.on('exit', (code, signal) => {
  killGroup();
  if (stopping) process.exit(0);
  fail(1, `gunicorn ended by itself: ${signal ?? `exit code ${code}`}`);
});

process.on('SIGTERM', stop);
process.on('SIGINT', stop);

// Any answer will do (it is 405): the table is made before gunicorn listens, and some worker is up.
function announceWhenReady() {
  const options = { host: '127.0.0.1', port, path: PATH, agent: false, timeout: 5000 };
  const request = get(options, (response) => {
    response.resume();
    if (stopping) return;
    const ready = { ready: true, url: `http://127.0.0.1:${port}`, path: PATH };
    process.stdout.write(`${JSON.stringify(ready)}\n`);
  });
  request.on('timeout', () => request.destroy(new Error('no answer')));
  request.on('error', () => {
    if (!stopping) setTimeout(announceWhenReady, POLL_MS);
  });
}
announceWhenReady();

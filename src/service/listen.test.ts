/** The messages if Payonce cannot listen. */
import Fastify from 'fastify';
import { expect, it, onTestFinished } from 'vitest';
import { readConfig } from '../config.ts';
import { choosePort, listen, listenError } from './listen.ts';

async function refusal(env: Record<string, string>): Promise<string> {
  const app = Fastify();
  onTestFinished(() => app.close());
  return listen(app, readConfig(env)).then(
    () => 'listens',
    (error: Error) => error.message,
  );
}

it('an address that the machine does not have: the message names it, and says what to set instead', async () => {
  // An address of TEST-NET-1: no machine has it (RFC 5737).
  const HOST = '192.0.2.1';
  const words = /^This machine has no address 192\.0\.2\.1\. Set HOST to .*\nNothing was started\.$/;
  expect(await refusal({ HOST, PORT: '0', GATEWAY: 'fake' })).toMatch(words);
  await expect(choosePort(readConfig({ HOST, PORT: '0', GATEWAY: 'fake' }))).rejects.toThrow(words);
});

it.each([{ PORT: '8000' }, { PORT: '0' }, {}])(
  'a name that is no address is named before anything else is started: %o',
  async (port: Record<string, string>) => {
    const env = { HOST: 'no-such-host.invalid', GATEWAY: 'fake', ...port };
    const words =
      /^(no-such-host\.invalid is not an address|The name server does not answer for no-such-host\.invalid)/;
    expect(await refusal(env)).toMatch(words);
    await expect(choosePort(readConfig(env))).rejects.toThrow(words);
  },
);

it('a default port that is taken leads to the next, one that was chosen does not', async () => {
  const first = Fastify();
  onTestFinished(() => first.close());
  await first.listen({ port: 0, host: '127.0.0.1' });
  const taken = Number(new URL(first.listeningOrigin).port);
  const config = readConfig({ GATEWAY: 'fake' });
  expect(await choosePort({ ...config, PORT: taken })).toBeGreaterThan(taken);
  await expect(choosePort({ ...config, PORT: taken, isSet: () => true })).rejects.toThrow(/is taken/);
});

it('a port that is taken: the message names it', async () => {
  const first = Fastify();
  onTestFinished(() => first.close());
  await first.listen({ port: 0, host: '127.0.0.1' });
  const { port } = new URL(first.listeningOrigin);
  expect(await refusal({ PORT: port })).toMatch(/^Port \d+ of 127\.0\.0\.1 is taken\. Set PORT/);
});

it.each([
  ['EACCES', /^This user may not listen on port 80:.*Set --port/],
  ['ENOTFOUND', /^nowhere is not an address.*Set --host/],
  ['EINVAL', /^nowhere is not an address.*Set --host/],
  ['EAFNOSUPPORT', /IPv6/],
])('%s is put into words', (code, words) => {
  const at = { host: 'nowhere', port: 80, hostName: '--host', portName: '--port' };
  expect(String((listenError(Object.assign(new Error('listen'), { code }), at) as Error).message)).toMatch(
    words,
  );
});

it('an error of another kind stays as it is', () => {
  const error = new Error('odd');
  expect(listenError(error, { host: 'a', port: 1, hostName: 'HOST', portName: 'PORT' })).toBe(error);
});

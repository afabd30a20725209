/** Everything in a run besides the clients: the processes, and the network between them. */
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReplicaName, Upstream } from '../fault.ts';
import type { GatewayOfRun } from '../gateway-of-run.ts';
import { TEST_CERTIFICATE } from '../proxy/certificate.ts';
import { type NetworkProxy, startProxy } from '../proxy/proxy.ts';
import { startTlsFront, type TlsFront } from '../proxy/tls-front.ts';
import {
  type Arrival,
  type Call,
  createWitness,
  type EndCall,
  type Heard,
  type RefundCall,
} from '../proxy/witness.ts';
import { createRandom } from '../random.ts';
import { drawSettings } from '../schedule.ts';
import { installationOf, REPLICA_ENV, VARIED } from '../settings.ts';
import { type EventWay, openEventWay } from '../stripe/events.ts';
import { EVENT_SECRET } from '../stripe/settings.ts';
import { createStripeWitness, type Write } from '../stripe/writes.ts';
import { type Database, startDatabase } from './database.ts';
import { freePort } from './free-port.ts';
import { type FakeGateway, startGateway } from './gateway.ts';
import { startGuard } from './guard.ts';
import { install } from './installation.ts';
import { type End, type Replica, startReplica } from './replica.ts';
import { watchStalls } from './stalls.ts';

export const REPLICA_NAMES = ['a', 'b'] as const satisfies readonly ReplicaName[];

export interface World {
  readonly database: Database;
  readonly gateway: FakeGateway;
  readonly replicas: { readonly [Name in ReplicaName]: Replica };
  readonly proxies: { readonly [Name in ReplicaName]: { readonly [To in Upstream]: NetworkProxy } };
  /** The TLS front for the one replica that speaks TLS with the gateway. */
  readonly front: TlsFront & { readonly replica: ReplicaName };
  /** Every charge request that reached the gateway, in the order of arrival. */
  readonly calls: readonly Call[];
  /** Every refund request that reached it. */
  readonly refundCalls: readonly RefundCall[];
  /** Every request for a capture or a void that reached it. */
  readonly endCalls: readonly EndCall[];
  /** Every request that reached Stripe and changes something. Empty with another gateway. */
  readonly writes: readonly Write[];
  /** The way of Stripe's events. Null with another gateway. */
  readonly events: EventWay | null;
  /** Resolves when the next request of this replica that changes something has reached the gateway and is not answered yet. */
  nextCall(name: ReplicaName): Promise<void>;
  /** How every process of a replica ended. */
  readonly ends: readonly End[];
  /** From now on, new connections of both replicas go to the database's current address. */
  reconnect(): void;
  /** Ends everything. With `SIGTERM`, the ends of the replicas are judged. */
  close(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

export interface WorldOptions {
  readonly seed: number;
  readonly gateway: GatewayOfRun;
  /** The project's folder, as a URL that ends with a slash. */
  readonly root: string;
  /** Where the logs go. */
  readonly folder: string;
}

export async function startWorld(options: WorldOptions): Promise<World> {
  const { seed, gateway: gatewayOfRun, root, folder } = options;
  const closers: (() => Promise<void> | void)[] = [];
  const closeAll = async (): Promise<void> => {
    for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close();
  };
  const openLog = (name: string): number => {
    const file = openSync(join(folder, name), 'a');
    closers.push(() => closeSync(file));
    return file;
  };
  try {
    const data = mkdtempSync(join(tmpdir(), 'payonce-chaos-'));
    closers.push(() => {
      for (const part of ['payments', 'gateway'])
        keepPostgresLog(join(data, part), join(folder, `${part}-postgres.log`));
      rmSync(data, { recursive: true, force: true });
    });
    // If we are root, PostgreSQL runs as another user, who must be able to enter this folder.
    await chmod(data, 0o755);
    const stalls = watchStalls();
    closers.push(stalls.stop);
    const guard = startGuard();
    closers.push(guard.close);

    const databaseLog = openLog('database.log');
    const say = (line: string): void => void writeSync(databaseLog, `${new Date().toISOString()} ${line}\n`);
    const database = await startDatabase({ dataDir: join(data, 'payments'), log: say, clockFolder: data });
    closers.push(database.stop);
    const databaseUrl = database.urlThrough(database.address());
    await install({
      guard,
      root,
      databaseUrl,
      installationId: installationOf(seed),
      log: openLog('migrate.log'),
    });
    const started = new Map<ReplicaName, Replica>();
    const events =
      gatewayOfRun.name === 'stripe'
        ? await openEventWay({ seed, replicas: () => [...started.values()].map(({ url }) => url) })
        : null;
    if (events !== null) closers.push(events.close);
    const gateway = await startGateway({
      guard,
      root,
      dataDir: join(data, 'gateway'),
      seed,
      log: openLog('gateway.log'),
      stripeEvents: events && { url: events.url, secret: EVENT_SECRET },
    });
    closers.push(gateway.stop);

    const calls: Call[] = [];
    const refundCalls: RefundCall[] = [];
    const endCalls: EndCall[] = [];
    const writes: Write[] = [];
    const waiting: { readonly [Name in ReplicaName]: (() => void)[] } = { a: [], b: [] };
    const ends: End[] = [];

    const settings = drawSettings(createRandom(seed, 'settings'));

    async function openProxies(name: ReplicaName): Promise<{ readonly [To in Upstream]: NetworkProxy }> {
      const random = createRandom(seed, `network ${name}`);
      const toDatabase = await startProxy({ target: database.address(), random });
      closers.push(toDatabase.close);
      /** From the proxy's clock to the time of day. */
      const arrival = ({ leftMs, hungUpMs }: Heard<Arrival>): Arrival => {
        const atMs = Date.now();
        const ago = atMs - performance.now();
        const hungUp = hungUpMs === null ? null : ago + hungUpMs;
        const readLateMs = stalls.lateMs(leftMs);
        return { replica: name, atMs, leftMs: ago + leftMs, readLateMs, hungUpMs: hungUp };
      };
      const tellWaiting = (): void => {
        for (const tell of waiting[name].splice(0)) tell();
      };
      const onWrite = (write: Heard<Write>): void => {
        writes.push({ ...write, ...arrival(write) });
        tellWaiting();
      };
      const onCalls = {
        onCharge(call: Heard<Call>) {
          calls.push({ ...call, ...arrival(call) });
          tellWaiting();
        },
        onRefund(call: Heard<RefundCall>) {
          refundCalls.push({ ...call, ...arrival(call) });
          tellWaiting();
        },
        onEnd(call: Heard<EndCall>) {
          endCalls.push({ ...call, ...arrival(call) });
          tellWaiting();
        },
      };
      const tap = () =>
        gatewayOfRun.name === 'stripe' ? createStripeWitness(onWrite) : createWitness(onCalls);
      const disturbed = (fromMs: number, untilMs: number): boolean =>
        started.get(name)?.disturbed(fromMs, untilMs) === true;
      const toGateway = await startProxy({ target: gateway, random, tap, disturbed });
      closers.push(toGateway.close);
      return { database: toDatabase, gateway: toGateway };
    }

    async function openReplica(
      name: ReplicaName,
      through: NetworkProxy,
      address: string,
      more: Readonly<Record<string, string>> = {},
    ): Promise<Replica> {
      const env = {
        ...REPLICA_ENV,
        ...VARIED[settings[name]],
        ...gatewayOfRun.env(name, address),
        DATABASE_URL: database.urlThrough(through),
        ...more,
      };
      const log = openLog(`replica-${name}.log`);
      const replica = startReplica({
        name,
        root,
        guard,
        port: await freePort(),
        env,
        log,
        onEnd: (end) => ends.push(end),
      });
      closers.push(() => replica.stop('SIGKILL'));
      started.set(name, replica);
      return replica;
    }

    const proxies = { a: await openProxies('a'), b: await openProxies('b') };
    const front = await startTlsFront(proxies.b.gateway);
    closers.push(front.close);
    const authority = join(data, 'authority.pem');
    writeFileSync(authority, TEST_CERTIFICATE);
    const replicas = {
      a: await openReplica(
        'a',
        proxies.a.database,
        `http://${proxies.a.gateway.host}:${proxies.a.gateway.port}`,
      ),
      b: await openReplica('b', proxies.b.database, `https://${front.host}:${front.port}`, {
        NODE_EXTRA_CA_CERTS: authority,
      }),
    };
    return {
      front: { ...front, replica: 'b' },
      database,
      gateway,
      replicas,
      proxies,
      calls,
      refundCalls,
      endCalls,
      writes,
      events,
      ends,
      nextCall: (name) => new Promise((resolve) => waiting[name].push(resolve)),
      reconnect() {
        for (const name of REPLICA_NAMES) proxies[name].database.retarget(database.address());
      },
      async close(signal) {
        await Promise.all(REPLICA_NAMES.map((name) => replicas[name].stop(signal)));
        await closeAll();
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** PostgreSQL writes its log beside its data, which is deleted after the run. So the log is copied. */
function keepPostgresLog(dataDir: string, target: string): void {
  const log = join(dataDir, 'postgres', 'postgres.log');
  if (existsSync(log)) copyFileSync(log, target);
}

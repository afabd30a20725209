/**
 * Where a host name leads. All addresses of an answer must be public: the socket may connect to any of them. The same check is made at each
 * connection, on the answer that this connection uses, because a name may lead elsewhere a second later (DNS rebinding).
 */
import { Resolver, lookup as systemLookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { isPublicAddress } from '../domain/outgoing/address.ts';

export interface Address {
  readonly address: string;
  readonly family: number;
}

/** All addresses of a name. Rejects if it has none. */
export type Resolve = (hostname: string) => Promise<readonly Address[]>;

/** As every program of this machine: also from its file of hosts. For development: see `askNameServers`. */
export const systemResolve: Resolve = (hostname) => systemLookup(hostname, { all: true, verbatim: true });

export interface NameServers {
  /** Default: those of the system. */
  readonly servers?: readonly string[];
  /** How long one name may take. */
  readonly withinMs?: number;
}

/**
 * Asks the name servers over the network. A lookup of the system occupies one of four threads until it ends, and each new connection to the gateway or
 * to the database needs such a thread, too: a few names whose name servers do not answer would hold up payments for minutes.
 */
export function askNameServers({ servers, withinMs = 5000 }: NameServers = {}): Resolve {
  return async (hostname) => {
    // One for each name: it reads the system's settings anew, and what it cancels is its own.
    const resolver = new Resolver({ timeout: 2000, tries: 2 });
    if (servers !== undefined) resolver.setServers(servers);
    const timer = setTimeout(() => resolver.cancel(), withinMs);
    const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
    clearTimeout(timer);
    const addresses = answers.flatMap((answer, index) =>
      answer.status === 'rejected'
        ? []
        : answer.value.map((address) => ({ address, family: index === 0 ? 4 : 6 })),
    );
    if (addresses.length === 0) throw new UnknownHostError(answers.every(saysNone));
    return addresses;
  };
}

/** That there is no such name, or no address of this family. */
function saysNone(answer: PromiseSettledResult<unknown>): boolean {
  const code = answer.status === 'rejected' ? (answer.reason as NodeJS.ErrnoException).code : undefined;
  return code === 'ENOTFOUND' || code === 'ENODATA';
}

/** With the codes of the system. */
class UnknownHostError extends Error {
  readonly code: 'ENOTFOUND' | 'EAI_AGAIN';
  constructor(isSure: boolean) {
    super(isSure ? 'The host name has no address.' : 'The host name could not be looked up.');
    this.code = isSure ? 'ENOTFOUND' : 'EAI_AGAIN';
  }
}

export class ForbiddenAddressError extends Error {
  readonly code = 'ADDRESS_NOT_PUBLIC';
  constructor() {
    super('The host leads to an address that is not public.');
  }
}

export interface AddressRules {
  readonly resolve: Resolve;
  /** For development: every address is allowed. */
  readonly allowPrivate: boolean;
}

/** The addresses of the host of a URL. Rejects with `ForbiddenAddressError`, or as `resolve` does. */
export async function allowedAddresses(
  host: string,
  { resolve, allowPrivate }: AddressRules,
): Promise<readonly Address[]> {
  const literal = host.replace(/^\[|\]$/g, '');
  const family = isIP(literal);
  const addresses = family === 0 ? await resolve(host) : [{ address: literal, family }];
  if (addresses.length === 0) throw new Error('The host has no address.');
  if (!allowPrivate && !addresses.every(({ address }) => isPublicAddress(address)))
    throw new ForbiddenAddressError();
  return addresses;
}

/** For sockets. They ask only for names, and not for addresses. */
export function guardedLookup(rules: AddressRules): LookupFunction {
  return (hostname, options, callback) => {
    allowedAddresses(hostname, rules).then(
      (addresses) => {
        const [first] = addresses;
        if (options.all === true)
          callback(
            null,
            addresses.map((each) => ({ ...each })),
          );
        else callback(null, first?.address ?? '', first?.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, ''),
    );
  };
}

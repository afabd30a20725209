/**
 * Where a host name leads. All addresses of an answer must be public: the socket may connect to any of them. The same check is made at each
 * connection, on the answer that this connection uses, because a name may lead elsewhere a second later (DNS rebinding).
 */
import { lookup as systemLookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { isPublicAddress } from '../domain/outgoing/address.ts';

export interface Address {
  readonly address: string;
  readonly family: number;
}

/** All addresses of a name. Rejects if it has none. */
export type Resolve = (hostname: string) => Promise<readonly Address[]>;

export const systemResolve: Resolve = (hostname) => systemLookup(hostname, { all: true, verbatim: true });

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

import type { GatewayContract } from '../../domain/contract.ts';

/** The options of `createHttpGateway`: where the gateway is, what it promises, and the limits of an exchange with it. */
export interface HttpGatewayOptions {
  /**
   * Stored with every payment: 1 to 64 visible ASCII characters. Give another gateway, or another account at it, another name. Default
   * `http`.
   */
  readonly name?: string;
  /** The base of the protocol's paths, `http:` or `https:`. It may have a path, with or without a slash at its end. */
  readonly url: string;
  /** What the gateway promises. There is no default: read its documentation. */
  readonly contract: GatewayContract;
  /** Whether real money moves there. A charge with another `"livemode"` counts as a mismatch. Default `true`. */
  readonly livemode?: boolean;
  /** Sent as `Authorization: Bearer …`. Default: none. */
  readonly token?: string;
  /**
   * The secrets of the gateway's events, each `whsec_` and then base64. During a rotation, give the old one and the new one. Default: none,
   * and events are not taken.
   */
  readonly webhookSecrets?: readonly string[];
  /** More headers for every request, by name. Default: none. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * The most calls at the same time. Do not set it below the engine's limit (`maxCalls`): a call over it waits here while its timeout
   * runs, and ends as `refused` if it is never sent. Default 256.
   */
  readonly maxConnections?: number;
  /** The most lookups at the same time. They have their own connections, so that hanging calls cannot block them. Default 64. */
  readonly maxLookupConnections?: number;
  /** An answer with a longer body, in bytes, is given up. Default 65,536: over a hundred times the largest correct answer to a call. */
  readonly maxResponseBytes?: number;
  /** How long connecting may take, TLS included, in milliseconds. Default 5,000. */
  readonly connectTimeoutMs?: number;
  /** An idle connection is closed after this many milliseconds. Default 4,000: Node servers close it after 5,000. */
  readonly keepAliveMs?: number;
  /** Certificate authorities in PEM, in place of the system's. Default: the system's. */
  readonly ca?: string;
}

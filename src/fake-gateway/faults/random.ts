/**
 * All randomness of the fake gateway. There is no generator with a state. Every decision is a pure function of the seed and its subject
 * (a key and its attempt), so it does not depend on the order of arrival. The same seed and the same requests give the same decisions.
 */

/**
 * Uniform in [0, 1), the same for the same arguments.
 *
 * @param seed a safe integer of at least 0.
 * @param purpose what is decided. Different purposes are independent of each other.
 * @param key the subject of the decision.
 * @param n which time, such as the attempt.
 */
export function draw(seed: number, purpose: string, key: string, n: number): number {
  // Two 32-bit lanes, as in cyrb53 (public domain), over seed, purpose, key and n.
  let high = mix(0xdeadbeef ^ (seed >>> 0), n, 2654435761);
  let low = mix(0x41c6ce57 ^ Math.floor(seed / 0x1_0000_0000), n, 1597334677);
  for (let index = 0; index < purpose.length; index += 1) {
    high = Math.imul(high ^ purpose.charCodeAt(index), 2654435761);
    low = Math.imul(low ^ purpose.charCodeAt(index), 1597334677);
  }
  // Keeps `("ab", "c")` apart from `("a", "bc")`.
  high = Math.imul(high ^ 0x1_0000, 2654435761);
  low = Math.imul(low ^ 0x1_0000, 1597334677);
  for (let index = 0; index < key.length; index += 1) {
    high = Math.imul(high ^ key.charCodeAt(index), 2654435761);
    low = Math.imul(low ^ key.charCodeAt(index), 1597334677);
  }
  const first = avalanche(high ^ (low >>> 15));
  const second = avalanche(low ^ first);
  return ((second >>> 11) * 0x1_0000_0000 + (first >>> 0)) / 0x20_0000_0000_0000;
}

function mix(lane: number, n: number, factor: number): number {
  return Math.imul(Math.imul(lane, factor) ^ n, factor) ^ (n >>> 13);
}

/** The finaliser of MurmurHash3: every input bit flips every output bit half of the time. */
function avalanche(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

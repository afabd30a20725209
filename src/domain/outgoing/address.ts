/**
 * Which addresses events may be sent to. A merchant names the address, and Payonce sends from inside its own network: without this
 * check, a merchant could reach what only that network may reach (SSRF).
 *
 * From the IANA registries of special-purpose addresses (RFC 6890 and later). IPv6 is checked the other way round: only what is
 * handed out to networks (2000::/3) is public. So mapped (::ffff:0:0/96), translated (64:ff9b::/96), unique local, link-local and multicast
 * addresses, and every range of tomorrow, are refused.
 */

const PRIVATE_V4 = [
  '0.0.0.0/8', // this network
  '10.0.0.0/8', // private
  '100.64.0.0/10', // carrier-grade NAT
  '127.0.0.0/8', // loopback
  '169.254.0.0/16', // link-local, with the metadata services of clouds
  '172.16.0.0/12', // private
  '192.0.0.0/24', // protocol assignments
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16', // private
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and broadcast
].map((range) => {
  const [base = '', bits = ''] = range.split('/');
  return { base: numberOfV4(base) ?? 0, size: 2 ** (32 - Number(bits)) };
});

/** Whether events may be sent there. `address`: as the resolver or the socket shows it. What cannot be read is not public. */
export function isPublicAddress(address: string): boolean {
  const v4 = numberOfV4(address);
  if (v4 !== null) return !PRIVATE_V4.some(({ base, size }) => v4 >= base && v4 < base + size);
  const groups = groupsOfV6(address);
  return groups !== null && isPublicV6(groups);
}

function isPublicV6([first = 0, second = 0]: readonly number[]): boolean {
  if (first < 0x2000 || first > 0x3fff) return false;
  if (first === 0x2001 && second < 0x0200) return false; // protocol assignments, such as Teredo
  if (first === 0x2001 && second === 0x0db8) return false; // documentation
  if (first === 0x2002) return false; // 6to4: an IPv4 address inside
  return !(first === 0x3fff && second < 0x1000); // documentation
}

function numberOfV4(text: string): number | null {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return null;
  const parts = text.split('.').map(Number);
  return parts.every((part) => part <= 255) ? parts.reduce((sum, part) => sum * 256 + part, 0) : null;
}

/** The eight groups. Null: it is none, or it has a zone (then it is link-local). */
function groupsOfV6(text: string): readonly number[] | null {
  const halves = text.split('::');
  if (!/^[0-9a-fA-F:.]+$/.test(text) || halves.length > 2) return null;
  const [head, tail] = halves.map((half) => (half === '' ? [] : half.split(':').flatMap(groupOf)));
  if (head === undefined) return null;
  const zeros = tail === undefined ? 0 : 8 - head.length - tail.length;
  const groups = [...head, ...Array.from({ length: Math.max(0, zeros) }, () => 0), ...(tail ?? [])];
  return groups.length === 8 && groups.every((group) => group <= 0xffff) ? groups : null;
}

/** An IPv4 address at the end stands for two groups. */
function groupOf(text: string): readonly number[] {
  const v4 = numberOfV4(text);
  if (v4 !== null) return [Math.floor(v4 / 65_536), v4 % 65_536];
  return [/^[0-9a-fA-F]{1,4}$/.test(text) ? Number.parseInt(text, 16) : Number.POSITIVE_INFINITY];
}

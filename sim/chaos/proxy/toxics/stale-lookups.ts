import type { Behaviour, Tools, Victim } from '../behaviour.ts';
import { messageSize } from '../http-messages.ts';
import type { StaleLookups } from '../toxic.ts';

/** What a front knows of one connection. */
interface Conversation {
  /** The lookup that waits for its answer. */
  asked: string | null;
  /** The part of the answer that has arrived so far. */
  heard: Buffer;
  /** The answer to the lookup before. */
  previous: Buffer | null;
}

interface Kept {
  readonly answer: Buffer;
  readonly atMs: number;
}

/** Calls, and answers that are not a 200, go through unchanged. */
export function staleLookups(
  { how, obeys, ignoresQuery }: Omit<StaleLookups, 'kind' | 'stream'>,
  { clock }: Pick<Tools, 'clock'>,
): Behaviour {
  const cache = new Map<string, Kept>();
  const conversations = new WeakMap<Victim, Conversation>();
  let lies = 0;

  function conversationOf(victim: Victim): Conversation {
    const known = conversations.get(victim);
    if (known !== undefined) return known;
    const made: Conversation = { asked: null, heard: Buffer.alloc(0), previous: null };
    conversations.set(victim, made);
    return made;
  }

  function fromCache(lookup: string, head: string): Buffer | null {
    const kept = cache.get(lookup);
    if (how !== 'cache' || kept === undefined || (obeys && wantsNoCache(head))) return null;
    return withAge(kept.answer, Math.floor((clock.nowMs() - kept.atMs) / 1000));
  }

  /** What the client gets for the whole answer to a lookup. */
  function toldInsteadOf(answer: Buffer, asked: string, conversation: Conversation): Buffer {
    if (!answer.toString('latin1', 0, 15).startsWith('HTTP/1.1 200 ')) return answer;
    if (how === 'cache') {
      cache.set(asked, { answer, atMs: clock.nowMs() });
      return answer;
    }
    const told = conversation.previous ?? answer;
    if (conversation.previous !== null) lies += 1;
    conversation.previous = answer;
    return told;
  }

  return {
    count: () => lies,
    async pass(piece, onward, victim) {
      const conversation = conversationOf(victim);
      if (piece.stream === 'upstream') {
        const head = piece.bytes.toString('latin1');
        const lookup = lookupIn(head, ignoresQuery);
        const stale = lookup === null ? null : fromCache(lookup, head);
        if (stale !== null) {
          lies += 1;
          return victim.answer(stale);
        }
        conversation.asked = lookup;
        conversation.heard = Buffer.alloc(0);
        return onward(piece);
      }
      const { asked } = conversation;
      if (asked === null) return onward(piece);
      conversation.heard = Buffer.concat([conversation.heard, piece.bytes]);
      const size = messageSize(conversation.heard);
      if (size === null || size > conversation.heard.length) return;
      conversation.asked = null;
      await onward({ ...piece, bytes: toldInsteadOf(conversation.heard, asked, conversation) });
    },
    // A half-read answer would be lost, so its connection is closed.
    leave: (victim) => {
      if (conversations.get(victim)?.asked != null) victim.close();
    },
  };
}

/** What the request looks up, at either gateway. Null: it is not a lookup. */
function lookupIn(request: string, ignoresQuery: boolean): string | null {
  const path = /^GET ([^\s?]*\/(?:charges|refunds|payment_intents(?:\/\w+)?))(\?\S+) HTTP\/1.1\r\n/.exec(
    request,
  );
  if (path === null || !request.endsWith('\r\n\r\n')) return null;
  // As a cache does that knows that each spelling of a key means the same. The adapter spells it in another way each time.
  return ignoresQuery ? `${path[1]}` : `${path[1]}${decodeURIComponent(path[2] ?? '')}`;
}

function wantsNoCache(head: string): boolean {
  return /\r\n(cache-control|pragma):[^\r\n]*no-(cache|store)/i.test(head);
}

function withAge(answer: Buffer, seconds: number): Buffer {
  const line = answer.indexOf('\r\n') + 2;
  return Buffer.concat([answer.subarray(0, line), Buffer.from(`age: ${seconds}\r\n`), answer.subarray(line)]);
}

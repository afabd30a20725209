/** Each toxic's behaviour. The list is the documentation: one file per toxic, one line here. */
import type { Behaviour, Tools } from '../behaviour.ts';
import type { ConnectionToxic } from '../toxic.ts';
import { bandwidth } from './bandwidth.ts';
import { blackHole } from './black-hole.ts';
import { latency } from './latency.ts';
import { limitData } from './limit-data.ts';
import { resetPeer } from './reset-peer.ts';
import { slicer } from './slicer.ts';
import { slowClose } from './slow-close.ts';
import { staleLookups } from './stale-lookups.ts';
import { timeout } from './timeout.ts';

export function behaviourOf(toxic: ConnectionToxic, tools: Tools): Behaviour {
  switch (toxic.kind) {
    case 'latency':
      return latency(toxic, tools);
    case 'bandwidth':
      return bandwidth(toxic, tools);
    case 'slow_close':
      return slowClose(toxic, tools);
    case 'timeout':
      return timeout(toxic, tools);
    case 'reset_peer':
      return resetPeer(toxic, tools);
    case 'slicer':
      return slicer(toxic, tools);
    case 'limit_data':
      return limitData(toxic);
    case 'black_hole':
      return blackHole(toxic, tools);
    case 'stale_lookups':
      return staleLookups(toxic, tools);
  }
}

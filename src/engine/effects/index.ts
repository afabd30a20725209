/** The rooms of all effects. Whoever adds an effect adds its row to `domain/effects.ts`, its room here, and its methods to the gateways. */
import type { EffectKind } from '../../domain/effects.ts';
import { CHARGE } from './charge.ts';
import { REFUND } from './refund.ts';
import type { Room } from './room.ts';

export const ROOMS: Readonly<Record<EffectKind, Room>> = { charge: CHARGE, refund: REFUND };

/** The rooms of all effects. ARCHITECTURE.md says what else whoever adds an effect must add. */
import type { EffectKind } from '../../domain/effects.ts';
import { CAPTURE } from './capture.ts';
import { CHARGE } from './charge.ts';
import { REFUND } from './refund.ts';
import type { Room } from './room.ts';
import { VOID } from './void.ts';

export const ROOMS: Readonly<Record<EffectKind, Room>> = {
  charge: CHARGE,
  refund: REFUND,
  capture: CAPTURE,
  void: VOID,
};

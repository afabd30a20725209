/** The void: lets go of money that was authorised, and makes the payment VOIDED. */
import { exclusiveRoom } from '../capturing/room.ts';

export const VOID = exclusiveRoom('void');

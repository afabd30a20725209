/** The capture: takes money that was authorised, and makes the payment COMPLETED. */
import { exclusiveRoom } from '../capturing/room.ts';

export const CAPTURE = exclusiveRoom('capture');

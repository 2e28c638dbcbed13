// SPDX-License-Identifier: MIT
// The states of a lane, and which event may come in which.

export const UNKNOWN = 0, OUTSIDE = 1, ENTERING = 2, WAITING = 3, HOLDING = 4, ENDED = 5;

// taken: another lane holds the GIL.
export function isUnlawful(kind, state, taken) {
	const wants = state === ENTERING || state === WAITING;

	switch (kind) {
	case 0: return wants || state === HOLDING;
	case 1: return state !== UNKNOWN && state !== ENTERING;
	case 2:
	case 3: return state !== UNKNOWN && state !== WAITING;
	case 4: return taken || !(state === UNKNOWN || wants);
	case 5:
	case 6: return state !== UNKNOWN && state !== HOLDING;
	case 7: return state === HOLDING || state === WAITING || state === OUTSIDE;
	case 10: return state === HOLDING;
	default: return state === HOLDING || state === OUTSIDE;
	}
}

// SPDX-License-Identifier: MIT
// What happens in each kind of finding, in a sentence: docs/findings.md in short. `ticked`: the GIL of Python 2, with checks after so many ticks.

const WHAT_HAPPENS = {
	signal_storm: () => 'Python 2 handles signals in the main thread only: while one is pending, every other thread lets go of the GIL after each tick, in vain as long as the main thread sleeps.',
	long_hold: () => 'Code in C runs without letting go of the GIL: the interpreter can let go only when the call has come back, and all others wait until then.',
	starvation: () => 'A thread wants the GIL for very long, and others get it many times meanwhile: its turn does not come.',
	convoy: () => 'A thread that does I/O lets go of the GIL in each operation, and one that computes takes it; when the I/O is done, it waits until the other must let go.',
	priority_inversion: () => 'The GIL knows no priorities: a thread that needs it for a moment only queues behind long pieces of work.',
	battle: (ticked) => (ticked ? 'Each check wakes another thread, which finds the GIL taken again by the one that let it go: a failed attempt, and the work of waking up is lost.'
		: 'Several threads compute, and one runs at a time: who waits asks for the GIL after each interval, and they take turns; more threads make it no faster.'),
	oversubscription: () => 'There are nearly always threads in the queue: more of them than the GIL has time for.',
	contention: () => 'Threads wait for each other, now and then, in none of the known patterns.',
	no_contention: () => 'Hardly anybody waits for the GIL: look elsewhere, at I/O, locks, the processor.',
};

// null: a kind that this page does not know.
export function whatHappens(kind, ticked) {
	return Object.hasOwn(WHAT_HAPPENS, kind) ? WHAT_HAPPENS[kind](ticked) : null;
}

// SPDX-License-Identifier: MIT
// Who held a GIL during a wait. Each GIL keeps a log of reigns (holder, ns held); a wait remembers where in it it began.

const REIGNS_LONG = 4096;
const NOBODY = -1;

export class ReignLog {
	#holders = [];
	#held = [];
	#since = -1;     // of the present hold
	#waits = new Map();

	forget() {
		this.#holders.length = this.#held.length = 0;
		this.#since = -1;
	}

	restart(holder, since_ns) {
		this.forget();
		this.#waits.clear();
		if (holder >= 0)
			this.acquire(holder, since_ns);
	}

	acquire(holder, at_ns) {
		if (!this.#waits.size || this.#holders.length > REIGNS_LONG)
			this.cut(at_ns);
		this.#since = at_ns;
		if (this.#holders.length && this.#holders.at(-1) === holder)
			return;
		this.#holders.push(holder);
		this.#held.push(0);
	}

	release(at_ns) {
		if (this.#since >= 0)
			this.#held[this.#held.length - 1] += at_ns - this.#since;
		this.#since = -1;
	}

	#heldUntil(i, at_ns) {
		return this.#held[i] + (i === this.#held.length - 1 && this.#since >= 0 ? at_ns - this.#since : 0);
	}

	#mark(wait, at_ns) {
		const last = this.#holders.length - 1;

		wait.reign = Math.max(last, 0);
		wait.held_ns = last >= 0 ? this.#heldUntil(last, at_ns) : 0;
	}

	begin(lane, at_ns) {
		const wait = { from_ns: at_ns, blames: new Map() };

		this.#mark(wait, at_ns);
		this.#waits.set(lane, wait);
	}

	drop(lane) {
		this.#waits.delete(lane);
	}

	#settle(wait, at_ns) {
		let before_ns = wait.held_ns;

		for (let i = wait.reign; i < this.#holders.length; i++) {
			const ns = this.#heldUntil(i, at_ns) - before_ns;

			before_ns = 0;
			if (ns > 0)
				wait.blames.set(this.#holders[i], (wait.blames.get(this.#holders[i]) ?? 0) + ns);
		}
	}

	// Map of holder to ns, -1 for nobody known; with the others it sums to the wait.
	end(lane, at_ns) {
		const wait = this.#waits.get(lane);
		let rest;

		if (!wait)
			return new Map();
		this.#settle(wait, at_ns);
		this.#waits.delete(lane);
		rest = at_ns - wait.from_ns;
		for (const ns of wait.blames.values())
			rest -= ns;
		if (rest > 0)
			wait.blames.set(NOBODY, rest);
		return wait.blames;
	}

	// The waits take what they need; only the last reign stays.
	cut(at_ns) {
		for (const wait of this.#waits.values())
			this.#settle(wait, at_ns);
		if (this.#holders.length > 1) {
			this.#holders = [this.#holders.at(-1)];
			this.#held = [this.#held.at(-1)];
		}
		for (const wait of this.#waits.values())
			this.#mark(wait, at_ns);
	}
}

// SPDX-License-Identifier: MIT
// What the page asks of the worker, answered: one function for each question.

import { inflateText } from './blocks.js';
import { binsOf } from './bins.js';
import { detailOf } from './detail.js';
import { matchesOf, nextMatch } from './search.js';
import { slicesOf } from './slices.js';
import { statsOf } from './stats.js';
import { Trace } from './trace.js';
import { coversAll, withReport, withoutHolders } from './whole.js';

const SLICE_MS = 12;
// Streams in which the latest questions supersede those before. Two views that ask for bins in turn do not keep each other from an answer.
const KEPT_QUESTIONS = { bins: 8, highlight: 0, details: 0, tooltip: 0, selection: 0 };

class Superseded extends Error {}

export class Session {
	#trace;
	#tell;
	#blocks = Promise.resolve();   // they are decoded one after the other
	#latest = new Map();           // name of a stream of questions: number of the latest one

	constructor(tell) {
		this.#tell = tell;
	}

	begin({ meta, report }) {
		this.#trace = new Trace(meta, report);
	}

	block({ text }) {
		const bytes = inflateText(text);

		bytes.catch(() => {});
		this.#blocks = this.#blocks.then(async () => {
			this.#trace.append(await bytes);
			this.#progress();
		});
		this.#blocks.catch((error) => this.#fail(error));
	}

	end() {
		this.#blocks.then(() => {
			this.#trace.end();
			this.#progress();
		}, () => {});
	}

	#progress() {
		this.#tell({ progress: { events: this.#trace.events, isWhole: this.#trace.isWhole } });
	}

	#fail(error) {
		this.#tell({ progress: { events: this.#trace.events, error: `The events could not be read: ${error.message}` } });
	}

	async ask({ id, name, args, stream = name }) {
		this.#latest.set(stream, id);
		try {
			this.#tell({ id, value: await this.#answer(name, args, this.#pauses(stream, id)) });
		} catch (error) {
			this.#tell({ id, error: error.message, superseded: error instanceof Superseded });
		}
	}

	// Lets other messages in when it has worked for a while. What was asked anew in its stream needs no answer: the view has moved on.
	#pauses(stream, id) {
		const isStale = () => stream in KEPT_QUESTIONS && this.#latest.get(stream) > id + KEPT_QUESTIONS[stream];
		let since = performance.now();

		return async () => {
			if (performance.now() - since < SLICE_MS)
				return;
			await new Promise((resolve) => setTimeout(resolve));
			since = performance.now();
			if (isStale())
				throw new Superseded('asked anew');
		};
	}

	async #stats(range, pause) {
		const { meta, report } = this.#trace;

		await this.#trace.until(range.to_ns);
		const stats = await statsOf(this.#trace, range, pause);

		return coversAll(meta, range) ? withReport(stats, meta, report) : withoutHolders(stats, report);
	}

	async #answer(name, args, pause) {
		const trace = this.#trace;

		switch (name) {
		case 'bins':
			await trace.until(args.from_ns + args.width_ns * args.n);
			return binsOf(trace, args.from_ns, args.width_ns, args.n, pause);
		case 'slices':
			await trace.until(args.range.to_ns);
			return slicesOf(trace, args.range, args.limit, pause);
		case 'detail':
			await trace.until(Infinity);
			return detailOf(trace, args.lane, args.at_ns, pause);
		case 'stats':
			return this.#stats(args.range, pause);
		case 'next':
			await trace.until(Infinity);
			return nextMatch(trace, args.query, args.from_ns, args.direction, pause);
		case 'matches':
			await trace.until(Infinity);
			return matchesOf(trace, args.query, args.limit, pause);
		default:
			throw new Error(`no such question: ${name}`);
		}
	}
}

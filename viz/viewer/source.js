// SPDX-License-Identifier: MIT
// What the trace says, for the page: asks the worker, and hands out the overview until it answers.
//
// Times are ns since the trace's begin; `lane` and `gil` are indices of meta.lanes and meta.gils, also in the report's threads,
// pairs and findings. The number that people know a GIL by is meta.gils[gil].number, a lane's gil_number.
//
// @typedef {{from_ns: number, to_ns: number}} Range  half open
//
// Planes of n buckets for each lane (or GIL): value of lane l, bucket b is at [l * n + b]. As in docs/viewer-format.md.
// @typedef {{from_ns: number, width_ns: number, n: number, exact: boolean,
//   holding: Uint8Array, waiting: Uint8Array, entering: Uint8Array, unknown: Uint8Array,
//   acquisitions: Uint32Array, failed: Uint32Array,
//   checks: Uint32Array, ticks: Uint32Array, switches: Uint32Array, waiters_max: Uint32Array}} Bins
//   exact: false where it is coarser than what was asked for (the overview, or a wider tile)
//
// One stay in one state; state: 0 unknown 1 outside 2 entering 3 waiting 4 holding 5 ended.
// @typedef {{lane: number, state: number, from_ns: number, to_ns: number, whole: boolean, cpu: number|null}} Stay
// @typedef {{lane: number, at_ns: number, kind: number, cpu: number|null, tick: number|null, counter: number|null, holder: number|null}} Mark
//   holder: lane blamed for BUSY and RETRY
// Exactly what is between two times, by lane then time; null where there are more than `limit` events.
// @typedef {{range: Range, stays: Stay[], marks: Mark[]}} Slices
//
// @typedef {{stay: Stay, attempt: null | {from_ns: number, to_ns: number, outcome: string, busy: number, retries: number,
//   retries_timed_out: number, holders: {lane: number|null, ns: number}[], holder_at_begin: number|null},
//   hold: null | {checks: number, ticks: number|null, requested: boolean, contended: boolean, tick_from: number|null, tick_to: number|null}}} Detail
//
// Statistics of a range are those of `gilscope report --time` with the same range; names are the report's columns.
// @typedef {{count: number, total: number, mean: number, min: number, p50: number, p90: number, p99: number, max: number}} Distribution
// @typedef {{range: Range, threads: Object<string, any>[], pairs: Object<string, any>[], gils: Object<string, any>[],
//   histograms: {wait: {from_ns: number, to_ns: number, count: number}[], hold: {from_ns: number, to_ns: number, count: number}[]}}} Stats
//   threads: one for each lane, in order: lane, acquisitions, acquisitions_contended, busy, retries, retries_timed_out, failed_attempts, releases,
//     releases_requested, checks, ticks, switches_in, state_ns {unknown, outside, entering, waiting, holding, ended},
//     wait_ns, wait_contended_ns, hold_ns (Distributions)
//   pairs: waiter (lane), holder (lane or null), wait_ns, waits, failed_attempts
//   gils: gil, acquisitions, failed_attempts, checks, switches, held_ns, wait_ns, waiting_ns, wanted_ns, utilisation, contention, badness
//
// What to look for. text: the language of the search box (query.js). from_ns, to_ns: only waits, holds and stays that are partly in it.
// @typedef {{kind: 'failed'|'wait'|'edge'|'query'|'pair', lanes?: number[], min_ns?: number, text?: string, waiter?: number, holder?: number, from_ns?: number, to_ns?: number}} Query
// @typedef {{lane: number, from_ns: number, to_ns: number, what: string}} Match
//
// class Source {
//   static open(document): Promise<Source>         rejects with a sentence when the file is no viewer's file
//   meta; report;                                  parsed parts
//   overview: Bins;                                at once
//   progress: {events: number, total: number};     of decoding
//   onprogress(fn);                                fn(progress), also at the end; the same after an error: progress.error is a sentence
//   stop()                                         of decoding: an error, too, with progress.isStopped
//   hasEvents(range): boolean                      false: it is in the part that the file has only the overview of
//   ready: Promise;                                all blocks are decoded
//   bins(range, n): Bins                           at once, the best there is; asks for better, and calls onbetter(fn) when it came
//   onbetter(fn)
//   slices(range, limit): Promise<Slices|null>
//   detail(lane, at_ns, stream): Promise<Detail|null>
//   stats(range, stream): Promise<Stats>
//   next(query, from_ns, direction): Promise<Match|null>      direction: 1 or -1
//   matches(query, limit): Promise<{matches: Match[], total: number, width_ns: number, lanes: Map<number, Float32Array>}>
//     the longest ones, and for each lane the share of each overview bucket that matches
//   highlighted(query): as matches(), for what stands out: asked once for all who show it
//   In a stream ('details', 'tooltip', 'selection', that of highlighted) a question supersedes those before, whose answers are null.
// }

import { BinsCache, windowFor } from './bins_cache.js';
import { feedBlocks, partText } from './parts.js';
import { inflateText } from './worker/blocks.js';
import { WORKER_SOURCE } from './worker_source.js';

const LANE_PLANES = [['holding', 1], ['waiting', 1], ['entering', 1], ['unknown', 1], ['acquisitions', 4], ['failed', 4]];
const MOST_HIGHLIGHTED = 2000;
const GIL_PLANES = ['checks', 'ticks', 'switches', 'waiters_max'];

export function parseOverview(bytes, { overview, lanes, gils }) {
	const n = overview.buckets, planes = {};
	let at = 0;
	const take = (values, size) => {
		const part = bytes.slice(at, at += values * size);

		if (part.length < values * size)
			throw new Error('The overview is damaged.');
		return size === 1 ? part : new Uint32Array(part.buffer);
	};

	for (const [name, size] of LANE_PLANES)
		planes[name] = take(n * lanes.length, size);
	for (const name of GIL_PLANES)
		planes[name] = take(n * gils.length, 4);
	return { from_ns: 0, width_ns: overview.width_ns, n, exact: false, ...planes };
}

// The report names a GIL by its number; with --gil or --time the first ones are not there, so that it is no place in `gils`.
export function placeGils(meta, report) {
	const placeOf = new Map(report.gils.map(({ gil }, place) => [gil, place]));

	meta.gils.forEach((it, place) => {
		it.number = report.gils[place].gil;
	});
	for (const lane of meta.lanes)
		lane.gil_number = meta.gils[lane.gil].number;
	for (const it of [...report.threads, ...report.pairs, ...report.findings])
		it.gil = placeOf.get(it.gil) ?? null;
}

// The page reads the clock before its worker does. In Firefox a page's and a worker's first reading need the process's random generator. A worker that
// makes it waits for the page's thread; where that wants it meanwhile (for its first paint), it waits for the worker: neither ever goes on.
function startWorker() {
	performance.now();
	if (!WORKER_SOURCE)
		return new Worker('./worker/worker.js', { type: 'module' });
	return new Worker(URL.createObjectURL(new Blob([WORKER_SOURCE], { type: 'text/javascript' })));
}

async function parsePart(doc, name) {
	const text = partText(doc, name);

	if (text === null)
		throw new Error(`This file has no part '${name}': it is damaged, or was cut off.`);
	return inflateText(text);
}

export class Source {
	#worker;
	#questions = new Map();   // id: {resolve, reject}
	#nextId = 1;
	#listeners = { progress: [], better: [] };
	#cache;
	#asked = null;            // the window of bins that the worker is at
	#settle;
	#statsOfAll = null;
	#highlighted = null;      // {key, found}: the latest query of what stands out

	static async open(doc) {
		const utf8 = new TextDecoder();
		const [meta, report, overview] = await Promise.all(['meta', 'report', 'overview'].map((name) => parsePart(doc, name)));

		return new Source(doc, JSON.parse(utf8.decode(meta)), JSON.parse(utf8.decode(report)), overview);
	}

	constructor(doc, meta, report, overview) {
		this.meta = meta;
		this.report = report;
		placeGils(meta, report);
		this.overview = parseOverview(overview, meta);
		this.progress = { events: 0, total: meta.blocks.reduce((sum, block) => sum + block.events, 0) };
		this.ready = new Promise((resolve, reject) => { this.#settle = { resolve, reject }; });
		this.ready.catch(() => {});
		this.#cache = new BinsCache(meta.duration_ns);
		this.#worker = startWorker();
		this.#worker.onmessage = ({ data }) => this.#hear(data);
		this.#worker.onerror = (event) => this.#onprogress({ error: `The worker failed: ${event.message ?? 'it did not start'}` });
		this.#worker.postMessage({ do: 'begin', meta, report: { gils: report.gils, threads: report.threads, pairs: report.pairs } });
		feedBlocks(doc, meta.blocks.length, (text) => this.#worker.postMessage({ do: 'block', text }),
			(error) => (error ? this.#onprogress({ error }) : this.#worker.postMessage({ do: 'end' })));
	}

	onprogress(fn) {
		this.#listeners.progress.push(fn);
	}

	onbetter(fn) {
		this.#listeners.better.push(fn);
	}

	bins(range, n) {
		const window = windowFor(range, n, this.meta.lanes.length, this.meta.duration_ns);
		const best = this.#cache.best(range, window.width_ns);

		if (this.overview.width_ns <= window.width_ns)
			return { ...this.overview, exact: true };
		if (!this.hasEvents(range))
			return this.overview;
		if (best?.width_ns === window.width_ns)
			return best;
		this.#improve(window);
		return best && best.width_ns < this.overview.width_ns ? { ...best, exact: false } : this.overview;
	}

	// Are any events of a range in the file? Beyond the most that it holds there is only the overview.
	hasEvents(range) {
		return this.meta.left_out.from_ns === null || range.from_ns < this.meta.left_out.from_ns;
	}

	// Reads no further: what is shown is from the overview and the report.
	stop() {
		const { events, total } = this.progress;

		this.#worker.terminate();
		this.#onprogress({ isStopped: true, error: `Reading was stopped at ${Math.floor(100 * events / Math.max(total, 1))} %: the picture is the overview, and the numbers are of the whole trace. Reload the page to read all.` });
	}

	#improve(window) {
		const key = `${window.from_ns} ${window.width_ns} ${window.n}`;

		if (this.#asked === key || this.progress.error)
			return;
		this.#asked = key;
		this.#ask('bins', window).then((bins) => {
			if (!bins)
				return;
			this.#cache.add(bins);
			this.#listeners.better.forEach((fn) => fn());
		}, () => {}).finally(() => {
			if (this.#asked === key)
				this.#asked = null;
		});
	}

	slices(range, limit) {
		return this.hasEvents(range) ? this.#askIfRead('slices', { range, limit }) : Promise.resolve(null);
	}

	detail(lane, at_ns, stream) {
		return this.#askIfRead('detail', { lane, at_ns }, stream);
	}

	stats(range, stream) {
		if (range.from_ns > 0 || range.to_ns < this.meta.duration_ns)
			return this.#ask('stats', { range }, stream);
		this.#statsOfAll ??= this.#ask('stats', { range: { from_ns: 0, to_ns: this.meta.duration_ns } });
		return this.#statsOfAll;
	}

	next(query, from_ns, direction) {
		return this.#askIfRead('next', { query, from_ns, direction });
	}

	matches(query, limit) {
		return this.#ask('matches', { query, limit });
	}

	// What stands out, for all who show it: asked once.
	highlighted(query) {
		const key = JSON.stringify(query);

		if (this.#highlighted?.key !== key)
			this.#highlighted = { key, found: this.#ask('matches', { query, limit: MOST_HIGHLIGHTED }, 'highlight') };
		return this.#highlighted.found;
	}

	// null where the events could not be read: the page says so by itself.
	#askIfRead(name, args, stream) {
		return this.#ask(name, args, stream).catch((error) => {
			if (!this.progress.error)
				throw error;
			return null;
		});
	}

	#ask(name, args, stream) {
		const id = this.#nextId++;

		return new Promise((resolve, reject) => {
			if (this.progress.error) {
				reject(new Error(this.progress.error));
				return;
			}
			this.#questions.set(id, { resolve, reject });
			this.#worker.postMessage({ do: 'ask', id, name, args, stream });
		});
	}

	#hear({ id, value, error, superseded, progress }) {
		const question = this.#questions.get(id);

		if (progress)
			this.#onprogress(progress);
		this.#questions.delete(id);
		if (!question)
			return;
		if (error === undefined)
			question.resolve(value);
		else if (superseded)
			question.resolve(null);
		else
			question.reject(new Error(error));
	}

	#onprogress({ events = this.progress.events, isWhole = false, isStopped = false, error }) {
		if (this.progress.error)
			return;
		this.progress = { ...this.progress, events, ...(error && { error, isStopped }) };
		if (error) {
			this.#settle.reject(new Error(error));
			this.#questions.forEach(({ reject }) => reject(new Error(error)));
			this.#questions.clear();
		} else if (isWhole) {
			this.#settle.resolve();
		}
		this.#listeners.progress.forEach((fn) => fn(this.progress));
	}
}

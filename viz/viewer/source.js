// SPDX-License-Identifier: MIT
// What the trace says, for the page: asks the worker, and hands out the overview until it answers.
//
// Times are ns since the trace's begin; `lane` and `gil` are indices of meta.lanes and meta.gils.
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
// What to look for. text: the language of the search box (search.js).
// @typedef {{kind: 'failed'|'wait'|'edge'|'query'|'pair', lanes?: number[], min_ns?: number, text?: string, waiter?: number, holder?: number}} Query
// @typedef {{lane: number, from_ns: number, to_ns: number, what: string}} Match
//
// class Source {
//   meta; report;                                  parsed parts
//   overview: Bins;                                at once
//   progress: {events: number, total: number};     of decoding
//   onprogress(fn);                                fn(progress), also at the end; the same after an error: progress.error is a sentence
//   ready: Promise;                                all blocks are decoded
//   bins(range, n): Bins                           at once, the best there is; asks for better, and calls onbetter(fn) when it came
//   onbetter(fn)
//   slices(range, limit): Promise<Slices|null>
//   detail(lane, at_ns): Promise<Detail|null>
//   stats(range): Promise<Stats>
//   next(query, from_ns, direction): Promise<Match|null>      direction: 1 or -1
//   matches(query, limit): Promise<{matches: Match[], total: number, width_ns: number, lanes: Map<number, Float32Array>}>
//     the longest ones, and for each lane the share of each overview bucket that matches: what is highlighted
// }

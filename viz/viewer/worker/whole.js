// SPDX-License-Identifier: MIT
// Statistics of the whole trace: the report's own numbers, also of what is not in the blocks.

function copy(from, names) {
	return Object.fromEntries(Object.keys(names).filter((name) => name in from).map((name) => [name, from[name]]));
}

export function coversAll({ duration_ns }, { from_ns, to_ns }) {
	return from_ns <= 0 && to_ns >= duration_ns;
}

// Of a file made with --thread: the holds of the other threads are not in it, so who held meanwhile, or before, is known of the whole only.
export function withoutHolders(stats, report) {
	if (!report.threads.some(({ selected }) => selected === false))
		return stats;
	return { ...stats, pairs: [], holders_unknown: true, threads: stats.threads.map((it) => ({ ...it, switches_in: null })),
		gils: stats.gils.map((it) => ({ ...it, switches: null })) };
}

// stats: what the blocks say; the report's numbers take the place of those. Pairs of threads without a lane are left out.
export function withReport(stats, { lanes, gils }, report) {
	const laneOf = new Map(lanes.flatMap(({ row }, lane) => (row === null ? [] : [[row, lane]])));
	const threads = stats.threads.map((thread) => ({ ...thread, ...copy(report.threads[lanes[thread.lane].row] ?? {}, thread), lane: thread.lane }));
	const pairs = report.pairs.filter(({ waiter, holder }) => laneOf.has(waiter) && (holder === null || laneOf.has(holder)))
		.map(({ waiter, holder, wait_ns, waits, failed_attempts, handovers }) => ({ waiter: laneOf.get(waiter),
			holder: holder === null ? null : laneOf.get(holder), wait_ns, waits, failed_attempts, handovers }));

	return { ...stats, threads, pairs,
		gils: stats.gils.map((gil) => ({ ...gil, ...copy(report.gils[gils[gil.gil].gil] ?? {}, gil), gil: gil.gil })) };
}

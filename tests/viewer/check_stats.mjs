// SPDX-License-Identifier: MIT
// check_stats.mjs GILSCOPE TRACE FILE.html [FROM,TO ...] [-- OPTION ...] [--- TRACE FILE.html ...]: the viewer's statistics of
// these parts of the file (fractions) are those of 'gilscope export --to json --time'; with the options that the file was made with.
// Says nothing but what differs, and how long decoding took.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

import { inflateText } from '../../viz/viewer/worker/blocks.js';
import { Trace } from '../../viz/viewer/worker/trace.js';
import { matchesOf } from '../../viz/viewer/worker/search.js';
import { statsOf } from '../../viz/viewer/worker/stats.js';
import { withReport, withoutHolders } from '../../viz/viewer/worker/whole.js';

const [gilscope, ...files] = process.argv.slice(2);
const differences = [], pause = async () => {};
let path, page, options, trace, beginOf; // of the present file

function splitAt(list, word) {
	const at = list.includes(word) ? list.indexOf(word) : list.length;

	return [list.slice(0, at), list.slice(at + 1)];
}

function reportOf(args) {
	try {
		return JSON.parse(execFileSync(gilscope, ['export', '--to', 'json', '-o', '-', path, ...args], { maxBuffer: 2 ** 30, stdio: 'pipe' }));
	} catch (error) {
		if (String(error.stderr).includes('has no gil event in the time range'))
			return null;
		throw error;
	}
}

async function readTrace() {
	const texts = new Map([['meta', []], ['report', []], ['overview', []], ['block', []]]);
	const json = async (name) => JSON.parse(new TextDecoder().decode(await inflateText(texts.get(name)[0])));

	for (const [, name, text] of readFileSync(page, 'latin1').matchAll(/<script[^>]*data-part="(\w+)"[^>]*>([^<]*)/g))
		texts.get(name)?.push(text);
	const trace = new Trace(await json('meta'), await json('report')), begin = performance.now();

	for (const text of texts.get('block'))
		trace.append(await inflateText(text));
	trace.end();
	console.log(`# ${trace.events} events decoded and replayed in ${Math.round(performance.now() - begin)} ms`);
	return trace;
}

function compare(what, got, want) {
	if (got === null && /\.switches(_in)?$/.test(what) && options.includes('--thread'))
		return;
	if (got !== null && typeof got === 'object')
		Object.keys(got).forEach((key) => compare(`${what}.${key}`, got[key], want?.[key]));
	else if (got !== want)
		differences.push(`${what}: ${got}, and the report says ${want}`);
}

function comparePairs(what, stats, report, laneOf) {
	const text = (waiter, holder, it) => `${waiter} ${holder} ${it.wait_ns} ${it.waits} ${it.failed_attempts} ${it.handovers}`;
	const got = stats.pairs.map((it) => text(it.waiter, it.holder, it)).sort();
	const known = stats.holders_unknown ? [] : report.pairs.filter(({ holder }) => holder === null || laneOf[holder] >= 0);
	const want = known.map((it) => text(laneOf[it.waiter], it.holder === null ? null : laneOf[it.holder], it)).sort();

	compare(`${what}.pairs`, got, want);
	compare(`${what}.pairs.length`, got.length, want.length);
}

// Since 1970. The last --time counts.
function seconds(ns) {
	const digits = String(beginOf + BigInt(ns)).padStart(10, '0');

	return `${digits.slice(0, -9)}.${digits.slice(-9)}`;
}

function placeOf(gil) {
	return trace.report.gils.findIndex((row) => row.gil === gil);
}

function compareAll(what, stats, report, laneOf) {
	report.threads.forEach((thread, row) => {
		if (!thread.selected)
			return;
		const { lane, ...numbers } = stats.threads[laneOf[row]];

		compare(`${what}.lane${lane}`, numbers, thread);
	});
	// The report's `gil` is the GIL's number in the trace, that of the file its place in the report.
	report.gils.forEach((row) => {
		const { gil, ...numbers } = stats.gils[placeOf(row.gil)];

		compare(`${what}.gil${gil}`, numbers, row);
	});
	comparePairs(what, stats, report, laneOf);
	for (const [name, column] of [['wait', 'wait_ns'], ['hold', 'hold_ns']])
		compare(`${what}.histogram of ${name}`, stats.histograms[name].reduce((sum, { count }) => sum + count, 0),
			report.threads.reduce((sum, thread) => sum + thread[column].count, 0));
}

// What stands out when a cell of the matrix is clicked are the waits that it counts. Of a few cells: each is a pass over the trace.
async function compareMatches(pairs) {
	for (const { waiter, holder, waits } of [...pairs.slice(0, 4), ...pairs.slice(-4)])
		compare(`matches of ${waiter} for ${holder}`, (await matchesOf(trace, { kind: 'pair', waiter, holder }, 10, pause)).total, waits);
}

async function check(trace, part) {
	const [from_ns, to_ns] = part.split(',').map((share) => Math.round(share * trace.meta.duration_ns));
	const report = part === '0,1' ? trace.report : reportOf([...options, '--time', `${seconds(from_ns)},${seconds(to_ns)}`]);

	if (!report)
		return;
	const laneOf = report.threads.map(({ number }) => trace.meta.lanes.findIndex((lane) => lane.number === number));
	const begin = performance.now();
	const stats = await statsOf(trace, { from_ns, to_ns }, pause);

	if (part === '0,1') {
		const whole = withReport(stats, trace.meta, trace.report);

		compareAll('the whole', whole, report, laneOf);
		await compareMatches(whole.pairs);
	}
	console.log(`# ${part}: ${report.trace.events} events, ${Math.round(performance.now() - begin)} ms`);
	compareAll(part, withoutHolders(stats, trace.report), report, laneOf);
}

async function checkFile(args) {
	const [words, more] = splitAt(args, '--');
	const [, , ...parts] = words, before = differences.length;

	[path, page] = words;
	options = more;
	trace = await readTrace();
	beginOf = BigInt(trace.report.trace.begin_ns);
	for (const part of parts)
		await check(trace, part);
	if (differences.length > before)
		console.log(`${path} ${options.join(' ')}:`);
	differences.slice(before, before + 20).forEach((line) => console.log(line));
}

for (let args = files, file; args.length;) {
	[file, args] = splitAt(args, '---');
	await checkFile(file);
}
process.exitCode = differences.length ? 1 : 0;

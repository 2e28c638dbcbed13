// SPDX-License-Identifier: MIT
// The begin of the program: reads the parts, and shows what is in them.
import { WORKER_SOURCE } from './worker_source.js';

function partTexts(name) {
	return [...document.querySelectorAll(`script[data-part="${name}"]`)].map((element) => element.textContent);
}

async function readPart(name) {
	const bytes = Uint8Array.from(atob(partTexts(name)[0]), (c) => c.charCodeAt(0));
	const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));

	return new Response(stream);
}

function say(text) {
	const p = document.createElement('p');

	p.textContent = text;
	document.getElementById('app').append(p);
}

function inflateBlocks() {
	const worker = new Worker(URL.createObjectURL(new Blob([WORKER_SOURCE], { type: 'text/javascript' })));
	const texts = partTexts('block');
	let bytes = 0, left = texts.length;

	worker.onmessage = ({ data }) => {
		bytes += data;
		if (!--left)
			say(`${texts.length} blocks, ${bytes} bytes`);
	};
	texts.forEach((text) => worker.postMessage(text));
}

async function start() {
	const meta = await (await readPart('meta')).json();
	const report = await (await readPart('report')).json();
	const overview = await (await readPart('overview')).arrayBuffer();

	document.getElementById('unsupported').remove();
	say(`${report.trace.path}: ${meta.lanes.length} lanes, ${meta.overview.buckets} buckets of ${meta.overview.width_ns} ns` +
	    ` (${overview.byteLength} bytes), ${meta.duration_ns} ns`);
}

start();
document.addEventListener('DOMContentLoaded', inflateBlocks);

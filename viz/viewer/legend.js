// SPDX-License-Identifier: MIT
// What the colours mean; each has a height or a form of its own, too.
import { byId, make } from './dom.js';

const LEGEND = [
	['holding', 'holds the GIL', 'A full bar: the thread holds the GIL and runs Python'],
	['waiting', 'waits for it', 'Half a bar: the thread wants the GIL, and another one has it'],
	['entering', 'asks for it', 'A low bar: the thread is about to take the GIL'],
	['failed', 'failed attempt', 'A mark: it woke up to take the GIL, and did not get it (BUSY, RETRY)'],
	['outside', 'outside', 'A thin line: the thread does not want the GIL'],
	['unknown', 'unknown or lost', 'Hatched: events are missing'],
];

export function installLegend() {
	byId('legend').append(...LEGEND.map(([name, text, title]) =>
		make('span', { class: 'key', title }, make('i', { class: `swatch ${name}`, 'aria-hidden': 'true' }), text)));
}

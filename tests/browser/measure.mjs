// SPDX-License-Identifier: MIT
// How fast a file of the viewer is in Chromium: node measure.mjs SETTING FILE. Prints JSON:
// first_paint_ms, decoded_ms: from the begin of the navigation; draws_ms: of each draw while it is zoomed.
import { Browser } from './browser.mjs';

const STEPS = 120;
const FACTOR = 0.9;
const { kind, program } = JSON.parse(process.argv[2]);
const browser = await Browser.start(kind, program);

// In the page, before its own program: notes when a frame with the overview was painted, and when all is decoded.
function watchBegin() {
	const look = () => {
		const page = globalThis.gilscope;

		if (!page)
			return requestAnimationFrame(look);
		page.source.ready.then(() => {
			globalThis.decoded_ms = performance.now();
		});
		// The page drew when it was made; this frame shows it.
		requestAnimationFrame(() => {
			globalThis.first_paint_ms = performance.now();
		});
	};

	requestAnimationFrame(look);
}

// In the page: zooms in to a place and out again, a step a frame, and measures every draw meanwhile.
async function zoomAbout(steps, factor) {
	const { source, store, timeline } = globalThis.gilscope;
	const whole = source.meta.duration_ns, draws_ms = [];
	const draw = timeline.draw.bind(timeline);

	timeline.draw = () => {
		const begin = performance.now();

		draw();
		draws_ms.push(performance.now() - begin);
	};
	for (let i = 0; i < 2 * steps; i++) {
		const depth = i < steps ? i : 2 * steps - i;
		const width = Math.max(whole * factor ** depth, 1000), from_ns = Math.floor((whole - width) * 0.37);

		store.set({ range: { from_ns, to_ns: Math.floor(from_ns + width) } });
		await new Promise((done) => requestAnimationFrame(done));
	}
	return draws_ms;
}

try {
	const { page } = await browser.open(process.argv[3], { before: (it) => it.evaluateOnNewDocument(watchBegin) });

	page.setDefaultTimeout(60000);
	await page.waitForFunction(() => globalThis.decoded_ms && globalThis.first_paint_ms);
	const times = await page.evaluate(() => ({ first_paint_ms: globalThis.first_paint_ms, decoded_ms: globalThis.decoded_ms }));

	console.log(JSON.stringify({ ...times, draws_ms: await page.evaluate(zoomAbout, STEPS, FACTOR) }));
} finally {
	await browser.end();
}

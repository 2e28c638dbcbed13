// SPDX-License-Identifier: MIT
// The picture: asks for what is in view, and draws it. What costs is columns times lanes seen, never events.
import { Columns } from './columns.js';
import { drawBody } from './draw_body.js';
import { byLane, hatchPattern } from './draw_exact.js';
import { drawCursor, drawMarkers, lossPattern } from './draw_overlay.js';
import { drawTimeRuler } from './draw_rulers.js';
import { drawSelection, rulerCovers } from './draw_selection.js';
import { layOut, MINIMAP_HEIGHT, rowsSeen, RULER_HEIGHT } from './layout.js';
import { drawMinimapWindow, minimapPicture } from './minimap.js';
import { onMediaChange, paletteFor } from './palette.js';
import { Scale } from './scale.js';

const SNAP_PX = 6;
const HOLDING = 4;
const MOST_EXACT_EVENTS = 4000;

export class Timeline {
	#frame = 0;
	#minimap = null;    // {key, picture}
	#slices = null;     // {range, lanes, stays}
	#asking = null;     // range that slices were asked for
	#highlighted = null;
	#marked = null;     // the query that #highlighted answers or will
	#layout = null;
	#framed = null;      // the stay that the details show
	scroll_y = 0;

	constructor(canvas, source, store) {
		this.canvas = canvas;
		this.source = source;
		this.store = store;
		this.ctx = canvas.getContext('2d');
		this.whole_ns = Math.max(source.meta.duration_ns, 1);
		store.subscribe([], () => this.redraw());
		// With the next frame: the same change may make the canvas smaller.
		store.subscribe(['focus'], ({ focus }) => requestAnimationFrame(() => this.reveal(focus)));
		source.onbetter(() => this.redraw());
		source.onprogress(() => this.#askAgain());
		onMediaChange(() => {
			this.#minimap = null;
			this.redraw();
		});
		new ResizeObserver(() => this.redraw()).observe(canvas);
	}

	frame(stay) {
		this.#framed = stay;
		this.redraw();
	}

	// Draws with the next frame.
	redraw() {
		this.#frame ||= requestAnimationFrame(() => this.draw());
	}

	// More is known.
	#askAgain() {
		this.#asking = null;
		this.redraw();
	}

	get layout() {
		const { clientWidth: w, clientHeight: h } = this.canvas;
		const { order, pinned, hidden, filters, gil } = this.store.state;
		const key = [w, h, order, pinned, hidden, filters, gil];

		if (!this.#layout || key.some((part, i) => part !== this.#layout.key[i]))
			this.#layout = { key, it: layOut(this.source, this.store.state, Math.max(w, 1), Math.max(h, 1)) };
		return this.#layout.it;
	}

	get scale() {
		const { body } = this.layout;

		return new Scale(this.store.state.range, body.x, body.w);
	}

	get scroll_most() {
		return Math.max(this.layout.content_h - this.layout.body.h, 0);
	}

	scrollTo(y) {
		this.scroll_y = Math.min(Math.max(Math.round(y), 0), this.scroll_most);
		this.redraw();
	}

	// Scrolls as little as shows the lane.
	reveal(lane) {
		const { rowOfLane, body } = this.layout;
		const row = rowOfLane.get(lane);

		if (row)
			this.scrollTo(Math.min(Math.max(this.scroll_y, row.y + row.h - body.h), row.y));
	}

	// What is at a place of the canvas: part is minimap, ruler, label, lane, a row's kind, or empty.
	hitTest(x, y) {
		const { layout, scale } = this;
		const { body } = layout;

		if (y < MINIMAP_HEIGHT)
			return { part: 'minimap', lane: null, gil: null, at_ns: this.#clampTime((x - body.x) * this.whole_ns / body.w) };
		const at_ns = this.#clampTime(scale.timeAt(x));

		if (y < body.y)
			return { part: 'ruler', lane: null, gil: null, at_ns };
		const row_y = y - body.y + this.scroll_y;
		const row = layout.rows.find((it) => row_y >= it.y && row_y < it.y + it.h);

		return { part: row ? (x < body.x ? 'label' : row.kind) : 'empty', lane: row?.lane ?? null, gil: row?.gil ?? null, at_ns };
	}

	#clampTime(at_ns) {
		return Math.min(Math.max(Math.round(at_ns), 0), this.whole_ns);
	}

	// The time at x, or what is near it: see snappedTime.
	snapped(x, { lane, gil }) {
		return this.snappedTime(this.#clampTime(this.scale.timeAt(x)), lane, gil);
	}

	// The nearest note or edge of a stay of the lane, on a GIL's rows of a hold, where one is near on the screen; else the time itself.
	snappedTime(at_ns, lane, gil) {
		const near = this.scale.ns_per_px * SNAP_PX;
		const stays = lane !== null ? this.#exact()?.lanes.get(lane)?.stays
			: this.#exact()?.stays.filter((stay) => stay.state === HOLDING && this.source.meta.lanes[stay.lane].gil === gil);
		const edges = [...this.store.state.markers.map((it) => it.at_ns), ...(stays ?? []).flatMap((stay) => [stay.from_ns, stay.to_ns])];

		return edges.reduce((best, edge) => (Math.abs(edge - at_ns) < Math.min(near, best === null ? Infinity : Math.abs(best - at_ns)) ? edge : best), null) ?? at_ns;
	}

	// The slices that were read, if they are of what is in view.
	#exact() {
		const { range } = this.store.state;

		return this.#slices && this.#slices.range.from_ns <= range.from_ns && this.#slices.range.to_ns >= range.to_ns ? this.#slices : null;
	}

	async #ask() {
		const { range } = this.store.state;

		if (this.#asking === range)
			return;
		this.#asking = range;
		const slices = await this.source.slices(range, MOST_EXACT_EVENTS);

		if (this.#asking !== range)
			return;
		this.#slices = slices && { range, lanes: byLane(slices), stays: slices.stays };
		this.redraw();
	}

	async #askMatches() {
		const { highlight } = this.store.state;

		if (this.#marked === highlight)
			return;
		this.#marked = highlight;
		this.#highlighted = null;
		// The search box says what is wrong with a query.
		const found = highlight && await this.source.highlighted(highlight).catch(() => null);

		if (this.#marked === highlight && found) {
			this.#highlighted = found;
			this.redraw();
		}
	}

	#fit() {
		const { width, height } = this.layout;
		const ratio = globalThis.devicePixelRatio || 1;

		if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
			this.canvas.width = Math.round(width * ratio);
			this.canvas.height = Math.round(height * ratio);
		}
		this.ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
		this.scroll_y = Math.min(this.scroll_y, this.scroll_most);
	}

	#view() {
		const { layout, scale, ctx } = this;
		const { state } = this.store;
		const palette = paletteFor(state.theme);
		const bins = this.source.bins(state.range, Math.max(Math.min(layout.body.w, state.range.to_ns - state.range.from_ns), 1));
		const family = getComputedStyle(this.canvas).fontFamily;
		const exact = this.#exact();

		return { ctx, layout, scale, state, palette, bins, source: this.source, overview: this.source.overview, whole_ns: this.whole_ns, scroll_y: this.scroll_y,
			columns: new Columns(bins, state.range, layout.body.w), exact: exact?.lanes ?? null, stays: exact?.stays ?? null, highlighted: state.highlight && this.#highlighted, framed: this.#framed,
			font: `11px ${family}`, bold: `600 11px ${family}`, hatch: hatchPattern(ctx, palette.waiting, palette.waiting_hatch), lost: lossPattern(ctx, palette),
			rowPlace: (lane) => {
				const row = layout.rowOfLane.get(lane);

				return row && { y: layout.body.y + row.y - this.scroll_y, h: row.h };
			} };
	}

	draw() {
		cancelAnimationFrame(this.#frame);
		this.#frame = 0;
		if (!this.canvas.clientWidth || !this.canvas.clientHeight)
			return;
		this.#fit();
		const view = this.#view();

		this.ctx.fillStyle = view.palette.ground;
		this.ctx.fillRect(0, 0, view.layout.width, view.layout.height);
		drawBody(view, rowsSeen(view.layout, this.scroll_y));
		this.#drawTop(view);
		drawSelection(view);
		drawMarkers(view);
		drawCursor(view);
		this.#ask();
		this.#askMatches();
	}

	#drawTop(view) {
		const { ctx } = this;
		const { body } = view.layout;
		const key = [body.w, view.palette.ground, view.palette.holding, view.state.gil].join();
		const lanes = this.source.meta.lanes.map((_, i) => i).filter((i) => view.state.gil === null || this.source.meta.lanes[i].gil === view.state.gil);

		if (this.#minimap?.key !== key)
			this.#minimap = { key, picture: minimapPicture(this.source, lanes, body.w, MINIMAP_HEIGHT, view.palette) };
		ctx.drawImage(this.#minimap.picture, body.x, 0);
		drawMinimapWindow(view, body.x, 0, body.w, MINIMAP_HEIGHT);
		drawTimeRuler(view, MINIMAP_HEIGHT, RULER_HEIGHT, rulerCovers(view));
		ctx.fillStyle = view.palette.faint;
		ctx.font = view.font;
		ctx.fillText('whole trace', 8, MINIMAP_HEIGHT / 2);
		if (!view.bins.exact && !view.exact)
			this.#drawIncomplete(view);
	}

	// What is drawn is coarser than the columns: said where the eye is, on the ruler.
	#drawIncomplete(view) {
		const why = !this.source.hasEvents(view.state.range) ? 'not in this file' : this.source.progress.error ? 'not read' : 'reading\u2026';

		this.ctx.fillStyle = view.palette.failed_edge;
		this.ctx.fillText(`coarse: ${why}`, 8, MINIMAP_HEIGHT + RULER_HEIGHT / 2);
	}
}

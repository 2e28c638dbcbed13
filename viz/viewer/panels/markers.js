// SPDX-License-Identifier: MIT
// Notes at times: listed, edited, removed, saved as a file.
import { csvOf } from '../copy.js';
import { make } from '../dom.js';
import { formatExactNs, formatNs, formatTime } from '../format.js';
import { MOST_TEXT } from '../hash.js';
import { saveText } from '../save.js';
import { withMarker } from '../store.js';
import { visible } from '../text.js';

// before: the note before it in time, or undefined
function markerRow(app, marker, before) {
	const others = () => app.store.state.markers.filter((it) => it.at_ns !== marker.at_ns);
	const span = app.store.state.range.to_ns - app.store.state.range.from_ns;

	return make('tr', { 'data-marker': marker.at_ns },
		make('th', { scope: 'row', title: formatExactNs(marker.at_ns) },
			make('button', { type: 'button', class: 'go', onclick: () => app.goTo({ from_ns: marker.at_ns - span / 4, to_ns: marker.at_ns + span / 4 }) }, formatTime(marker.at_ns))),
		make('td', { class: 'number', title: before && formatExactNs(marker.at_ns - before.at_ns) }, before ? formatNs(marker.at_ns - before.at_ns) : ''),
		make('td', {}, textBox(app, marker)),
		make('td', {}, make('button', { type: 'button', 'aria-label': 'Remove this note', onclick: () => app.store.set({ markers: others() }) }, '\u00d7')));
}

function textBox(app, marker) {
	const box = make('input', { type: 'text', 'aria-label': 'Text of the note', maxlength: MOST_TEXT,
		onchange: () => app.store.set({ markers: withMarker(app.store.state.markers, marker.at_ns, box.value) }) });

	box.value = marker.text;
	return box;
}

export function installMarkers(app, host) {
	const body = make('tbody');
	const empty = make('p', { class: 'empty' }, 'Press m to set a note at the pointer, or in the middle of what is shown.');
	const table = make('table', { class: 'markers' }, make('caption', {}, 'Notes'),
		make('thead', {}, make('tr', {}, make('th', { scope: 'col' }, 'Time'), make('th', { scope: 'col' }, 'After the one before'), make('th', { scope: 'col' }, 'Note'), make('th', { scope: 'col' }, 'Remove'))), body);
	const save = make('button', { type: 'button', id: 'export_markers',
		onclick: () => saveText('gilscope-notes.csv', 'text/csv', csvOf(app.store.state.markers.map(({ at_ns, text }) => ({ at_ns, text: visible(text, MOST_TEXT) })))) }, 'Save the notes');
	const draw = () => {
		const { markers } = app.store.state;

		body.replaceChildren(...markers.map((it, i) => markerRow(app, it, markers[i - 1])));
		table.hidden = save.hidden = !markers.length;
		empty.hidden = Boolean(markers.length);
	};

	host.append(empty, table, save);
	app.store.subscribe(['markers'], draw);
	draw();
}

// The 'm' key: a note at the cursor, ready to be written.
export function addMarker(app) {
	const { range, cursor, markers } = app.store.state;
	const at_ns = Math.round(cursor?.at_ns ?? (range.from_ns + range.to_ns) / 2);

	app.store.set({ markers: withMarker(markers, at_ns, `Note ${markers.length + 1}`), panel: 'markers' });
	document.querySelector(`[data-marker="${at_ns}"] input`)?.select();
}

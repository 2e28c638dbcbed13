// SPDX-License-Identifier: MIT
// All keys of the timeline, by event.code. W, A, S and D are places on the keyboard, the same on AZERTY and Dvorak; the other letters
// are what is printed on the keys, with their places for keyboards without Latin letters. "key:" is a character, wherever it is.
// navigation.js does the actions, or the page where it has one of that name.

export const KEYS = [
	{ group: 'Move', keys: ['KeyW', 'key:+', 'key:='], what: 'Zoom in, at the pointer', action: 'zoom_in' },
	{ group: 'Move', keys: ['KeyS', 'key:-'], what: 'Zoom out', action: 'zoom_out' },
	{ group: 'Move', keys: ['KeyA', 'ArrowLeft'], what: 'Earlier', action: 'pan_left' },
	{ group: 'Move', keys: ['KeyD', 'ArrowRight'], what: 'Later', action: 'pan_right' },
	{ group: 'Move', keys: ['Shift+KeyA', 'Shift+ArrowLeft', 'PageUp'], what: 'Earlier by a page', action: 'page_left' },
	{ group: 'Move', keys: ['Shift+KeyD', 'Shift+ArrowRight', 'PageDown'], what: 'Later by a page', action: 'page_right' },
	{ group: 'Move', keys: ['Home'], what: 'To the begin', action: 'go_begin' },
	{ group: 'Move', keys: ['End'], what: 'To the end', action: 'go_end' },
	{ group: 'Move', keys: ['Digit0', 'Numpad0'], what: 'The whole trace', action: 'whole' },
	{ group: 'Move', keys: ['KeyF'], what: 'Fit the selection, or what is picked; twice: the whole trace', action: 'fit_or_whole' },
	{ group: 'Move', keys: ['KeyZ'], what: 'Zoom to the selection', action: 'zoom_to_selection' },
	{ group: 'Move', keys: ['KeyU', 'Ctrl+KeyZ', 'Alt+ArrowLeft'], what: 'Back to the place before', action: 'undo' },
	{ group: 'Move', keys: ['Shift+KeyU', 'Ctrl+Shift+KeyZ', 'Ctrl+KeyY', 'Alt+ArrowRight'], what: 'Forward again', action: 'redo' },
	{ group: 'Find', keys: ['KeyN'], what: 'Next failed attempt', action: 'next_failed' },
	{ group: 'Find', keys: ['Shift+KeyN'], what: 'Failed attempt before', action: 'previous_failed' },
	{ group: 'Find', keys: ['KeyL'], what: 'Next long wait', action: 'next_wait' },
	{ group: 'Find', keys: ['Shift+KeyL'], what: 'Long wait before', action: 'previous_wait' },
	{ group: 'Find', keys: ['key:.', 'Period'], what: 'Next change of state of the lane in focus', action: 'next_edge' },
	{ group: 'Find', keys: ['key:,', 'Comma'], what: 'Change of state before', action: 'previous_edge' },
	{ group: 'Find', keys: ['key:/'], what: 'Search', action: 'search' },
	{ group: 'Lanes', keys: ['ArrowUp'], what: 'Lane above', action: 'lane_up' },
	{ group: 'Lanes', keys: ['ArrowDown'], what: 'Lane below', action: 'lane_down' },
	{ group: 'Lanes', keys: ['Enter', 'Space'], what: 'Details of the lane in focus, at the pointer or in the middle', action: 'pick' },
	{ group: 'Lanes', keys: ['KeyP'], what: 'Pin the lane in focus on top, or unpin it', action: 'pin' },
	{ group: 'Lanes', keys: ['KeyH'], what: 'Hide the lane in focus', action: 'hide' },
	{ group: 'Lanes', keys: ['Shift+KeyH'], what: 'Show all lanes', action: 'show_all' },
	{ group: 'Lanes', keys: ['KeyO'], what: 'Next order of lanes', action: 'next_order' },
	{ group: 'Select', keys: ['KeyT'], what: 'Set A, the begin of the selection, at the pointer', action: 'set_a' },
	{ group: 'Select', keys: ['Shift+KeyT'], what: 'Set B, its end', action: 'set_b' },
	{ group: 'Select', keys: ['KeyX'], what: 'Select what is shown', action: 'select_view' },
	{ group: 'Select', keys: ['Escape'], what: 'Clear the selection, then the highlight', action: 'clear_step' },
	{ group: 'Other', keys: ['KeyM'], what: 'Set a note', action: 'marker' },
	{ group: 'Other', keys: ['Ctrl+Shift+KeyP', 'F1'], what: 'All commands', action: 'palette' },
	{ group: 'Other', keys: ['key:?'], what: 'These keys', action: 'help' },
];

const POINTER_HELP = [
	[['Drag'], 'Select a time; it snaps to edges, not with Alt'],
	[['Drag A, B'], 'Move an end of the selection'],
	[['Drag above'], 'On the strip of the whole trace: move the window, or one of its ends'],
	[['Shift', 'Drag'], 'Move (the middle button, too)'],
	[['Ctrl', 'Wheel'], 'Zoom at the pointer'],
	[['Shift', 'Wheel'], 'Earlier, later'],
	[['Wheel'], 'Scroll the lanes; zoom where there is nothing to scroll'],
	[['Click'], 'Details'],
	[['Double click'], 'Zoom in; with Shift: out'],
];

const KEY_LABELS = { ArrowLeft: '\u2190', ArrowRight: '\u2192', ArrowUp: '\u2191', ArrowDown: '\u2193', Period: '.', Comma: ',', Escape: 'Esc', PageUp: 'Page Up', PageDown: 'Page Down', Numpad0: 'Numpad 0' };

function keyLabel(key) {
	return key.split('+').filter(Boolean).length ? key.replace(/[^+]+$/, (code) => KEY_LABELS[code] ?? code.replace(/^(Key|Digit)/, '')) : key;
}

// {group: [[keys, what it does], ...]}, for people. more: {action: what is to be said besides}
export function keyHelp(more = {}) {
	const groups = {};

	for (const { group, keys, what, action } of KEYS)
		(groups[group] ??= []).push([[...new Set(keys.map((key) => (key.startsWith('key:') ? key.slice(4) : keyLabel(key))))], `${what}${more[action] ?? ''}`]);
	return { ...groups, Pointer: POINTER_HELP };
}

const PLACES = new Set(['KeyW', 'KeyA', 'KeyS', 'KeyD']);
const actionOfKey = new Map(KEYS.flatMap(({ keys, action }) => keys.map((key) => [key, action])));

// Where a key is. The numeric keypad's Enter is Enter, and without NumLock its arrows are arrows.
export function codeOf({ code, key }) {
	return code.startsWith('Numpad') && key.length > 1 ? key : code;
}

// The action of a keydown event; undefined: not one of ours.
export function actionOf(event) {
	const held = `${event.ctrlKey || event.metaKey ? 'Ctrl+' : ''}${event.altKey ? 'Alt+' : ''}`;
	const of = (code) => actionOfKey.get(`${held}${event.shiftKey ? 'Shift+' : ''}${code}`);
	const letter = /^[a-z]$/i.test(event.key) ? `Key${event.key.toUpperCase()}` : null;

	if (!held && PLACES.has(event.code))
		return of(event.code);
	return (!held && actionOfKey.get(`key:${event.key}`)) || (letter && !PLACES.has(letter) && of(letter)) || (held && letter ? undefined : of(codeOf(event)));
}

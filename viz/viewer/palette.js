// SPDX-License-Identifier: MIT
// Colours (Okabe and Ito's, which the colour-blind tell apart); heights and patterns say the same without any.

// Indices are the states of docs/viewer-format.md.
export const STATE_NAMES = ['unknown', 'outside', 'entering', 'waiting', 'holding', 'ended'];

// How much of a lane's height a state fills when it lasts for all of a column.
export const STATE_HEIGHTS = [0, 0, 0.3, 0.6, 1, 0];

const LIGHT_COLOURS = {
	dark: false, ground: '#ffffff', band: '#f5f6f8', text: '#1b1f24', faint: '#5b6470', line: '#d5d9df', accent: '#0072b2',
	holding: '#009e73', waiting: '#d55e00', waiting_hatch: '#ffffff', entering: '#56b4e9', outside: '#bbbbbb', unknown: '#8a929c', failed: '#cc79a7', failed_edge: '#8f2f66',
	lost: '#6b7280', area: '#0072b2',
};

const DARK_COLOURS = {
	dark: true, ground: '#14171c', band: '#1b1f26', text: '#e8eaed', faint: '#a3abb6', line: '#363c46', accent: '#56b4e9',
	holding: '#00b584', waiting: '#e8701a', waiting_hatch: '#14171c', entering: '#56b4e9', outside: '#6d747e', unknown: '#8a929c', failed: '#e59ac4', failed_edge: '#ffd0ea',
	lost: '#9aa3af', area: '#56b4e9',
};

const MORE_CONTRAST = {
	light: { text: '#000000', faint: '#222222', line: '#555555', holding: '#006b4e', waiting: '#b34700', outside: '#666666', failed: '#a0206c', failed_edge: '#600040', accent: '#004b80' },
	dark: { ground: '#000000', band: '#000000', text: '#ffffff', faint: '#e0e0e0', line: '#aaaaaa', holding: '#2fe0ae', waiting: '#ff9a4d', waiting_hatch: '#000000', outside: '#bbbbbb', failed: '#ffb3dc', failed_edge: '#ffffff', accent: '#8fd0ff' },
};

// The user's own colours: ground, text and what stands out are theirs.
const FORCED_COLOURS = { ground: 'Canvas', band: 'Canvas', text: 'CanvasText', faint: 'CanvasText', line: 'GrayText', accent: 'Highlight', waiting_hatch: 'Canvas', lost: 'CanvasText', outside: 'GrayText' };

function mediaSays(query) {
	return globalThis.matchMedia?.(query).matches ?? false;
}

export function paletteFor(theme) {
	const dark = theme === 'dark' || (theme === 'auto' && mediaSays('(prefers-color-scheme: dark)'));
	const contrast = mediaSays('(prefers-contrast: more)');
	const forced = mediaSays('(forced-colors: active)');

	return { ...dark ? DARK_COLOURS : LIGHT_COLOURS, ...contrast ? MORE_CONTRAST[dark ? 'dark' : 'light'] : {}, ...forced ? FORCED_COLOURS : {} };
}

// Hues that no state has: neither waiting's orange, holding's green, entering's blue nor failed's pink.
const LANE_HUES = [[56, 84], [222, 302], [346, 362]];
const LANE_HUES_WIDE = LANE_HUES.reduce((sum, [from, to]) => sum + to - from, 0);
const GOLDEN = 0.618034;

function laneHue(lane) {
	let left = (lane * GOLDEN + 0.3) % 1 * LANE_HUES_WIDE;

	for (const [from, to] of LANE_HUES) {
		if (left < to - from)
			return Math.round(from + left) % 360;
		left -= to - from;
	}
	return LANE_HUES[0][0];
}

// One colour for each lane, far from its neighbours': for the lane of holders, with a swatch beside each name.
export function laneColour(lane, dark) {
	return `hsl(${laneHue(lane)} ${lane % 3 === 1 ? 45 : 65}% ${(dark ? 60 : 45) + (lane % 2 ? 8 : -5)}%)`;
}

const packedColours = new Map();
let colourProbe = null;

// Any CSS colour as one pixel of ImageData (little-endian ABGR).
export function packedColour(colour) {
	if (!packedColours.has(colour)) {
		colourProbe ??= new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
		colourProbe.fillStyle = colour;
		colourProbe.fillRect(0, 0, 1, 1);
		const [r, g, b] = colourProbe.getImageData(0, 0, 1, 1).data;

		packedColours.set(colour, ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0);
	}
	return packedColours.get(colour);
}

// When what the colours depend on changes: forced ones may change under the same name.
export function onMediaChange(fn) {
	for (const query of ['(prefers-color-scheme: dark)', '(prefers-contrast: more)', '(forced-colors: active)'])
		globalThis.matchMedia?.(query).addEventListener('change', () => {
			packedColours.clear();
			fn();
		});
}

// SPDX-License-Identifier: MIT
// Names are data of the traced program: what would not be seen, or would turn the text around it, is shown as its code.

const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0\u2800]/gu;
const LONGEST_NAME = 200;
const LONGEST_SENTENCE = 4000;

// "a<RTL override>b" -> "a\u{202e}b"
export function visible(name, most = LONGEST_NAME) {
	const text = String(name);
	const cut = text.length > most ? `${text.slice(0, most)}\u2026` : text;

	return cut.replace(UNSEEN, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);
}

// Sentences of the report: with names in them, longer than one.
export function visibleSentence(text) {
	return visible(text, LONGEST_SENTENCE);
}

// What of the text fits into a width; measure(text) gives a text's.
export function ellipsized(text, width, measure) {
	if (measure(text) <= width)
		return text;
	let fits = 0;
	let not = text.length;

	while (fits + 1 < not) {
		const middle = (fits + not) >> 1;

		if (measure(`${text.slice(0, middle)}\u2026`) <= width)
			fits = middle;
		else
			not = middle;
	}
	return fits ? `${text.slice(0, fits)}\u2026` : '';
}

// "Python 3.11.2"; what the laboratory calls itself stays as it is: "gilrun 0.1.0".
export function runtimeOf(version) {
	return `${/^\d/.test(version) ? 'Python ' : ''}${visible(String(version))}`;
}

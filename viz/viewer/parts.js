// SPDX-License-Identifier: MIT
// The data elements of the document: taken out as the browser reads them, so that their text is not kept twice.

function elements(doc, name) {
	return doc.querySelectorAll(`script[data-part="${name}"]`);
}

// null: there is none.
export function partText(doc, name) {
	const [element] = elements(doc, name);
	const text = element?.textContent ?? null;

	element?.remove();
	return text;
}

// An element is whole when something follows it, or the document is: before, the browser may have read a part of its text.
function takeWhole(doc, fn) {
	const isRead = doc.readyState !== 'loading';
	let n = 0;

	for (const element of elements(doc, 'block')) {
		if (!isRead && !element.nextElementSibling)
			break;
		fn(element.textContent);
		element.remove();
		n++;
	}
	return n;
}

// onblock(text) for each block in order, as they come; then onend(), or onend(sentence) when there are not as many as there should be.
export function feedBlocks(doc, total, onblock, onend) {
	let n = takeWhole(doc, onblock), observer;
	const finish = () => {
		observer?.disconnect();
		n += takeWhole(doc, onblock);
		onend(n === total ? undefined : `This file was cut off: it has ${n} of ${total} blocks of events.`);
	};

	if (doc.readyState !== 'loading') {
		finish();
		return;
	}
	observer = new MutationObserver(() => { n += takeWhole(doc, onblock); });
	observer.observe(doc, { childList: true, subtree: true });
	doc.addEventListener('DOMContentLoaded', finish, { once: true });
}

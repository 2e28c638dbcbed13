// SPDX-License-Identifier: MIT
// Modal boxes: the browser's own <dialog> keeps the focus inside and makes the rest inert; it goes back where it was.
import { make } from './dom.js';

export function makeDialog(id, title, ...children) {
	const dialog = make('dialog', { id, 'aria-modal': 'true', 'aria-labelledby': `${id}_title` },
		make('div', { class: 'head' }, make('h2', { id: `${id}_title` }, title),
			make('button', { type: 'button', class: 'close', 'aria-label': 'Close', onclick: () => dialog.close() }, '\u00d7')),
		...children);

	// Keys inside are the dialog's, not the timeline's.
	dialog.addEventListener('keydown', (event) => event.stopPropagation());
	dialog.addEventListener('click', (event) => {
		if (event.target === dialog)
			dialog.close();
	});
	document.body.append(dialog);
	return dialog;
}

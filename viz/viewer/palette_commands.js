// SPDX-License-Identifier: MIT
// The command palette: Ctrl+Shift+P or F1, some letters, Enter.
import { make } from './dom.js';
import { makeDialog } from './dialog.js';

// True when all words are in the title.
export function commandMatches(title, text) {
	const low = title.toLowerCase();

	return text.toLowerCase().split(/\s+/).every((word) => low.includes(word));
}

export function installPalette(commands) {
	const box = make('input', { type: 'text', id: 'command', role: 'combobox', 'aria-expanded': 'true', 'aria-controls': 'command_list', 'aria-label': 'Command', autocomplete: 'off', placeholder: 'What to do' });
	const list = make('ul', { id: 'command_list', role: 'listbox', 'aria-label': 'Commands' });
	const dialog = makeDialog('palette', 'Commands', box, list);
	let shown = [], at = 0;

	const run = (command) => {
		dialog.close();
		command.run();
	};
	const mark = () => {
		[...list.children].forEach((item, i) => item.setAttribute('aria-selected', String(i === at)));
		list.children[at]?.scrollIntoView({ block: 'nearest' });
		box.setAttribute('aria-activedescendant', shown[at] ? `command_${shown[at].id}` : '');
	};
	const draw = () => {
		shown = commands.filter((it) => commandMatches(it.title, box.value));
		at = 0;
		list.replaceChildren(...shown.map((it) => make('li', { id: `command_${it.id}`, role: 'option', 'data-command': it.id, onclick: () => run(it) }, it.title)));
		mark();
	};

	box.addEventListener('input', draw);
	box.addEventListener('keydown', (event) => {
		const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];

		if (step && shown.length) {
			event.preventDefault();
			at = (at + step + shown.length) % shown.length;
			mark();
		} else if (event.key === 'Enter' && shown[at]) {
			event.preventDefault();
			run(shown[at]);
		}
	});
	return () => {
		box.value = '';
		draw();
		if (!dialog.open)
			dialog.showModal();
		box.focus();
	};
}

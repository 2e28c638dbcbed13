// SPDX-License-Identifier: MIT
// The controls above the timeline: order of lanes, which GIL, back and forward, and the menu of what to take away.
import { byId, make } from './dom.js';
import { formatNs, formatTime } from './format.js';

function bindSelect(app, id, name, toState) {
	const box = byId(id);
	const follow = () => {
		box.value = app.store.state[name] === null ? '' : String(app.store.state[name]);
	};

	box.addEventListener('change', () => app.store.set({ [name]: toState(box.value) }));
	app.store.subscribe([name], follow);
	follow();
}

export function installControls(app, commands) {
	const run = (id) => commands.find((it) => it.id === id).run();
	const gil = byId('gil');
	const view = () => {
		const { range } = app.store.state;

		byId('shown').textContent = `${formatNs(range.to_ns - range.from_ns)} from ${formatTime(range.from_ns)}`;
	};

	for (const button of document.querySelectorAll('button[data-command]'))
		button.addEventListener('click', () => {
			button.closest('details')?.removeAttribute('open');
			run(button.dataset.command);
		});
	const menu = document.querySelector('details.menu');

	document.addEventListener('pointerdown', (event) => menu.contains(event.target) || menu.removeAttribute('open'));
	menu.addEventListener('keydown', (event) => {
		if (event.key === 'Escape' && menu.open) {
			event.stopPropagation();
			menu.open = false;
			menu.querySelector('summary').focus();
		}
	});
	for (const [id, which] of [['previous_wait', 'The long wait before'], ['next_wait', 'The next long wait']]) {
		const button = document.querySelector(`button[data-command="${id}"]`);

		button.title = `${which}, of at least ${formatNs(app.store.state.long_wait_ns)}`;
		button.setAttribute('aria-label', button.title.replace(/^The next long wait/, 'Long wait, the next one'));
	}
	gil.append(...app.source.meta.gils.map((it) => make('option', { value: it.gil }, app.gilName(it.gil))));
	gil.parentElement.hidden = app.source.meta.gils.length < 2;
	bindSelect(app, 'order', 'order', (value) => value);
	bindSelect(app, 'gil', 'gil', (value) => (value === '' ? null : Number(value)));
	app.store.subscribe(['range'], view);
	view();
}

// SPDX-License-Identifier: MIT
// Elements without HTML: all text is text, whatever is in it.

// make('td', {class: 'number', onclick: fn}, 'text', child): no `style` here, the page's policy forbids it.
export function make(tag, properties = {}, ...children) {
	const element = document.createElement(tag);

	for (const [name, value] of Object.entries(properties)) {
		if (name.startsWith('on'))
			element.addEventListener(name.slice(2), value);
		else if (value === true)
			element.setAttribute(name, '');
		else if (value !== false && value !== null && value !== undefined)
			element.setAttribute(name, value);
	}
	element.append(...children.filter((child) => child !== null && child !== undefined));
	return element;
}

export function byId(id) {
	return document.getElementById(id);
}

// fn at most once per frame, with the last arguments.
export function oncePerFrame(fn) {
	let asked = false, last;

	return (...args) => {
		last = args;
		if (asked)
			return;
		asked = true;
		requestAnimationFrame(() => {
			asked = false;
			fn(...last);
		});
	};
}

// fn after `ms` without another call.
export function afterPause(fn, ms) {
	let timer = 0;

	return (...args) => {
		clearTimeout(timer);
		timer = setTimeout(() => fn(...args), ms);
	};
}

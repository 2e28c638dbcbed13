// SPDX-License-Identifier: MIT
// Things that leave the page: files and the clipboard. No request is made: a blob is local.

export function saveBlob(name, blob) {
	const link = document.createElement('a');

	link.download = name;
	link.href = URL.createObjectURL(blob);
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

export function saveText(name, type, text) {
	saveBlob(name, new Blob([text], { type: `${type};charset=utf-8` }));
}

// True when it is in the clipboard; pages from file:// may have to use the old way.
export async function toClipboard(text) {
	try {
		await navigator.clipboard.writeText(text);
		return true;
	} catch {
		const box = document.createElement('textarea');

		box.value = text;
		document.body.append(box);
		box.select();
		const done = document.execCommand('copy');

		box.remove();
		return done;
	}
}

// SPDX-License-Identifier: MIT
// Inflates blocks, and says how many bytes are in each.

async function inflate(base64) {
	const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
	const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));

	return new Response(stream).arrayBuffer();
}

self.onmessage = async ({ data }) => {
	self.postMessage((await inflate(data)).byteLength);
};

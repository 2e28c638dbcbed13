// SPDX-License-Identifier: MIT
// Prints TAP: one line for each test, in the order in which they are called.

let number = 0;
let failed = 0;

const said = (text) => process.stdout.write(text + '\n');
const comment = (text) => text.split('\n').forEach((line) => said(`# ${line}`));

// What a test throws when it cannot run here.
export class Skip extends Error {}

export async function test(name, fn) {
	number++;
	try {
		await fn();
		said(`ok ${number} - ${name}`);
	} catch (error) {
		if (error instanceof Skip)
			return said(`ok ${number} - ${name} # SKIP ${error.message}`);
		failed++;
		comment(error.stack ?? String(error));
		said(`not ok ${number} - ${name}`);
	}
}

// The plan, and the exit status.
export function end() {
	said(`1..${number}`);
	return failed ? 1 : 0;
}

// SPDX-License-Identifier: MIT
// Runs the tests of one browser: node run.mjs chromium|firefox PROGRAM FOLDER SCREENSHOTS [FILE...]
// FOLDER holds what test_browser.py made. FILE: only these tests.
import { Browser } from './browser.mjs';
import { end } from './tap.mjs';

const FILES = ['watch'];
const [kind, program, folder, screenshots, ...chosen] = process.argv.slice(2);
const browser = await Browser.start(kind, program);

try {
	for (const name of chosen.length ? chosen : FILES)
		await (await import(`./test_${name}.mjs`)).run({ browser, folder, screenshots, all: process.env.GILSCOPE_ALL === '1' });
} finally {
	await browser.end();
}
process.exitCode = end();

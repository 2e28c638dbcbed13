// SPDX-License-Identifier: MIT
// Runs the tests of one browser: node run.mjs SETTING [FILE...]
// SETTING: JSON from test_browser.py, which made the files; FILE: only these tests.
import { Browser } from './browser.mjs';
import { end } from './tap.mjs';

const FILES = ['watch', 'files', 'gestures', 'selection', 'hostile'];
const [setting, ...chosen] = process.argv.slice(2);
const context = JSON.parse(setting);

context.browser = await Browser.start(context.kind, context.program);
try {
	for (const name of chosen.length ? chosen : FILES)
		await (await import(`./test_${name}.mjs`)).run(context);
} finally {
	await context.browser.end();
}
process.exitCode = end();

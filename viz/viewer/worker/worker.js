// SPDX-License-Identifier: MIT
// The worker's message loop.

import { Session } from './session.js';

const session = new Session((message) => postMessage(message));

onmessage = ({ data }) => session[data.do](data);

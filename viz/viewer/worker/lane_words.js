// SPDX-License-Identifier: MIT
// Words of the search box that say something about a lane, for the page and for the worker:
// part of a thread's name, or its tid or pid; thread:NAME, name:NAME, tid:N, pid:N, gil:N. Capitals mean nothing.
import { visible } from '../text.js';

const LANE_WORD = /^(thread|name|tid|pid|gil):(.+)$/;
const LANE_NUMBERS = { tid: 'tid', pid: 'pid', gil: 'gil_number' };

export function laneFits(lane, word) {
	const low = word.toLowerCase();
	const [, key, value = low] = LANE_WORD.exec(low) ?? [];

	if (key in LANE_NUMBERS)
		return String(lane[LANE_NUMBERS[key]]) === value;
	// As it is shown, or as it is.
	if (visible(lane.name, Infinity).toLowerCase().includes(value) || lane.name.toLowerCase().includes(value))
		return true;
	return !key && (String(lane.tid) === value || String(lane.pid) === value);
}

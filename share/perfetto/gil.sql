-- SPDX-License-Identifier: MIT
-- Queries for a trace that `gilscope export --to perfetto` wrote, for the Perfetto UI's
-- "Query (SQL)" page. Durations are ns.

-- Each thread: what it did, and how often it tried in vain.
SELECT thread.name AS thread, thread.tid,
	sum(iif(slice.name = 'running with GIL', slice.dur, 0)) AS hold_ns,
	sum(iif(slice.name = 'waiting for GIL', slice.dur, 0)) AS wait_ns,
	sum(iif(slice.name = 'off GIL', slice.dur, 0)) AS off_ns,
	sum(slice.name = 'GIL attempt failed') AS failed_attempts
FROM slice JOIN thread_track ON slice.track_id = thread_track.id JOIN thread USING (utid)
GROUP BY utid ORDER BY wait_ns DESC;

-- The longest waits, and who held the GIL most of the time meanwhile.
SELECT slice.ts, thread.name AS thread, slice.dur AS wait_ns,
	extract_arg(slice.arg_set_id, 'debug.holder') AS holder
FROM slice JOIN thread_track ON slice.track_id = thread_track.id JOIN thread USING (utid)
WHERE slice.name = 'waiting for GIL' ORDER BY slice.dur DESC LIMIT 20;

-- Who got in whose way: failed attempts by thread and holder.
SELECT thread.name AS thread, extract_arg(slice.arg_set_id, 'debug.holder') AS holder,
	count(*) AS failed_attempts
FROM slice JOIN thread_track ON slice.track_id = thread_track.id JOIN thread USING (utid)
WHERE slice.name = 'GIL attempt failed' GROUP BY utid, holder ORDER BY failed_attempts DESC;

-- Hand-overs from thread to thread.
SELECT source.name AS from_thread, target.name AS to_thread, count(*) AS handovers,
	sum(slice_in.ts - (slice_out.ts + slice_out.dur)) AS handover_ns
FROM flow
JOIN slice AS slice_out ON slice_out.id = flow.slice_out JOIN slice AS slice_in ON slice_in.id = flow.slice_in
JOIN thread_track AS track_out ON track_out.id = slice_out.track_id
JOIN thread_track AS track_in ON track_in.id = slice_in.track_id
JOIN thread AS source ON source.utid = track_out.utid JOIN thread AS target ON target.utid = track_in.utid
GROUP BY source.utid, target.utid ORDER BY handovers DESC;

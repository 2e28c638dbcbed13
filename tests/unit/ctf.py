# SPDX-License-Identifier: MIT
"""Writes traces byte by byte, in the layout of LTTng-UST (CTF 1.8).

A row is (time, event name, values...). A stream of one packet is a list of rows.
"""
import pathlib
import struct

INT = "integer { size = %d; align = 8; signed = %d; } %s;"
HOT = [("_gil", "Q"), ("_tid", "i"), ("_tick", "i"), ("_checks", "Q")]
FACTS = [("_gil", "Q"), ("_pid", "i"), ("_schema", "I"), ("_flags", "I"), ("_interval", "q"),
         ("_recording", "s"), ("_design", "s"), ("_version", "s")]
EVENTS = {
    "gil:entry": HOT,
    "gil:busy": HOT,
    "gil:acquire": HOT,
    "gil:retry": HOT + [("_timed_out", "B")],
    "gil:release": HOT + [("_drop_requested", "B")],
    "gil:thread": [("_gil", "Q"), ("_tid", "i"), ("_pid", "i"), ("_serial", "I"),
                   ("_ident", "Q"), ("_is_main", "B"), ("_name", "s")],
    "other:event": [("_x", "I")],
    "gil:leave": [("_gil", "Q"), ("_tid", "i"), ("_reason", "B")],
    "gil:create": FACTS,
    "gil:destroy": FACTS,
    "gil:interval": [("_gil", "Q"), ("_value", "q")],
}
UUID = "7c412d5e-899e-4b35-8087-c8f198ee8bc5"
# What `lttng add-context -u -t vpid -t vtid -t procname` adds to each event, and its bytes.
CONTEXT = ("event.context := struct { integer { size = 32; align = 8; signed = 1; } _vpid;"
           " integer { size = 32; align = 8; signed = 1; } _vtid;"
           " integer { size = 8; align = 8; signed = 1; encoding = UTF8; } _procname[17]; };")


def context(pid, tid, program):
    return struct.pack("<ii17s", pid, tid, program)


def integer(code, name):
    if code == "s":
        return "string %s;" % name
    return INT % (8 * struct.calcsize(code), code in "iq", name)


def metadata(events=None, context="", host="host", pid=77, offset=0, uuid=UUID):
    """offset: of the clock, in ns since 1970."""
    text = """/* CTF 1.8 */
trace { major = 1; minor = 8; byte_order = le; uuid = "%s";
  packet.header := struct {
    integer { size = 32; align = 8; } magic;
    integer { size = 8; align = 8; } uuid[16];
    integer { size = 32; align = 8; } stream_id;
    integer { size = 64; align = 8; } stream_instance_id; }; };
env { domain = "ust"; hostname = "%s"; vpid = %d; };
clock { name = monotonic; freq = 1000000000; offset = %d; };
typealias integer { size = 64; align = 8; map = clock.monotonic.value; } := clock_t;
stream { id = 0;
  event.header := struct { integer { size = 16; align = 8; } id; clock_t timestamp; };
  %s
  packet.context := struct { clock_t timestamp_begin; clock_t timestamp_end;
    integer { size = 64; align = 8; } content_size; integer { size = 64; align = 8; } packet_size;
    integer { size = 64; align = 8; } packet_seq_num;
    integer { size = 64; align = 8; } events_discarded;
    integer { size = 32; align = 8; } cpu_id; }; };
""" % (uuid, host, pid, offset, context)
    for number, (name, fields) in enumerate((events or EVENTS).items()):
        body = " ".join(integer(code, field) for field, code in fields)
        text += 'event { name = "%s"; id = %d; stream_id = 0; fields := struct { %s }; };\n' % (
            name, number, body)
    return text


def pack(code, value):
    if code == "s":
        return (value if isinstance(value, bytes) else value.encode()) + b"\0"
    return struct.pack("<" + code, value)


def packet(instance, events, rows, context=b"", discarded=0, sequence=0, uuid=UUID, span=None):
    """span: the times in the packet's context, where they are not those of its first and last row."""
    ids = {name: number for number, name in enumerate(events)}
    body = bytearray()  # of bytes, each += would copy all of it
    for time, name, *values in rows:
        body += struct.pack("<HQ", ids[name], time) + context
        body += b"".join(pack(code, v) for (_, code), v in zip(events[name], values))
    begin, end = span or (rows[0][0], rows[-1][0])
    size = 32 + 52 + len(body)
    padded = (size + 63) // 64 * 64
    header = struct.pack("<I16sIQ", 0xC1FC1FC1, bytes.fromhex(uuid.replace("-", "")), 0, instance)
    header += struct.pack("<QQQQQQI", begin, end, size * 8, padded * 8, sequence, discarded, instance & 0xFFFFFFFF)  # its CPU
    return (header + body).ljust(padded, b"\0")


def write(folder, streams, context="", **more):
    """A trace in a new folder; streams: the bytes of each. `more` goes to metadata()."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    (folder / "metadata").write_text(metadata(EVENTS, context, **more))
    for i, content in enumerate(streams):
        (folder / ("gil_%d" % i)).write_bytes(content)

//! What the processor and the memory of the device are used for.

use crate::{
    cli::call::{Call, Next, Typed},
    config::grammar::{
        Row,
        Token::{OneOf, Word},
    },
};

#[rustfmt::skip]
const HELP: &[(&str, &str)] = &[
    ("1min", "Sort by the use of the last minute"),
    ("5min", "Sort by the use of the last five minutes"),
    ("5sec", "Sort by the use of the last five seconds"),
    ("cpu", "Show CPU use per process"),
    ("memory", "Memory statistics"),
    ("processes", "Active process statistics"),
    ("sorted", "Show sorted output based on percentage of usage"),
    ("statistics", "Summary of memory usage statistics"),
    ("summary", "Summary of memory usage per alloc PC"),
];

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::exec(1, &[Word("show"), Word("processes"), Word("cpu")], processes, "").with_help(HELP),
    Row::exec(1, &[Word("show"), Word("processes"), Word("cpu"), Word("sorted")], processes, "").with_help(HELP),
    Row::exec(1, &[Word("show"), Word("processes"), Word("cpu"), Word("sorted"), OneOf(&["1min", "5min", "5sec"])], processes, "").with_help(HELP),
    Row::exec(1, &[Word("show"), Word("memory")], memory, "").with_help(HELP),
    Row::exec(1, &[Word("show"), Word("memory"), OneOf(&["statistics", "summary"])], memory, "").with_help(HELP),
];

/// Processes that every device has: number, name, invocations per second of uptime.
const PROCESSES: &[(u32, &str, u64)] = &[
    (1, "Chunk Manager", 0),
    (2, "Load Meter", 1),
    (3, "Exec", 2),
    (4, "Check heaps", 1),
    (5, "Pool Manager", 0),
    (23, "ARP Input", 3),
    (61, "Logger", 1),
    (118, "IP Input", 5),
    (203, "Call Home proces", 1),
];

fn processes(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    let up_s = call.device.up_seconds(call.now);
    call.print(
        "CPU utilization for five seconds: 1%/0%; one minute: 1%; five minutes: 1%\n \
         PID Runtime(ms)     Invoked      uSecs   5Sec   1Min   5Min TTY Process ",
    );
    for (number, name, per_second) in PROCESSES {
        let invoked = (up_s * per_second).max(1);
        let runtime_ms = invoked / 20;
        let each_us = runtime_ms * 1000 / invoked;
        call.print(&format!(
            "{number:>4} {runtime_ms:>11} {invoked:>11} {each_us:>10}  0.00%  0.00%  0.00%   0 {name} "
        ));
    }
    Next::Prompt
}

fn memory(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    let (processor, io) = call.device.memory_bytes();
    call.print("                Head    Total(b)     Used(b)     Free(b)   Lowest(b)  Largest(b)");
    for (name, head, total) in [("Processor", "30B4A4C0", processor), ("I/O", "7400000", io)] {
        if total == 0 {
            continue;
        }
        let used = total / 5;
        let free = total - used;
        let (lowest, largest) = (free - free / 50, free - free / 40);
        call.print(&format!(
            "{name:>9}   {head:>8} {total:>11} {used:>11} {free:>11} {lowest:>11} {largest:>11}"
        ));
    }
    Next::Prompt
}

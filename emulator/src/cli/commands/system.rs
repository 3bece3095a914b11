//! The device as a whole: reloading it, its name service, reaching others, processors and memory.

use crate::{
    cli::call::{Answer, Call, Dialogue, Next, Typed},
    config::grammar::{
        Argument, Row,
        Token::{Argument as Value, Word},
    },
    device::{Input, SystemEvent},
    show::interfaces::interfaces,
    template::Template,
};

const COUNT: Argument = Argument::Integer {
    min: 1,
    max: 2_147_483_647,
};
/// Echo requests unless the user says how many.
const PING_COUNT_DEFAULT: i64 = 5;
/// Most echo requests whose marks are printed.
const PING_COUNT_PRINTED_MAX: i64 = 1_000;
/// Marks of echo requests on one line.
const PING_MARKS_PER_LINE: usize = 70;

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::exec(15, &[Word("reload")], reload, "Halt and perform a cold restart"),
    Row::exec(1, &[Word("ping"), Value(Argument::Host)], ping, "Send echo messages").with_help(&[("WORD", "Ping destination address or hostname")]),
    Row::exec(1, &[Word("ping"), Value(Argument::Host), Word("repeat"), Value(COUNT)], ping, "").with_help(&[("<1-2147483647>", "Repeat count"), ("WORD", "Ping destination address or hostname"), ("ping", "Send echo messages"), ("repeat", "Specify repeat count")]),
    Row::exec(1, &[Word("show"), Word("hosts")], hosts, "").with_help(&[("hosts", "IP domain-name, lookup style, nameservers, and host table")]),
    Row::exec(1, &[Word("show"), Word("processes"), Word("cpu")], processes, "").with_help(&[("cpu", "Show CPU use per process"), ("processes", "Active process statistics")]),
    Row::exec(1, &[Word("show"), Word("memory")], memory, "").with_help(&[("memory", "Memory statistics")]),
    Row::exec(1, &[Word("show"), Word("memory"), Word("statistics")], memory, "").with_help(&[("memory", "Memory statistics"), ("statistics", "Summary of memory usage statistics")]),
];

fn reload(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    if call.device.configuration() == call.device.startup_configuration() {
        confirm_reload()
    } else {
        ask_to_save()
    }
}

fn ask_to_save() -> Next {
    let question = "\nSystem configuration has been modified. Save? [yes/no]: ";
    Next::Ask(Dialogue::new(question, Answer::Line, |call, answer| {
        match answer.trim() {
            "" => return not_answered(call),
            yes if "yes".starts_with(yes) => {
                call.device.save_configuration();
                call.print("Building configuration...\n[OK]");
            }
            no if "no".starts_with(no) => {}
            _ => return not_answered(call),
        }
        confirm_reload()
    }))
}

fn not_answered(call: &mut Call<'_>) -> Next {
    call.print("% Please answer 'yes' or 'no'.");
    ask_to_save()
}

fn confirm_reload() -> Next {
    let question = "Proceed with reload? [confirm]";
    Next::Ask(Dialogue::new(question, Answer::Confirm, |call, answer| {
        if answer.is_empty() {
            return Next::Prompt;
        }
        call.print("");
        let event = Input::Event(SystemEvent::Reload);
        call.device.handle(call.now, event, call.outputs);
        Next::Close
    }))
}

/// The network around a device is not emulated: its own addresses answer, no others do.
fn ping(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let target = typed.text(0).unwrap_or_default().to_owned();
    let address = target.parse::<std::net::Ipv4Addr>();
    let Ok(address) = address else {
        return call.refuse("% Unrecognized host or address, or protocol not running.\n");
    };
    let count = typed.integer(1).unwrap_or(PING_COUNT_DEFAULT);
    let own = interfaces(&call.device.view(call.now))
        .iter()
        .any(|interface| interface.answers_at(address));
    let answers = own || address.is_loopback();
    let mark = if answers { "!" } else { "." };
    let printed = count.min(PING_COUNT_PRINTED_MAX).unsigned_abs() as usize;
    let marks = mark.repeat(printed);
    call.print("Type escape sequence to abort.");
    call.print(&format!(
        "Sending {count}, 100-byte ICMP Echos to {address}, timeout is 2 seconds:"
    ));
    for line in marks.as_bytes().chunks(PING_MARKS_PER_LINE) {
        call.print(&String::from_utf8_lossy(line));
    }
    let end = if answers {
        format!("Success rate is 100 percent ({count}/{count}), round-trip min/avg/max = 1/1/1 ms")
    } else {
        format!("Success rate is 0 percent (0/{count})")
    };
    call.print(&end);
    Next::Prompt
}

fn hosts(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    let domain = call.device.domain_name();
    let view = call.device.view(call.now);
    let values = view.identity_values();
    let filled = |text: String| Template::of_identity(&text).fill(&values).to_string();
    let servers = view.running().verbatim.named("ip name-server ");
    let servers: Vec<String> = servers.map(filled).collect();
    let servers = if servers.is_empty() {
        "255.255.255.255".to_owned()
    } else {
        servers.join(", ")
    };
    let domain = domain.as_deref().unwrap_or("not set");
    call.print(&format!(
        "Default domain is {domain}\n\
         Name/address lookup uses domain service\n\
         Name servers are {servers}\n\n\
         Codes: UN - unknown, EX - expired, OK - OK, ?? - revalidate\n       \
         temp - temporary, perm - permanent\n       \
         NA - Not Applicable None - Not defined\n\n\
         Host                      Port  Flags      Age Type   Address(es)"
    ));
    Next::Prompt
}

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

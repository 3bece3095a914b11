//! The device as a whole: reloading it, reaching others.

use crate::{
    cli::call::{Answer, Call, Dialogue, Next, Typed},
    config::grammar::{
        Argument, Row,
        Token::{Argument as Value, Word},
    },
    device::{Input, SystemEvent},
    license::{ending, period},
    show::interfaces::interfaces,
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
];

fn reload(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    if call.device.configuration() == call.device.startup_configuration() {
        confirm_reload(call)
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
        confirm_reload(call)
    }))
}

fn not_answered(call: &mut Call<'_>) -> Next {
    call.print("% Please answer 'yes' or 'no'.");
    ask_to_save()
}

fn confirm_reload(call: &mut Call<'_>) -> Next {
    warn_of_licenses(call);
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

/// Names the licenses that a feature may miss behind the boot, the nearest end first.
fn warn_of_licenses(call: &mut Call<'_>) {
    let ending = call.device.read_licenses(call.now, ending::ending);
    let ending = ending.unwrap_or_default();
    if ending.is_empty() {
        return;
    }
    call.print("The following license(s) are expiring or have expired.");
    call.print("Features with expired licenses may not work after Reload.");
    for (feature, left_s) in ending {
        call.print(&match left_s {
            0 => format!("Feature: {feature},Status: expired"),
            _ => {
                let left = period::short(left_s);
                format!("Feature: {feature},Status: expiring, Period Left: {left}")
            }
        });
    }
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

//! `fleet device`, in a pipe.

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

fn device(arguments: &[&str], input: &[u8]) -> Output {
    let mut process = Command::new(env!("CARGO_BIN_EXE_fleet"))
        .env_clear()
        .arg("device")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A device that ends early takes no more; what it said counts.
    let _ = process.stdin.take().unwrap().write_all(input);
    process.wait_with_output().unwrap()
}

fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn lines_of_a_pipe_are_carried_out_one_after_the_other() {
    let script =
        b"enable\nconfigure terminal\nhostname edge7\nend\nshow running-config | include hostname";
    let output = device(&[], script);
    assert!(
        printed(&output).ends_with("\nhostname edge7\n"),
        "{output:?}"
    );
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_refused_line_shows_in_the_exit_code_for_those_who_want_it() {
    for (arguments, code) in [(&[][..], 0), (&["--strict"][..], 104)] {
        let output = device(arguments, b"frobnicate now\nshow clock\n");
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert!(printed(&output).contains("UTC"), "it goes on: {output:?}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let mut process = Command::new(env!("CARGO_BIN_EXE_fleet"))
        .env_clear()
        .arg("device")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(process.stdout.take());
    // The device ends at its first word; the rest of the script may find nobody.
    let _ = process.stdin.take().unwrap().write_all(b"show version\n");
    let output = process.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
}

#[test]
fn platform_and_host_name_are_as_asked_for() {
    let arguments = ["--platform", "WS-C3750E", "--hostname", "stack1"];
    let output = device(&arguments, b"show version\n");
    let printed = printed(&output);
    assert!(printed.contains("\nstack1 uptime is "), "{printed}");
    assert!(printed.contains("C3750E"), "{printed}");
}

#[test]
fn what_cannot_be_a_device_is_refused_with_the_reason() {
    let unknown = device(&["--platform", "CISCO9999"], b"");
    assert_eq!(unknown.status.code(), Some(104));
    let said = String::from_utf8(unknown.stderr).unwrap();
    assert!(said.contains("CISCO9999"), "{said}");
    let missing = device(&["--config", "no/such/file"], b"");
    assert_eq!(missing.status.code(), Some(1));
    let said = String::from_utf8(missing.stderr).unwrap();
    assert!(said.contains("no/such/file"), "{said}");
}

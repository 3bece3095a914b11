//! What a session is like.

use russh::ChannelMsg;

use crate::{
    file_servers,
    lab::{DEVICE, Fleet},
};

#[tokio::test]
async fn a_command_without_a_terminal_is_carried_out() {
    let fleet = Fleet::start(&[]);
    let (printed, status) = fleet.exec(DEVICE, "show version | include uptime").await;
    assert!(printed.starts_with("branch-00003 uptime is "), "{printed}");
    assert!(printed.ends_with("\r\n") && status == Some(0));
    let (printed, status) = fleet.exec(DEVICE, "show frobnication").await;
    assert!(
        printed.ends_with("% Invalid input detected at '^' marker.\r\n\r\n"),
        "{printed:?}"
    );
    assert_eq!(status, Some(1));
}

#[tokio::test]
async fn the_user_name_selects_the_device_in_any_case_of_its_letters() {
    let fleet = Fleet::start(&[]);
    let mut serials = Vec::new();
    for device in ["branch-00000", "campus-00000", "BRANCH-00000"] {
        let (printed, _) = fleet
            .exec(device, "show version | include Processor board")
            .await;
        serials.push(printed);
    }
    assert_eq!(serials[0], serials[2]);
    assert_ne!(serials[0], serials[1]);
}

#[tokio::test]
async fn several_sessions_share_one_device_and_not_its_terminal() {
    let fleet = Fleet::start(&[]);
    let mut one = fleet.terminal(DEVICE).await;
    let mut two = fleet.terminal(DEVICE).await;
    one.type_until(b"configure terminal\rcall-home\r", "(cfg-call-home)#")
        .await;
    one.type_until(b"rate-limit 7\r", "(cfg-call-home)#").await;
    let shown = two
        .type_until(b"show run | include rate-limit\r", "branch-00003#")
        .await;
    assert!(shown.contains("\r\n rate-limit 7\r\n"), "{shown}");
    let shown = two.type_until(b"show users\r", "branch-00003#").await;
    assert!(shown.contains("vty 1"), "{shown}");
    drop(one);
    let (printed, _) = fleet
        .exec("branch-00004", "show run | include rate-limit")
        .await;
    assert_eq!(printed, "", "other devices keep their configuration");
}

#[tokio::test]
async fn a_terminal_that_monitors_shows_what_others_cause() {
    let fleet = Fleet::start(&[]);
    let mut one = fleet.terminal(DEVICE).await;
    let mut two = fleet.terminal(DEVICE).await;
    one.type_until(b"terminal monitor\r", "branch-00003#").await;
    two.type_until(b"configure terminal\rend\r", "branch-00003#")
        .await;
    let shown = one.wait_for("by vty1 (127.0.0.1)\r\n").await;
    assert!(shown.contains("%SYS-5-CONFIG_I: "), "{shown}");
    // What it causes itself comes behind the prompt.
    one.type_keys(b"configure terminal\rend\r").await;
    one.wait_for("branch-00003#\r\n").await;
    let shown = one.wait_for("vty0 (127.0.0.1)\r\n").await;
    assert!(shown.contains("%SYS-5-CONFIG_I: "), "{shown}");
}

#[tokio::test]
async fn a_terminal_of_a_few_rows_is_paged_and_a_resized_one_pages_anew() {
    let fleet = Fleet::start(&[]);
    let mut terminal = fleet.terminal(DEVICE).await;
    let page = terminal.type_until(b"show version\r", " --More-- ").await;
    assert_eq!(
        page.matches("\r\n").count(),
        24,
        "the echo and a page less one"
    );
    terminal.type_until(b"q", "branch-00003#").await;
    let all = terminal
        .type_until(b"terminal length 0\rshow version\r", "register is")
        .await;
    assert!(!all.contains("--More--"));
}

#[tokio::test]
async fn strange_input_harms_neither_device_nor_fleet() {
    let fleet = Fleet::start(&[]);
    let mut terminal = fleet.terminal(DEVICE).await;
    let all_bytes: Vec<u8> = (0..=255).filter(|byte| !matches!(byte, 4 | 26)).collect();
    terminal.type_keys(&all_bytes).await;
    terminal.type_keys(&vec![b'x'; 200_000]).await;
    terminal
        .type_until(b"\r\x15show privilege\r", "level is 15")
        .await;
    // Half a dialogue, and then nothing more.
    terminal.type_keys(b"configure terminal\rcrypto pki ").await;
    terminal.cut();
    let (printed, _) = fleet.exec(DEVICE, "show privilege").await;
    assert_eq!(printed, "Current privilege level is 15\r\n");
}

#[tokio::test]
async fn the_lines_of_a_device_are_given_back() {
    let fleet = Fleet::start(&[]);
    let mut terminal = fleet.terminal(DEVICE).await;
    let client = fleet.log_in(DEVICE).await;
    let mut channels = Vec::new();
    for _ in 1..16 {
        channels.push(client.channel_open_session().await.unwrap());
    }
    assert!(
        client.channel_open_session().await.is_err(),
        "all lines are taken"
    );
    terminal.type_keys(b"exit\r").await;
    terminal.wait_for_end().await;
    let (printed, _) = fleet.exec(DEVICE, "show privilege").await;
    assert_eq!(printed, "Current privilege level is 15\r\n");
}

#[tokio::test]
async fn nothing_but_a_device_is_to_be_had() {
    let fleet = Fleet::start(&[]);
    let client = fleet.log_in(DEVICE).await;
    let mut channel = client.channel_open_session().await.unwrap();
    channel.request_subsystem(true, "sftp").await.unwrap();
    loop {
        match channel.wait().await {
            Some(ChannelMsg::Failure) => break,
            Some(ChannelMsg::Success) | None => panic!("there is a subsystem"),
            Some(_) => {}
        }
    }
    let forwarded = client.channel_open_direct_tcpip("127.0.0.1", 22, "127.0.0.1", 1);
    assert!(forwarded.await.is_err());
}

#[tokio::test]
async fn a_session_ends_as_the_device_says() {
    let fleet = Fleet::start(&[]);
    let mut terminal = fleet.terminal(DEVICE).await;
    terminal.type_keys(b"exit\r").await;
    terminal.wait_for_end().await;
}

#[tokio::test]
async fn an_idle_session_ends_after_its_exec_timeout() {
    let fleet = Fleet::start(&[]);
    let mut terminal = fleet.terminal(DEVICE).await;
    let set = b"configure terminal\rline vty 0 4\rexec-timeout 0 1\rend\r";
    terminal.type_until(set, "branch-00003#").await;
    terminal.wait_for_end().await;
}

#[tokio::test]
async fn mail_servers_are_really_probed() {
    let dead = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = dead.local_addr().unwrap().port();
    drop(dead);
    let hosts = format!("hosts.\"smtp2.example.net\"=127.0.0.1:{port}");
    let fleet = Fleet::start(&["--set", &hosts]);
    let command = "show call-home mail-server status";
    let (printed, status) = fleet.exec(DEVICE, command).await;
    assert!(
        printed.contains("smtp1.example.net Priority: 1"),
        "{printed}"
    );
    assert!(printed.contains("[Available]"), "{printed}");
    assert!(printed.contains("[Not Available]"), "{printed}");
    assert_eq!(status, Some(0));

    let mut terminal = fleet.terminal(DEVICE).await;
    let keys = format!("{command}\rshow privilege\r");
    let shown = terminal.type_until(keys.as_bytes(), "level is 15").await;
    assert!(shown.contains("[Available]"), "{shown}");
}

#[tokio::test]
async fn licenses_are_saved_to_a_real_server_and_come_back_from_it() {
    let (address, stored) = file_servers::tftp(std::sync::Arc::new(|_| None));
    let setting = format!("file-server=[{{ host = \"files\", target = \"tftp://{address}\" }}]");
    let fleet = Fleet::start(&["--set", &setting]);
    let (printed, status) = fleet
        .exec(DEVICE, "license save tftp://files/all.lic")
        .await;
    assert_eq!(
        printed,
        "license lines saved ..... to tftp://files/all.lic\r\n"
    );
    assert_eq!(status, Some(0));
    let saved = stored.lock().unwrap()["all.lic"].len();
    let mut terminal = fleet.terminal(DEVICE).await;
    let keys = b"license install tftp://files/all.lic\rshow privilege\r";
    let shown = terminal.type_until(keys, "level is 15").await;
    let loaded = format!(
        "Loading all.lic from files (via GigabitEthernet0/0): !\r\n[OK - {saved} bytes]\r\n"
    );
    assert!(shown.contains(&loaded), "{shown}");
    assert!(
        shown.contains("1/1 licenses were existing licenses\r\n"),
        "{shown}"
    );
    let (printed, status) = fleet
        .exec(DEVICE, "license install tftp://files/none.lic")
        .await;
    assert!(
        printed.contains("%Error opening tftp://files/none.lic (File not found)"),
        "{printed}"
    );
    assert_eq!(status, Some(1));
}

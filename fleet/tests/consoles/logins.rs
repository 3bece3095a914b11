//! Who is let in.

use std::process::Command;

use russh::{
    client::KeyboardInteractiveAuthResponse,
    keys::{Algorithm, PrivateKey, PrivateKeyWithHashAlg, ssh_key::LineEnding},
};

use crate::lab::{DEVICE, Fleet, PASSWORD};

#[tokio::test]
async fn neither_a_wrong_password_nor_an_unknown_device_lets_anybody_in() {
    let fleet = Fleet::start(&[]);
    let mut client = fleet.connect().await;
    for (user, password) in [(DEVICE, "guess"), ("nobody", PASSWORD)] {
        let result = client.authenticate_password(user, password).await;
        assert!(!result.unwrap().success(), "{user} {password}");
    }
    let late = client.authenticate_password(DEVICE, PASSWORD).await;
    assert!(late.unwrap().success(), "two mistakes are forgiven");
}

#[tokio::test]
async fn a_guesser_is_disconnected() {
    let fleet = Fleet::start(&[]);
    let mut client = fleet.connect().await;
    let mut tries = 0;
    while client.authenticate_password(DEVICE, "guess").await.is_ok() && !client.is_closed() {
        tries += 1;
        assert!(tries < 10, "nobody stops the guessing");
    }
}

#[tokio::test]
async fn a_password_may_be_asked_for() {
    let fleet = Fleet::start(&["--set", "ssh.password=secret"]);
    let mut client = fleet.connect().await;
    let asked = client.authenticate_keyboard_interactive_start(DEVICE, None);
    let KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. } = asked.await.unwrap() else {
        panic!("nothing was asked");
    };
    assert_eq!(
        (&*prompts[0].prompt, prompts[0].echo),
        ("Password: ", false)
    );
    let answer = client.authenticate_keyboard_interactive_respond(vec!["secret".to_owned()]);
    assert!(matches!(
        answer.await.unwrap(),
        KeyboardInteractiveAuthResponse::Success
    ));
}

#[tokio::test]
async fn a_key_opens_devices_and_then_no_default_password_does() {
    let key = |seed: [u8; 32]| {
        let pair = russh::keys::ssh_key::private::Ed25519Keypair::from_seed(&seed);
        PrivateKey::from(pair)
    };
    let (own, strange) = (key([1; 32]), key([2; 32]));
    assert_eq!(own.algorithm(), Algorithm::Ed25519);
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("authorized_keys");
    let line = own.public_key().to_openssh().unwrap();
    std::fs::write(&file, format!("# operators\n{line}\n")).unwrap();
    let setting = format!("ssh.authorized-keys={}", file.display());
    let fleet = Fleet::start(&["--set", &setting]);

    let mut client = fleet.connect().await;
    for (key, right) in [(strange, false), (own, true)] {
        let key = PrivateKeyWithHashAlg::new(key.into(), None);
        let result = client.authenticate_publickey(DEVICE, key).await.unwrap();
        assert_eq!(result.success(), right);
    }
    let mut client = fleet.connect().await;
    let result = client.authenticate_password(DEVICE, PASSWORD).await;
    assert!(!result.unwrap().success());
}

#[test]
fn the_host_key_is_made_once_for_a_run_directory_and_for_nobody_else() {
    use std::os::unix::fs::PermissionsExt;
    let fleet = Fleet::start(&[]);
    let path = fleet.folder.path().join("run/ssh_host_ed25519_key");
    let key = PrivateKey::from_openssh(std::fs::read_to_string(&path).unwrap()).unwrap();
    assert!(key.to_openssh(LineEnding::LF).is_ok());
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn an_address_in_use_is_no_reason_to_begin() {
    let fleet = Fleet::start(&[]);
    let folder = tempfile::TempDir::new().unwrap();
    let out = folder.path().join("run");
    let output = Command::new(env!("CARGO_BIN_EXE_fleet"))
        .env_clear()
        .args([
            "ssh",
            "--plain",
            "--listen",
            &format!("127.0.0.1:{}", fleet.port),
        ])
        .arg("--out")
        .arg(&out)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(106));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("already in use"), "{said}");
    assert!(!out.exists(), "a run that did not begin leaves nothing");
}

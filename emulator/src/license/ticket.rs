//! Moving licenses from device to device: credentials, permission tickets and rehost tickets.
//!
//! A portal permits a device to give licenses up; the device gives them up and says so in a rehost
//! ticket; the portal then issues them to another device. All three are XML signed with Ed25519 over
//! their content. Source: reference licensing, sections 1.3 and 5.7 (the formats are our decision).

use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signer, SigningKey};
use roxmltree::{Document, Node};
use sha2::{Digest, Sha256};

use super::{
    document::FILE_BYTES_MAX,
    line::{LicenseId, Udi},
    signature::{Issuer, KeyRing},
};

const PERMISSION_ROOT: &str = "CISCO_PERMISSION_TICKET";
const REHOST_ROOT: &str = "CISCO_REHOST_TICKET";
const CREDENTIAL_ROOT: &str = "CISCO_DEVICE_CREDENTIAL";

/// Why a permission ticket is not applied.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidTicket {
    /// It is no permission ticket.
    #[error("Invalid permission ticket file")]
    Malformed,
    /// No trusted key signed it.
    #[error("Permission ticket verification failed")]
    NotVerified,
    /// It is for another device.
    #[error("Permission ticket is not valid for this device")]
    OtherDevice,
    /// It takes licenses away that the device does not have.
    #[error("License named by the permission ticket was not found")]
    NoSuchLicense,
}

/// A portal's permission to take licenses off a device, and to put grace licenses in their place.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PermissionTicket {
    /// The identity of the ticket: letters, digits and hyphens.
    pub id: String,
    /// The device.
    pub udi: Udi,
    /// The licenses that go.
    pub remove: Vec<LicenseId>,
    /// The lines that come.
    pub add: Vec<String>,
}

impl PermissionTicket {
    /// The file of the ticket, signed by `issuer`.
    pub fn file(&self, issuer: &Issuer) -> Vec<u8> {
        let signature = STANDARD.encode(issuer.sign(&self.signed()));
        let mut text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <{PERMISSION_ROOT} id=\"{}\" version=\"1.0\">\n  {}\n",
            self.id,
            udi_element(&self.udi)
        );
        for id in &self.remove {
            text.push_str(&format!("  <REMOVE><LINE_ID>{id}</LINE_ID></REMOVE>\n"));
        }
        for line in &self.add {
            text.push_str(&format!(
                "  <ADD><LICENSE_LINE><![CDATA[{line}]]></LICENSE_LINE></ADD>\n"
            ));
        }
        text.push_str(&format!(
            "  <SIG alg=\"Ed25519\" key=\"{}\">{signature}</SIG>\n</{PERMISSION_ROOT}>\n",
            issuer.key_id()
        ));
        text.into_bytes()
    }

    /// Reads the file `bytes` and checks whether `ring` vouches for it.
    ///
    /// # Errors
    /// If it is no ticket, or nobody trusted signed it.
    pub(crate) fn verified(bytes: &[u8], ring: &KeyRing) -> Result<Self, InvalidTicket> {
        let malformed = InvalidTicket::Malformed;
        let text = std::str::from_utf8(bytes)
            .ok()
            .filter(|text| text.len() <= FILE_BYTES_MAX)
            .ok_or(malformed)?;
        let document = Document::parse(text).map_err(|_| malformed)?;
        let root = document.root_element();
        let id = root.attribute("id").unwrap_or_default();
        let is_id = !id.is_empty()
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if root.tag_name().name() != PERMISSION_ROOT || !is_id {
            return Err(malformed);
        }
        let remove = root
            .children()
            .filter(|node| node.has_tag_name("REMOVE"))
            .map(|node| text_of(node, "LINE_ID").and_then(|id| LicenseId::parse(&id)));
        let add = root
            .children()
            .filter(|node| node.has_tag_name("ADD"))
            .map(|node| text_of(node, "LICENSE_LINE"));
        let ticket = Self {
            id: id.to_owned(),
            udi: udi(root).ok_or(malformed)?,
            remove: remove.collect::<Option<_>>().ok_or(malformed)?,
            add: add.collect::<Option<_>>().ok_or(malformed)?,
        };
        let sealed = root.children().find(|node| node.has_tag_name("SIG"));
        let sealed = sealed.ok_or(malformed)?;
        let key_id = sealed.attribute("key").and_then(|key| key.parse().ok());
        let signature = STANDARD.decode(sealed.text().unwrap_or_default().trim());
        let signature = signature.ok().and_then(|bytes| bytes.try_into().ok());
        let (Some(key_id), Some(signature)) = (key_id, signature) else {
            return Err(malformed);
        };
        match ring.verify(key_id, &ticket.signed(), &signature) {
            true => Ok(ticket),
            false => Err(InvalidTicket::NotVerified),
        }
    }

    fn signed(&self) -> Vec<u8> {
        let mut parts = vec![self.id.clone(), self.udi.to_string()];
        parts.extend(self.remove.iter().map(|id| format!("-{id}")));
        parts.extend(self.add.iter().map(|line| format!("+{line}")));
        signed(b"EMU-CSL-PERMISSION-V1", &parts)
    }
}

/// The rehost ticket by which the device `udi` proves with `key` that it gave up `revoked`, licenses
/// and their lines, as `permission` permitted.
pub(crate) fn rehost_ticket(
    permission: &str,
    udi: &Udi,
    revoked: &[(LicenseId, String)],
    key: [u8; 32],
) -> Vec<u8> {
    let id = LicenseId::derived(&[b"rehost", permission.as_bytes(), udi.to_string().as_bytes()]);
    let lines = revoked.iter().map(|(id, line)| {
        let digest = Sha256::digest(line.as_bytes());
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        (id, digest)
    });
    let lines: Vec<_> = lines.collect();
    let mut parts = vec![id.to_string(), permission.to_owned(), udi.to_string()];
    parts.extend(lines.iter().map(|(id, digest)| format!("{id} {digest}")));
    let signature = device_signature(key, &signed(b"EMU-CSL-REHOST-V1", &parts));
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <{REHOST_ROOT} id=\"{id}\" ticket_ref=\"{permission}\">\n  {}\n",
        udi_element(udi)
    );
    for (id, digest) in lines {
        text.push_str(&format!(
            "  <REVOKED><LINE_ID>{id}</LINE_ID><LINE_SHA256>{digest}</LINE_SHA256></REVOKED>\n"
        ));
    }
    text.push_str(&format!(
        "  <SIG alg=\"Ed25519\">{signature}</SIG>\n</{REHOST_ROOT}>\n"
    ));
    text.into_bytes()
}

/// The document by which the device `udi` proves with `key` who it is, made at `issued_at_s`.
pub(crate) fn credential(udi: &Udi, issued_at_s: u32, key: [u8; 32]) -> Vec<u8> {
    let nonce = LicenseId::derived(&[
        b"credential",
        udi.to_string().as_bytes(),
        &issued_at_s.to_be_bytes(),
    ]);
    let parts = [udi.to_string(), issued_at_s.to_string(), nonce.to_string()];
    let signature = device_signature(key, &signed(b"EMU-CSL-CREDENTIAL-V1", &parts));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <{CREDENTIAL_ROOT} version=\"1.0\">\n  {}\n  <ISSUED>{issued_at_s}</ISSUED>\n  \
         <NONCE>{nonce}</NONCE>\n  <SIG alg=\"Ed25519\">{signature}</SIG>\n</{CREDENTIAL_ROOT}>\n",
        udi_element(udi)
    )
    .into_bytes()
}

/// What is signed of a document of `parts`: each with its length, so that none runs into the next.
fn signed(domain: &[u8], parts: &[String]) -> Vec<u8> {
    let mut bytes = domain.to_vec();
    for part in parts {
        bytes.extend((part.len() as u64).to_be_bytes());
        bytes.extend(part.as_bytes());
    }
    bytes
}

fn device_signature(key: [u8; 32], message: &[u8]) -> String {
    STANDARD.encode(SigningKey::from_bytes(&key).sign(message).to_bytes())
}

fn udi_element(udi: &Udi) -> String {
    format!("<UDI><PID>{}</PID><SN>{}</SN></UDI>", udi.pid, udi.serial)
}

fn udi(parent: Node<'_, '_>) -> Option<Udi> {
    let node = parent.children().find(|node| node.has_tag_name("UDI"))?;
    let (pid, serial) = (text_of(node, "PID")?, text_of(node, "SN")?);
    Udi::parse(&format!("{pid}:{serial}"))
}

fn text_of(parent: Node<'_, '_>, name: &str) -> Option<String> {
    let node = parent.children().find(|node| node.has_tag_name(name))?;
    node.text().map(|text| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::license::signature::{REVOKED_TEST_KEY_ID, TEST_KEY_ID};

    fn ticket() -> PermissionTicket {
        PermissionTicket {
            id: "PT-1".into(),
            udi: Udi::new("AS54XM-AC-RPS", "JAE0948QXKD"),
            remove: vec![LicenseId::derived(&[b"one"]), LicenseId::derived(&[b"two"])],
            add: vec!["11 uc".into()],
        }
    }

    #[test]
    fn a_ticket_is_read_as_it_was_signed() {
        let file = ticket().file(&Issuer::for_tests(TEST_KEY_ID));
        let ring = KeyRing::default();
        assert_eq!(PermissionTicket::verified(&file, &ring), Ok(ticket()));
        let file = ticket().file(&Issuer::for_tests(REVOKED_TEST_KEY_ID));
        let refused = Err(InvalidTicket::NotVerified);
        assert_eq!(PermissionTicket::verified(&file, &ring), refused);
    }

    #[test]
    fn changed_and_cut_tickets_are_refused() {
        let file = ticket().file(&Issuer::for_tests(TEST_KEY_ID));
        let text = String::from_utf8(file.clone()).unwrap();
        let ring = KeyRing::default();
        for (old, new) in [
            ("PT-1", "PT-2"),
            ("JAE0948QXKD", "JAE0948QXKE"),
            ("11 uc", "11 vc"),
            ("<REMOVE>", "<KEEP/><REMOVE>"),
            ("</REMOVE>\n  <REMOVE>", "</REMOVE><!-- --><REMOVE>"),
        ] {
            let changed = text.replacen(old, new, 1);
            let verdict = PermissionTicket::verified(changed.as_bytes(), &ring);
            // What is only white space and foreign elements to a reader changes nothing.
            assert_eq!(
                verdict.is_ok(),
                new.contains("REMOVE"),
                "{new}: {verdict:?}"
            );
        }
        for length in 0..file.len() - 1 {
            let verdict = PermissionTicket::verified(&file[..length], &ring);
            assert_eq!(verdict, Err(InvalidTicket::Malformed), "{length} bytes");
        }
    }

    #[test]
    fn the_same_permission_gives_the_same_rehost_ticket() {
        let udi = Udi::new("AS54XM-AC-RPS", "JAE0948QXKD");
        let revoked = [(LicenseId::derived(&[b"one"]), "11 uc".to_owned())];
        let ticket = |key| rehost_ticket("PT-1", &udi, &revoked, [key; 32]);
        assert_eq!(ticket(1), ticket(1));
        assert_ne!(ticket(1), ticket(2));
        let text = String::from_utf8(ticket(1)).unwrap();
        assert!(Document::parse(&text).is_ok());
        assert!(text.contains("ticket_ref=\"PT-1\""));
        assert!(!text.contains("11 uc"));
    }
}

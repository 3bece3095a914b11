//! Commands of the call-home mode and its snapshot mode.

use super::{Mode, Position, Refusal, Values, checked, checked_text, checked_word};
use crate::{
    alert_group::{AlertGroup, AlertGroupSet},
    config::{
        CallHomeSettings, DiagnosticSignature, HttpProxy, LIST_ENTRIES_MAX, MAIL_SERVERS_MAX,
        MailServer, PROFILES_MAX, PrivacyLevel, Profile, ProfileKind,
        RATE_LIMIT_PER_MINUTE_DEFAULT, TAC_PROFILE, grammar::Verb, names,
    },
};

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the grammar gives this mode its own commands only"
)]
pub(super) fn carry_out(
    settings: &mut CallHomeSettings,
    position: &mut Position,
    verb: Verb,
    values: &Values<'_, '_>,
) -> Result<(), Refusal> {
    let sets = values.sets();
    match verb {
        Verb::AaaAuthorization => settings.aaa_authorization = sets,
        Verb::AlertGroup => switch_alert_groups(settings, values),
        Verb::EnterSnapshot if sets => {
            *position = Position::at(Mode::Snapshot);
        }
        Verb::EnterSnapshot => settings.snapshot_commands.clear(),
        Verb::EnterDiagnosticSignature if sets => {
            *position = Position::at(Mode::DiagnosticSignature);
        }
        Verb::EnterDiagnosticSignature => {
            settings.diagnostic_signature = DiagnosticSignature::default();
        }
        Verb::CopyProfile => copy_profile(settings, values)?,
        Verb::RenameProfile => rename_profile(settings, values)?,
        Verb::EnterProfile => enter_profile(settings, position, values)?,
        Verb::PrivacyLevel => {
            settings.privacy_level = match values.keyword(0) {
                Some("high") if sets => PrivacyLevel::High,
                _ => PrivacyLevel::Normal,
            };
        }
        Verb::PrivacyHostname => settings.privacy_hostname = sets,
        Verb::ResolveIpv4First => settings.http_ipv4_first = sets,
        // The check is on by default, so `default` turns it on again.
        Verb::ServerIdentityCheck => settings.http_identity_check = !values.negates(),
        Verb::SyslogThrottling => settings.syslog_throttling = !values.negates(),
        Verb::HttpProxy => settings.http_proxy = http_proxy(values)?,
        Verb::MailServer => mail_server(settings, values)?,
        Verb::RateLimit => {
            settings.rate_limit_per_minute = values
                .integer(0)
                .filter(|_| sets)
                .and_then(|limit| u8::try_from(limit).ok())
                .unwrap_or(RATE_LIMIT_PER_MINUTE_DEFAULT);
        }
        _ => set_text(settings, verb, values)?,
    }
    Ok(())
}

/// Commands that set or remove one text.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the grammar gives this mode its own commands only"
)]
fn set_text(
    settings: &mut CallHomeSettings,
    verb: Verb,
    values: &Values<'_, '_>,
) -> Result<(), Refusal> {
    let text = values.text(0).filter(|_| values.sets());
    let plain = |max| text.map(|text| checked_text(text, max)).transpose();
    let word = |max| text.map(|text| checked_word(text, max)).transpose();
    let email = || {
        text.map(|text| checked(text, names::is_email, Refusal::Email))
            .transpose()
    };
    match verb {
        Verb::AaaUsername => settings.aaa_username = word(64)?,
        Verb::ContactEmail => settings.contact_email = email()?,
        Verb::SenderFrom => settings.sender_from = email()?,
        Verb::SenderReplyTo => settings.sender_reply_to = email()?,
        Verb::ContractId => settings.contract_id = plain(64)?,
        Verb::CustomerId => settings.customer_id = plain(64)?,
        Verb::SiteId => settings.site_id = plain(200)?,
        Verb::StreetAddress => settings.street_address = plain(200)?,
        Verb::PhoneNumber => {
            settings.phone_number = text
                .map(|text| checked(text, names::is_phone, Refusal::Phone))
                .transpose()?;
        }
        // Interface and address exclude each other: the last one wins.
        Verb::SourceInterface => {
            settings.source_interface = word(64)?;
            settings.source_ip_address =
                settings.source_ip_address.take().filter(|_| text.is_none());
        }
        Verb::SourceIpAddress => {
            settings.source_ip_address = word(64)?;
            settings.source_interface = settings.source_interface.take().filter(|_| text.is_none());
        }
        Verb::Vrf => settings.vrf = word(32)?,
        _ => {}
    }
    Ok(())
}

fn switch_alert_groups(settings: &mut CallHomeSettings, values: &Values<'_, '_>) {
    let on = !values.negates();
    match values.keyword(0).and_then(AlertGroup::from_keyword) {
        Some(group) if on => settings.alert_groups.insert(group),
        Some(group) => settings.alert_groups.remove(group),
        None if on => settings.alert_groups = AlertGroupSet::ALL,
        None => settings.alert_groups = AlertGroupSet::default(),
    }
}

fn http_proxy(values: &Values<'_, '_>) -> Result<Option<HttpProxy>, Refusal> {
    let (Some(host), true) = (values.text(0), values.sets()) else {
        return Ok(None);
    };
    let port = values.integer(1).and_then(|port| u16::try_from(port).ok());
    port.map(|port| {
        checked(host, names::is_host, Refusal::Host).map(|host| HttpProxy { host, port })
    })
    .transpose()
}

fn mail_server(settings: &mut CallHomeSettings, values: &Values<'_, '_>) -> Result<(), Refusal> {
    let Some(host) = values.text(0) else {
        return Ok(());
    };
    let servers = &mut settings.mail_servers;
    let same = |server: &MailServer| server.host.source().eq_ignore_ascii_case(host);
    if !values.sets() {
        servers.retain(|server| !(same(server) || host.eq_ignore_ascii_case("all")));
        return Ok(());
    }
    let server = MailServer {
        host: checked(host, names::is_server, Refusal::Host)?,
        priority: values
            .integer(1)
            .and_then(|n| u8::try_from(n).ok())
            .unwrap_or(1),
        tls: values.keyword(2) == Some("tls"),
    };
    match servers.iter().position(same) {
        Some(known) => servers[known] = server,
        None if servers.len() >= MAIL_SERVERS_MAX => return Err(Refusal::TooManyMailServers),
        None => servers.push(server),
    }
    // A stable sort: equal priorities stay in the order they were entered.
    servers.sort_by_key(|server| server.priority);
    Ok(())
}

/// Checks the name of a profile that is to be made.
fn new_profile_name(settings: &CallHomeSettings, name: &str) -> Result<(), Refusal> {
    if name.chars().count() > names::PROFILE_NAME_MAX {
        return Err(Refusal::TooLong(names::PROFILE_NAME_MAX));
    }
    if !names::is_text(name) {
        return Err(Refusal::NotPrintable);
    }
    if name.eq_ignore_ascii_case(TAC_PROFILE) {
        return Err(Refusal::ResemblesTac);
    }
    match settings.profile(name) {
        Some(_) => Err(Refusal::ProfileExists(name.to_owned())),
        None => Ok(()),
    }
}

fn room_for_a_profile(settings: &CallHomeSettings) -> Result<(), Refusal> {
    if settings.profiles.len() < PROFILES_MAX {
        Ok(())
    } else {
        Err(Refusal::TooMany(PROFILES_MAX))
    }
}

fn enter_profile(
    settings: &mut CallHomeSettings,
    position: &mut Position,
    values: &Values<'_, '_>,
) -> Result<(), Refusal> {
    let Some(name) = values.text(0) else {
        return Ok(());
    };
    let known = settings
        .profile(name)
        .map(|profile| (profile.id, profile.kind, profile.name.clone()));
    if !values.sets() {
        return match known {
            None => Err(Refusal::NoSuchProfile(name.to_owned())),
            Some((_, ProfileKind::Tac, _)) => Err(Refusal::TacStays),
            Some((id, ProfileKind::User, _)) => {
                settings.profiles.retain(|profile| profile.id != id);
                Ok(())
            }
        };
    }
    let name = match known {
        Some((_, _, name)) => name,
        None => {
            new_profile_name(settings, name)?;
            room_for_a_profile(settings)?;
            settings.add_profile(Profile::user(name));
            name.into()
        }
    };
    *position = Position {
        profile: Some(name),
        ..Position::at(Mode::Profile)
    };
    Ok(())
}

fn copy_profile(settings: &mut CallHomeSettings, values: &Values<'_, '_>) -> Result<(), Refusal> {
    let (Some(source), Some(name)) = (values.text(0), values.text(1)) else {
        return Ok(());
    };
    new_profile_name(settings, name)?;
    room_for_a_profile(settings)?;
    let source = settings
        .profile(source)
        .ok_or_else(|| Refusal::NoSuchProfile(source.to_owned()))?;
    let copy = Profile {
        name: name.into(),
        kind: ProfileKind::User,
        active: true,
        reports_licensing: false,
        // What the original has by default the copy has in so many words.
        email_addresses: source.mail_recipients(),
        http_url: source.url(),
        default_url: false,
        ..source.clone()
    };
    settings.add_profile(copy);
    Ok(())
}

fn rename_profile(settings: &mut CallHomeSettings, values: &Values<'_, '_>) -> Result<(), Refusal> {
    let (Some(source), Some(name)) = (values.text(0), values.text(1)) else {
        return Ok(());
    };
    new_profile_name(settings, name)?;
    match settings.profile_mut(source) {
        None => Err(Refusal::NoSuchProfile(source.to_owned())),
        Some(profile) if profile.kind == ProfileKind::Tac => Err(Refusal::TacIsFixed),
        Some(profile) => {
            profile.name = name.into();
            settings.sort_profiles();
            Ok(())
        }
    }
}

/// `add-command` of the snapshot mode; a command that is there already is not added again.
pub(super) fn snapshot(
    settings: &mut CallHomeSettings,
    values: &Values<'_, '_>,
) -> Result<(), Refusal> {
    let Some(command) = values.text(0) else {
        return Ok(());
    };
    let commands = &mut settings.snapshot_commands;
    if !values.sets() {
        commands.retain(|known| **known != *command);
        return Ok(());
    }
    if command.chars().count() > names::SNAPSHOT_COMMAND_MAX {
        return Err(Refusal::TooLong(names::SNAPSHOT_COMMAND_MAX));
    }
    if !names::is_text(command) {
        return Err(Refusal::NotPrintable);
    }
    if commands.iter().any(|known| **known == *command) {
        return Ok(());
    }
    if commands.len() >= LIST_ENTRIES_MAX {
        return Err(Refusal::TooMany(LIST_ENTRIES_MAX));
    }
    commands.push(command.into());
    Ok(())
}

//! Arguments of `fleet license`.

use std::path::PathBuf;

use clap::{Args, Subcommand, builder::PossibleValuesParser};
use emulator::license::{LicenseId, LicenseKind, Pak, Udi, issue::Flaw};
use jiff::Timestamp;

use crate::{issuer_key, units::Period};

/// What to do with licenses.
#[derive(Debug, Subcommand)]
pub enum LicenseCommand {
    /// Make license files, one for each device, which `license install` takes.
    Issue(IssueArguments),
    /// Make a permission ticket, by which `license revoke` takes licenses off a device.
    Ticket(TicketArguments),
    /// Print what a licensing portal knows of a product authorization key, as JSON.
    Pak(PakArguments),
    /// Make a private key to sign licenses with, and print its public part.
    Key(KeyArguments),
    /// Say what is in a license file, and whether devices would take it.
    Show(ShowArguments),
}

/// Arguments of `fleet license issue`.
#[derive(Args, Clone, Debug)]
pub struct IssueArguments {
    /// Device to license, as in CISCO2951/K9:FTX1000A001 (repeatable).
    #[arg(long, value_name = "PID:SN", value_parser = udi,
        required_unless_present = "scenario", conflicts_with = "scenario")]
    pub udi: Vec<Udi>,
    /// License every device of this scenario (TOML), members of stacks one by one.
    #[arg(long, value_name = "FILE")]
    pub scenario: Option<PathBuf>,
    /// Of the scenario, this fleet only.
    #[arg(long, value_name = "NAME", requires = "scenario")]
    pub fleet: Option<String>,
    /// Feature to license (repeatable: each a line of the file).
    #[arg(long, value_name = "F", required = true)]
    pub feature: Vec<String>,
    #[command(flatten)]
    pub(crate) terms: TermsArguments,
    /// Product authorization key that the license was ordered with.
    #[arg(long, value_name = "PAK", value_parser = pak)]
    pub pak: Option<Pak>,
    #[command(flatten)]
    pub(crate) issuer: IssuerArguments,
    /// What is to be wrong with the files.
    #[arg(long, value_name = "WORD", value_parser = PossibleValuesParser::new(Flaw::ALL.map(|(word, _)| word)))]
    pub flaw: Option<String>,
    /// Folder for the files, each named after its device and the time of issue [default: one file to
    /// standard output].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// What is granted.
#[derive(Args, Clone, Debug)]
pub struct TermsArguments {
    /// Kind of license: permanent, evaluation, extension, grace-period, paid-subscription,
    /// evaluation-subscription or extension-subscription.
    #[arg(long, value_name = "KIND", default_value = LicenseKind::Permanent.keyword())]
    pub kind: String,
    /// Time of use, as in 20h or 60d, of evaluation, extension and grace-period licenses.
    #[arg(long, value_name = "T")]
    pub period: Option<Period>,
    /// How many users, channels or sessions [default: not counted].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(u32::MAX - 1)))]
    pub count: Option<u32>,
    /// First day of a subscription, as in 2026-01-31.
    #[arg(long, value_name = "DATE")]
    pub start: Option<String>,
    /// Last day of a subscription.
    #[arg(long, value_name = "DATE")]
    pub end: Option<String>,
    /// Let it add to other licenses of its feature [default: all kinds but permanent ones do].
    #[arg(long)]
    pub additive: bool,
}

/// Who signs, and when.
#[derive(Args, Clone, Debug)]
pub struct IssuerArguments {
    /// Number of the issuer: with --key, of that key [default: 100]; else a test issuer, of whom devices
    /// trust 1 and 2, have revoked 3, and know no others [default: 1].
    #[arg(long, value_name = "N")]
    pub issuer: Option<u16>,
    /// Private key to sign with (Ed25519, PEM), as `fleet license key` makes them.
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Time of issue, as in 2026-03-02T09:00:00Z [default: the start of the scenario, else now].
    #[arg(long, value_name = "TIME")]
    pub issued_at: Option<Timestamp>,
}

/// Arguments of `fleet license ticket`.
#[derive(Args, Clone, Debug)]
pub struct TicketArguments {
    /// Device that the ticket is for.
    #[arg(long, value_name = "PID:SN", value_parser = udi)]
    pub udi: Udi,
    /// License to take off it, by the id that `fleet license show` prints (repeatable).
    #[arg(long, value_name = "ID", required = true, value_parser = id)]
    pub remove: Vec<LicenseId>,
    /// Feature to license for a time in their place (repeatable).
    #[arg(long, value_name = "F")]
    pub grace: Vec<String>,
    /// How long that time of use is.
    #[arg(long, value_name = "T", default_value = "60d", requires = "grace")]
    pub period: Period,
    /// Identity of the ticket: letters, digits and dashes [default: follows from what it says].
    #[arg(long, value_name = "ID", value_parser = ticket_id)]
    pub id: Option<String>,
    #[command(flatten)]
    pub(crate) issuer: IssuerArguments,
    /// File for the ticket [default: standard output].
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Arguments of `fleet license pak`.
#[derive(Args, Clone, Debug)]
pub struct PakArguments {
    /// The key: eleven capital letters and digits.
    #[arg(value_parser = pak)]
    pub pak: Pak,
    /// What was ordered, and the features that it comes with, as in SL-29-SEC-K9=securityk9,uck9
    /// (repeatable).
    #[arg(long, value_name = "SKU=F,F", required = true)]
    pub sku: Vec<String>,
    /// How many of each were ordered.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub quantity: u32,
    /// How many of each are left [default: all].
    #[arg(long, value_name = "N")]
    pub available: Option<u32>,
    /// Kind of license.
    #[arg(long, value_name = "KIND", default_value = LicenseKind::Permanent.keyword(),
        value_parser = PossibleValuesParser::new(LicenseKind::ALL.map(LicenseKind::keyword)))]
    pub kind: String,
    /// How many users each feature is for [default: not counted].
    #[arg(long, value_name = "N")]
    pub count: Option<u32>,
    /// Platform that it is for (repeatable).
    #[arg(long, value_name = "P")]
    pub platform: Vec<String>,
    /// Everything must be fetched at once [default: a part at a time].
    #[arg(long)]
    pub single: bool,
}

/// Arguments of `fleet license key`.
#[derive(Args, Clone, Debug)]
pub struct KeyArguments {
    /// File for the private key (PEM); it must not be there yet.
    pub file: PathBuf,
    /// Number by which devices are to know the key; 1 to 3 would replace a test issuer.
    #[arg(long, value_name = "N", default_value_t = OWN_KEY_ID)]
    pub issuer: u16,
}

/// Arguments of `fleet license show`.
#[derive(Args, Clone, Debug)]
pub struct ShowArguments {
    /// License file.
    pub file: PathBuf,
    /// Look at it as this device would [default: as the device that each line is for].
    #[arg(long, value_name = "PID:SN", value_parser = udi)]
    pub udi: Option<Udi>,
    /// Trust this key beside the test issuers, by its number and 64 hexadecimal digits (repeatable).
    #[arg(long, value_name = "N=KEY", value_parser = trusted)]
    pub trust: Vec<(u16, [u8; 32])>,
    /// The day on which it is to be installed, as in 2026-01-31 [default: today].
    #[arg(long, value_name = "DATE")]
    pub today: Option<jiff::civil::Date>,
}

/// The number of a user's own key unless it is given one.
pub const OWN_KEY_ID: u16 = 100;

fn udi(text: &str) -> Result<Udi, String> {
    Udi::parse(text)
        .ok_or_else(|| "write product and serial number, as in CISCO2951/K9:FTX1000A001".to_owned())
}

fn pak(text: &str) -> Result<Pak, String> {
    Pak::parse(text).ok_or_else(|| "it has eleven capital letters and digits".to_owned())
}

fn id(text: &str) -> Result<LicenseId, String> {
    LicenseId::parse(text)
        .ok_or_else(|| "it has 32 hexadecimal digits; `fleet license show` prints it".to_owned())
}

fn ticket_id(text: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    match (1..=64).contains(&text.len()) && text.bytes().all(plain) {
        true => Ok(text.to_owned()),
        false => Err("write up to 64 letters, digits and dashes".to_owned()),
    }
}

fn trusted(text: &str) -> Result<(u16, [u8; 32]), String> {
    let help = "write the number and the 64 hexadecimal digits that `fleet license key` prints, as in 100=19bf…";
    let (number, key) = text.split_once('=').ok_or(help)?;
    let number = number.parse().map_err(|_| help)?;
    Ok((number, issuer_key::public_key(key).ok_or(help)?))
}

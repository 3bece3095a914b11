//! What `show version` says of licenses, as each way of packaging has it.
//!
//! Source: reference licensing, section 3.9.

use std::fmt::Write;

use super::line;
use crate::license::{
    course::{self, Wanted},
    image::Packaging,
    shelf::{Line, Shelf},
};
use crate::{template::LicenseField, text::push};

/// Appends `field` of what `show version` says of the licenses on `shelf`, where the configuration
/// asks for `wanted`; it ends without a line feed.
pub(crate) fn push_version(
    out: &mut Vec<u8>,
    shelf: &Shelf<'_>,
    wanted: &Wanted,
    field: LicenseField,
) {
    let mut features = shelf.image.features.iter().enumerate();
    let running =
        features.find(|(place, feature)| feature.level.is_some() && shelf.licenses.runs(*place));
    let running = running.map(|(_, feature)| &*feature.name);
    match field {
        LicenseField::Block => {
            let mut text = String::new();
            udis(&mut text, shelf);
            if shelf.image.packaging == Packaging::TechnologyPackages {
                packages(&mut text, shelf, wanted);
            }
            push(out, text.trim_end_matches('\n'));
        }
        LicenseField::Level => push(out, running.unwrap_or("None")),
        LicenseField::Kind => {
            push(
                out,
                running.map_or("None", |name| kind_of(&shelf.lines(0), name)),
            );
        }
        LicenseField::Next => {
            let next = course::next_boot(shelf, wanted);
            let next = next
                .first()
                .and_then(|(place, _)| shelf.image.features.get(*place));
            push(out, next.map_or("None", |feature| &*feature.name));
        }
    }
}

fn udis(text: &mut String, shelf: &Shelf<'_>) {
    line!(text, "License Info:\n\nLicense UDI:\n");
    line!(text, "{}", "-".repeat(49));
    line!(text, "Device#\t  PID\t\t\tSN");
    line!(text, "{}", "-".repeat(49));
    for (number, udi) in shelf.udis.iter().enumerate() {
        line!(text, "*{number}  \t  {:<22}{:<16}", udi.pid, udi.serial);
    }
}

fn packages(text: &mut String, shelf: &Shelf<'_>, wanted: &Wanted) {
    let module = &shelf.image.module;
    line!(
        text,
        "\n\n\nTechnology Package License Information for Module:'{module}' \n"
    );
    line!(text, "{}", "-".repeat(65));
    line!(
        text,
        "Technology    Technology-package           Technology-package"
    );
    line!(
        text,
        "              Current       Type           Next reboot  "
    );
    line!(text, "{}", "-".repeat(66));
    let lines = shelf.lines(0);
    let next = course::next_boot(shelf, wanted);
    let features = shelf.image.features.iter().enumerate();
    for (place, feature) in features {
        let Some(row) = &feature.package else {
            continue;
        };
        let disabled = wanted.packages.iter().any(|(package, disabled)| {
            *disabled && (package == row || feature.name.eq_ignore_ascii_case(package))
        });
        let absent = if disabled { "disable" } else { "None" };
        let boots = next.iter().any(|(own, _)| *own == place);
        let after = if boots { &*feature.name } else { absent };
        let (current, kind) = match shelf.licenses.runs(place) {
            true => (&*feature.name, kind_of(&lines, &feature.name)),
            false => (absent, "None"),
        };
        line!(text, "{row:<14}{current:<14}{kind:<15}{after}");
    }
}

/// The kind of license that `feature` runs on.
fn kind_of(lines: &[Line], feature: &str) -> &'static str {
    let mut own = lines.iter().filter(|line| *line.terms.feature == *feature);
    own.find(|line| line.is_in_use())
        .map_or("None", |line| line.kind.shown())
}

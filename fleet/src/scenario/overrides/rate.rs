//! `--rate`: events per second over the whole fleet, whosever rate the scenario gives.

use toml_edit::{DocumentMut, Item, TableLike};

use super::{OverrideError, tables};
use crate::units::{Rate, Share};

/// A fleet, as far as it decides how often its devices' and sites' own rates count.
struct Fleet {
    name: Option<String>,
    devices: f64,
    sites: f64,
}

/// Gives all traffic that has a rate its part of `rate`, in the proportions that it had.
pub(super) fn share_out_rate(document: &mut DocumentMut, rate: f64) -> Result<(), OverrideError> {
    let fleets: Vec<Fleet> = tables(document, "fleet")
        .iter()
        .map(|table| fleet(&**table))
        .collect();
    let mut traffic = tables(document, "traffic");
    let all = traffic
        .iter()
        .filter_map(|table| Some(own_rate(&**table)? * how_many(&**table, &fleets)));
    let total: f64 = all.sum();
    if total <= 0.0 {
        return Err(OverrideError::NoRate);
    }
    for table in &mut traffic {
        let Some(own) = own_rate(&**table) else {
            continue;
        };
        let arrival = table.get_mut("arrival").and_then(Item::as_table_like_mut);
        if let Some(arrival) = arrival {
            let part = toml_edit::value(format!("{}/s", own * rate / total));
            arrival.insert("rate", part);
        }
    }
    Ok(())
}

fn fleet(table: &dyn TableLike) -> Fleet {
    let count = |key: &str, least: i64| {
        let count = table.get(key).and_then(Item::as_integer);
        count.unwrap_or(least).max(least) as f64
    };
    let devices = count("count", 0);
    Fleet {
        name: table.get("name").and_then(Item::as_str).map(str::to_owned),
        devices,
        sites: count("sites", 1).min(devices),
    }
}

/// The rate that is written, whosever it is.
fn own_rate(table: &dyn TableLike) -> Option<f64> {
    let text = table.get("arrival")?.get("rate")?.as_str()?;
    text.parse().ok().map(Rate::per_second)
}

/// How many have that rate: the fleet as one, its sites, or its devices.
fn how_many(table: &dyn TableLike, fleets: &[Fleet]) -> f64 {
    let wanted = table.get("fleet").and_then(Item::as_str);
    let concerned = fleets
        .iter()
        .filter(|fleet| wanted.is_none() || fleet.name.as_deref() == wanted);
    let share = |key: &str| {
        let share = table.get(key).and_then(Item::as_str);
        let share = share.and_then(|share| share.parse().ok());
        share.map_or(1.0, Share::fraction)
    };
    let per = table.get("arrival").and_then(|arrival| arrival.get("per"));
    let each: f64 = match per.and_then(Item::as_str) {
        Some("device") => concerned
            .map(|fleet| fleet.devices * share("sites") * share("share"))
            .sum(),
        Some("site") => concerned.map(|fleet| fleet.sites * share("sites")).sum(),
        Some(_) | None => 1.0,
    };
    each.max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_of_the_fleet_whoever_has_it() {
        let text = "fleet = [{ name = \"a\", count = 100, sites = 10 }, { name = \"b\", count = 50 }]\n\
            traffic = [\
            { arrival = { rate = \"10/s\" } },\
            { fleet = \"a\", share = \"50%\", arrival = { rate = \"1/s\", per = \"device\" } },\
            { fleet = \"a\", arrival = { rate = \"4/s\", per = \"site\" } },\
            { arrival = { process = \"burst\", count = 5 } }]\n";
        let mut document: DocumentMut = text.parse().unwrap();
        // 10 of the fleet, 50 of half of its devices, 40 of its sites.
        share_out_rate(&mut document, 50.0).unwrap();
        let rate = |position: usize| {
            let rate = document["traffic"][position]["arrival"]["rate"].as_str();
            rate.map(str::to_owned)
        };
        assert_eq!(rate(0).as_deref(), Some("5/s"));
        assert_eq!(rate(1).as_deref(), Some("0.5/s"));
        assert_eq!(rate(2).as_deref(), Some("2/s"));
    }
}

//! The scenario as a run directory keeps it: with its files, so that it runs again from there.

use std::path::{Component, Path};

use toml_edit::{DocumentMut, Item, TableLike};

use super::{Source, overrides::tables};

/// Where files go whose own names would lead out of the run directory, or could meet results in it.
const FOLDER: &str = "configs";

/// A scenario that runs from wherever it is put.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Kept {
    /// The text of the scenario.
    pub text: String,
    /// The device configurations and served files that it names: relative names and content.
    pub files: Vec<(String, Vec<u8>)>,
}

impl Kept {
    /// What to keep of the scenario `text` from `source`. Files that cannot be read are left out.
    pub(super) fn of(source: &Source, text: &str) -> Self {
        let Ok(mut document) = text.parse::<DocumentMut>() else {
            return Self {
                text: text.to_owned(),
                files: Vec::new(),
            };
        };
        let mut copies = Copies {
            source,
            taken: Vec::new(),
            files: Vec::new(),
        };
        for (array, key) in [("fleet", "config"), ("file", "source")] {
            for table in tables(&mut document, array) {
                copies.add(table, key);
            }
        }
        for table in tables(&mut document, "traffic") {
            let arrival = table.get_mut("arrival").and_then(Item::as_table_like_mut);
            if let Some(arrival) = arrival {
                copies.add(arrival, "times");
            }
            copies.add(table, "recording");
        }
        // Authorities and keys stay where they are: what opens doors is not copied about.
        for (table, key) in [("targets", "ca"), ("ssh", "authorized-keys")] {
            let table = document.get_mut(table).and_then(Item::as_table_like_mut);
            if let Some(table) = table
                && let Some(written) = table.get(key).and_then(Item::as_str)
                && let Ok(path) = std::path::absolute(source.resolve(written))
            {
                let written = written.to_owned();
                put(table, key, &written, &path.display().to_string());
            }
        }
        Self {
            text: document.to_string(),
            files: copies.files,
        }
    }
}

/// The files of a scenario that go into its run directory.
struct Copies<'s> {
    source: &'s Source,
    /// Names as they were written, and those of their copies.
    taken: Vec<(String, String)>,
    files: Vec<(String, Vec<u8>)>,
}

impl Copies<'_> {
    /// Lets `key` of `table` name a copy of its file.
    fn add(&mut self, table: &mut dyn TableLike, key: &str) {
        let Some(written) = table.get(key).and_then(Item::as_str) else {
            return;
        };
        let written = written.to_owned();
        if let Some((_, name)) = self.taken.iter().find(|(before, _)| *before == written) {
            put(table, key, &written, name);
            return;
        }
        let Ok(content) = self.source.read_kept(&written) else {
            return;
        };
        let name = free_name(&written, &self.taken);
        put(table, key, &written, &name);
        self.taken.push((written, name.clone()));
        self.files.push((name, content));
    }
}

/// Writes `name` where `written` stands, unless it is the same.
fn put(table: &mut dyn TableLike, key: &str, written: &str, name: &str) {
    if written != name {
        table.insert(key, toml_edit::value(name));
    }
}

/// The name of the copy of the file that is called `written`.
fn free_name(written: &str, taken: &[(String, String)]) -> String {
    let path = Path::new(written);
    let mut parts = path.components();
    // In a folder of its own it cannot meet results.
    let stays = parts.clone().count() > 1 && parts.all(|part| matches!(part, Component::Normal(_)));
    let own = path.file_name().map(|name| name.to_string_lossy());
    let first = match own {
        _ if stays => written.to_owned(),
        Some(name) => format!("{FOLDER}/{name}"),
        None => format!("{FOLDER}/device.ios"),
    };
    let mut name = first.clone();
    let mut number = 1;
    while taken.iter().any(|(_, before)| *before == name) {
        number += 1;
        name = format!("{first}-{number}");
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is kept of a scenario with fleets that have these configurations.
    fn kept(configs: &[&str]) -> (Vec<String>, Vec<String>) {
        let mut text = "[targets]\nca = \"ca.pem\"\n".to_owned();
        for config in configs {
            text += &format!("[[fleet]]\nconfig = \"{config}\"\n");
        }
        let source = Source::Composed {
            name: "test",
            text: text.clone(),
            files: configs
                .iter()
                .map(|config| ((*config).to_owned(), format!("! {config}")))
                .collect(),
        };
        let kept = Kept::of(&source, &text);
        let table: toml::Table = kept.text.parse().unwrap();
        assert!(Path::new(table["targets"]["ca"].as_str().unwrap()).is_absolute());
        let fleets = table["fleet"].as_array().unwrap().iter();
        let named = fleets.map(|fleet| fleet["config"].as_str().unwrap().to_owned());
        let named: Vec<String> = named.collect();
        let files = kept.files.into_iter().map(|(name, _)| name).collect();
        (named, files)
    }

    #[test]
    fn names_within_a_folder_stay() {
        let (named, files) = kept(&["configs/a.ios", "configs/b.ios", "configs/a.ios"]);
        assert_eq!(named, ["configs/a.ios", "configs/b.ios", "configs/a.ios"]);
        assert_eq!(files, ["configs/a.ios", "configs/b.ios"]);
    }

    #[test]
    fn names_that_lead_elsewhere_do_not_and_never_meet() {
        let (named, files) = kept(&["/etc/a.ios", "../a.ios", "summary.json", "configs/a.ios"]);
        let expected = [
            "configs/a.ios",
            "configs/a.ios-2",
            "configs/summary.json",
            "configs/a.ios-3",
        ];
        assert_eq!(
            (&named[..], &files[..]),
            (
                &expected.map(String::from)[..],
                &expected.map(String::from)[..]
            )
        );
    }
}

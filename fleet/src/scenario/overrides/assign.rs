//! Putting a value at a dotted path of a TOML document.

use toml_edit::{InlineTable, Item, Value};

/// Puts `value` at `path` below `item`, making tables where there are none. A number selects an
/// element of an array, which must be there already.
pub(super) fn assign(item: &mut Item, path: &[&str], value: Value) -> Result<(), String> {
    let [first, rest @ ..] = path else {
        *item = Item::Value(value);
        return Ok(());
    };
    match item {
        Item::None => {
            *item = Item::Value(nested(path, value)?);
            Ok(())
        }
        Item::Value(found) => assign_in_value(found, path, value),
        Item::Table(table) => assign(table.entry(first).or_insert(Item::None), rest, value),
        Item::ArrayOfTables(array) => {
            let length = array.len();
            let table = index(first)
                .and_then(|index| array.get_mut(index))
                .ok_or_else(|| no_element(first, length))?;
            let [key, deeper @ ..] = rest else {
                return Err(WHOLE_ELEMENT.to_owned());
            };
            assign(table.entry(key).or_insert(Item::None), deeper, value)
        }
    }
}

const WHOLE_ELEMENT: &str = "a whole element cannot be set, only its keys";

fn assign_in_value(found: &mut Value, path: &[&str], value: Value) -> Result<(), String> {
    let [first, rest @ ..] = path else {
        *found = value;
        return Ok(());
    };
    match found {
        Value::InlineTable(table) => match table.get_mut(first) {
            Some(inner) => assign_in_value(inner, rest, value),
            None => {
                table.insert(*first, nested(rest, value)?);
                Ok(())
            }
        },
        Value::Array(array) => {
            let length = array.len();
            let element = index(first)
                .and_then(|index| array.get_mut(index))
                .ok_or_else(|| no_element(first, length))?;
            if rest.is_empty() {
                return Err(WHOLE_ELEMENT.to_owned());
            }
            assign_in_value(element, rest, value)
        }
        Value::String(_)
        | Value::Integer(_)
        | Value::Float(_)
        | Value::Boolean(_)
        | Value::Datetime(_) => Err(format!(
            "`{first}` is looked for in a plain value, which has no keys"
        )),
    }
}

/// `value` within tables of its own, one for each part of `path`.
fn nested(path: &[&str], value: Value) -> Result<Value, String> {
    let [first, rest @ ..] = path else {
        return Ok(value);
    };
    if index(first).is_some() {
        return Err(format!(
            "the scenario has no array there, so there is no element {first} in it"
        ));
    }
    let mut table = InlineTable::new();
    table.insert(*first, nested(rest, value)?);
    Ok(table.into())
}

fn index(part: &str) -> Option<usize> {
    part.parse().ok()
}

fn no_element(part: &str, length: usize) -> String {
    match length {
        0 => format!("`{part}` selects nothing: the array is empty"),
        1 => format!("`{part}` is no element of an array that has element 0 only"),
        _ => format!(
            "`{part}` is no element of an array with elements 0 to {}",
            length - 1
        ),
    }
}

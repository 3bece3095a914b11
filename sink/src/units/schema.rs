//! What values with units look like, for editors: patterns that let pass whatever may be meant.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{Period, Rate, Share, Size, Speed};

macro_rules! text_with_a_pattern {
    ($($kind:ident: $words:literal, $pattern:literal, [$($example:literal),*];)*) => {$(
        impl JsonSchema for $kind {
            fn schema_name() -> Cow<'static, str> {
                stringify!($kind).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "string",
                    "description": $words,
                    "pattern": $pattern,
                    "examples": [$($example),*],
                })
            }
        }
    )*};
}

text_with_a_pattern! {
    Period: "A duration: numbers with units.",
        r"^ *([0-9.,]+ *[a-zA-Zµ]+,? *)+$|^ *[0-9]+:[0-9]{2}:[0-9]{2}([.,][0-9]+)? *$|^ *[pP][0-9a-zA-Z.,]+ *$",
        ["30s", "500ms", "1h 30m"];
    Rate: "Events over a unit of time.", r"^ *[0-9.eE+]+ */ *(s|sec|second|m|min|minute|h|hour|d|day) *$", ["50/s", "3000/min", "10/h"];
    Share: "A percentage.", r"^ *[0-9]+(\.[0-9]+)? *% *$", ["25%", "0.5%"];
    Size: "An amount of bytes.", r"^[0-9]+\s*(B|KiB|MiB|GiB|TiB)\s*$", ["512 KiB", "8 GiB"];
    Speed: "Bytes over a second.", r"^\s*[0-9]+\s*(B|kB|KiB|MB|MiB)\s*/s\s*$", ["100 B/s", "16 KiB/s"];
}

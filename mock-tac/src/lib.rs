//! An HTTPS sink for Call Home that accounts for every message it takes.

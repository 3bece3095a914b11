//! An SMTP sink that accounts for every message it takes.

//! What the web address promises.

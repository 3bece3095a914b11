//! Runs many emulated devices as actors against targets, measures, and reports.

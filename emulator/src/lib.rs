//! The device core: one emulated Cisco device as a state machine without input or output.

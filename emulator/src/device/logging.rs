//! What a device writes into its log, and what of it is offered to the syslog alert group.

use jiff::{Timestamp, tz::TimeZone};

use super::Device;
use crate::{
    alert::{Alert, Audience},
    alert_group::AlertGroup,
    output::Output,
    severity::Severity,
    syslog::SyslogText,
    text::{push, truncate_utf8},
    time::LocalTime,
};

/// Longest log line in bytes, without its stamp; longer ones are cut.
pub const LOG_LINE_BYTES_MAX: usize = 16 * 1024;
/// Most log text a device keeps, whatever `logging buffered` asks for: more than the largest message
/// can carry is of no use.
pub const LOG_BYTES_MAX: usize = 4 << 20;

impl Device {
    /// Writes `line` into the log buffer and returns it as it stands there, stamp included.
    pub(super) fn log(&mut self, now: Timestamp, line: &str) -> String {
        let mut stamped = Vec::with_capacity(line.len().min(LOG_LINE_BYTES_MAX) + 28);
        self.push_log_stamp(&mut stamped, now);
        let start = stamped.len();
        push(&mut stamped, line.get(..LOG_LINE_BYTES_MAX).unwrap_or(line));
        truncate_utf8(&mut stamped, start + LOG_LINE_BYTES_MAX);
        // One event is one line: nothing in its text may begin another.
        for byte in &mut stamped[start..] {
            if byte.is_ascii_control() {
                *byte = b' ';
            }
        }
        self.log.append(&stamped, self.log_bytes());
        String::from_utf8_lossy(&stamped).into_owned()
    }

    /// How many lines have been logged since the last boot. It tells whoever shows the log on a
    /// terminal whether there is something to show; see [`crate::cli::Session::show_log`].
    pub fn lines_logged(&self) -> u32 {
        self.log.lines_logged()
    }

    /// The newest `count` lines of the log, or as many of them as are kept.
    pub(crate) fn newest_log_lines(&self, count: u32) -> String {
        let kept = String::from_utf8_lossy(self.log.newest(self.log_bytes()));
        let lines: Vec<&str> = kept.lines().collect();
        let newest = lines.len().saturating_sub(count as usize);
        lines[newest..].join("\n")
    }

    /// How much of the log is kept.
    pub(super) fn log_bytes(&self) -> usize {
        (self.running.log_buffer_bytes as usize).min(LOG_BYTES_MAX)
    }

    pub(super) fn push_log_stamp(&self, out: &mut Vec<u8>, at: Timestamp) {
        self.push_marked_stamp(out, self.clock_mark(), self.wall(at));
    }

    /// Appends the stamp of a line logged when the clock showed `wall`, behind `mark`.
    pub(super) fn push_marked_stamp(&self, out: &mut Vec<u8>, mark: &str, wall: Timestamp) {
        let stamps = self.running.log_timestamps;
        let shown = self.log_time(wall);
        push(out, mark);
        if stamps.year {
            shown.push_log_stamp_with_year(out);
        } else {
            shown.push_log_stamp(out);
        }
        self.push_log_stamp_end(out, wall);
    }

    /// Appends what stands between the time of a log line and its text.
    pub(super) fn push_log_stamp_end(&self, out: &mut Vec<u8>, wall: Timestamp) {
        let stamps = self.running.log_timestamps;
        if stamps.show_timezone {
            out.push(b' ');
            push(
                out,
                if stamps.local_time {
                    self.zone_name(wall)
                } else {
                    "UTC"
                },
            );
        }
        push(out, ": ");
    }

    /// What log stamps show when the clock shows `wall`.
    pub(super) fn log_time(&self, wall: Timestamp) -> LocalTime {
        if self.running.log_timestamps.local_time {
            LocalTime::new(wall, &self.zone)
        } else {
            LocalTime::new(wall, &TimeZone::UTC)
        }
    }

    /// The name of the device's zone when its clock shows `wall`.
    pub(crate) fn zone_name(&self, wall: Timestamp) -> &str {
        let summer = self.zone.to_offset_info(wall).dst().is_dst();
        self.running.clock.zone_name(summer)
    }

    /// Logs `line` and offers it to the syslog alert group.
    pub(super) fn log_and_raise(&mut self, now: Timestamp, line: &str, outputs: &mut Vec<Output>) {
        let stamped = self.log(now, line);
        self.raise_syslog(now, line, stamped, outputs);
    }

    /// Offers a logged line to the syslog alert group; `stamped` is the line as logged.
    pub(super) fn raise_syslog(
        &mut self,
        now: Timestamp,
        line: &str,
        stamped: String,
        outputs: &mut Vec<Output>,
    ) {
        let Ok(text) = SyslogText::parse(line) else {
            return;
        };
        // A device never reports its own reporting, or one failure would feed the next.
        if text.mnemonic().starts_with("CALL_HOME-") {
            return;
        }
        let alert = Alert::of_group(AlertGroup::Syslog, text.severity(), now, stamped);
        self.raise(alert, Audience::Subscribers, Some(&text), outputs);
    }

    pub(super) fn alert_severity(line: &str) -> Severity {
        SyslogText::parse(line).map_or(Severity::Normal, |text| text.severity())
    }
}

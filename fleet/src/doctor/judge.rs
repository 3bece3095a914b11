//! What facts about a machine mean for a measurement.

use super::{Facts, Finding, Level};

/// Open files below which larger runs do not fit: two for each of a thousand connections, and more.
const FILES_ILL: u64 = 1_024;
const FILES_DOUBTFUL: u64 = 10_000;
/// Ports below which a target is soon out of reach from one address.
const PORTS_DOUBTFUL: u64 = 20_000;
/// Connections that a listener should be able to keep waiting.
const ACCEPT_QUEUE_DOUBTFUL: u64 = 1_024;
/// A look at the clock that costs more than this goes through the kernel; nanoseconds.
const CLOCK_READ_DOUBTFUL_NS: f64 = 200.0;
const CLOCK_READ_ILL_NS: f64 = 2_000.0;
/// How late the 99th of a hundred wakings may be, in milliseconds.
const LATENESS_DOUBTFUL_MS: f64 = 0.5;
const LATENESS_ILL_MS: f64 = 5.0;
/// Shares of processor time.
const STOLEN_DOUBTFUL: f64 = 0.01;
const STOLEN_ILL: f64 = 0.1;
const FOREIGN_DOUBTFUL: f64 = 0.1;
const FOREIGN_ILL: f64 = 0.5;
/// Memory for a hundred thousand devices, with room.
const MEMORY_DOUBTFUL_BYTES: u64 = 512 << 20;

/// Judges `facts`; what the system does not tell is left out.
pub fn judge(facts: &Facts) -> Vec<Finding> {
    let findings = [
        files(facts),
        ports(facts),
        accept_queue(facts),
        clock(facts),
        Some(lateness(facts)),
        processors(facts),
        stolen(facts),
        foreign(facts),
        governor(facts),
        memory(facts),
    ];
    findings.into_iter().flatten().collect()
}

/// How bad `value` is, where more is worse.
fn grade(value: f64, doubtful: f64, ill: f64) -> Level {
    if value >= ill {
        Level::Ill
    } else if value >= doubtful {
        Level::Doubtful
    } else {
        Level::Well
    }
}

/// A finding whose remedy is told only where there is something to mend.
fn finding(subject: &'static str, level: Level, found: String, remedy: &str) -> Finding {
    let remedy = match level {
        Level::Well => String::new(),
        Level::Doubtful | Level::Ill => remedy.to_owned(),
    };
    Finding {
        subject,
        level,
        found,
        remedy,
    }
}

fn files(facts: &Facts) -> Option<Finding> {
    let (soft, hard) = facts.files?;
    let level = match hard {
        0..FILES_ILL => Level::Ill,
        FILES_ILL..FILES_DOUBTFUL => Level::Doubtful,
        _ => Level::Well,
    };
    let most = |limit: u64| match limit {
        u64::MAX => "any number of".to_owned(),
        limit => limit.to_string(),
    };
    Some(finding(
        "open files",
        level,
        format!("{} at first, {} when asked for", most(soft), most(hard)),
        "raise the hard limit: `ulimit -Hn 65536` as root, LimitNOFILE= in a systemd unit, `nofile` in /etc/security/limits.conf, --ulimit nofile=65536 for a container",
    ))
}

fn ports(facts: &Facts) -> Option<Finding> {
    let (first, last) = facts.ports?;
    let all = u64::from(last.saturating_sub(first)) + 1;
    let waiting = facts.time_wait.unwrap_or(0);
    let level = if all < PORTS_DOUBTFUL {
        Level::Doubtful
    } else {
        Level::Well
    };
    Some(finding(
        "ports",
        level,
        format!(
            "{all} for each pair of addresses ({first} to {last}); {waiting} connections of all addresses wait for their end"
        ),
        "widen the range: sysctl -w net.ipv4.ip_local_port_range='1024 65535'; or send from several addresses: [sources] in the scenario",
    ))
}

fn accept_queue(facts: &Facts) -> Option<Finding> {
    let most = facts.accept_queue?;
    let level = if most < ACCEPT_QUEUE_DOUBTFUL {
        Level::Doubtful
    } else {
        Level::Well
    };
    Some(finding(
        "accept queue",
        level,
        format!("{most} connections of a listener on this machine"),
        "raise it: sysctl -w net.core.somaxconn=4096; a storm that does not fit in waits a second for its SYN to be sent again",
    ))
}

fn clock(facts: &Facts) -> Option<Finding> {
    let source = facts.clock_source.as_deref().unwrap_or("unknown");
    let level = grade(
        facts.clock_read_ns,
        CLOCK_READ_DOUBTFUL_NS,
        CLOCK_READ_ILL_NS,
    );
    (facts.clock_read_ns > 0.0).then(|| {
        finding(
            "clock",
            level,
            format!("{source}, {:.0} ns a look", facts.clock_read_ns),
            "let the kernel use the processor's counter (clocksource=tsc at boot, or kvm-clock in a virtual machine)",
        )
    })
}

fn lateness(facts: &Facts) -> Finding {
    let p99 = facts.lateness.quantile_ms(0.99);
    finding(
        "timer",
        grade(p99, LATENESS_DOUBTFUL_MS, LATENESS_ILL_MS),
        format!(
            "a thread wakes {:.3} ms late at p50, {p99:.3} ms at p99, {:.3} ms at most",
            facts.lateness.quantile_ms(0.5),
            facts.lateness.max_ms()
        ),
        "end what else runs here, or use a machine of its own; a run whose lag exceeds its budget says that it is invalid",
    )
}

fn processors(facts: &Facts) -> Option<Finding> {
    let cpus = facts.cpus as f64;
    let own = facts.quota_cpus.map_or(cpus, |quota| quota.min(cpus));
    let level = if own < 1.0 {
        Level::Ill
    } else if own < 2.0 || own < cpus {
        Level::Doubtful
    } else {
        Level::Well
    };
    let quota = facts
        .quota_cpus
        .map_or_else(String::new, |quota| format!(", a quota of {quota:.1}"));
    (facts.cpus > 0).then(|| {
        finding(
            "processors",
            level,
            format!("{}{quota}", facts.cpus),
            "give it two processors at least, and no quota: a quota stops all threads for the rest of each period (--cpuset-cpus instead of --cpus for a container)",
        )
    })
}

fn stolen(facts: &Facts) -> Option<Finding> {
    let share = facts.stolen?;
    Some(finding(
        "steal",
        grade(share, STOLEN_DOUBTFUL, STOLEN_ILL),
        format!(
            "{:.1} % of processor time went to other guests",
            share * 100.0
        ),
        "use a host that is not overcommitted, or dedicated processors",
    ))
}

fn foreign(facts: &Facts) -> Option<Finding> {
    let share = facts.foreign?;
    Some(finding(
        "other load",
        grade(share, FOREIGN_DOUBTFUL, FOREIGN_ILL),
        format!(
            "{:.1} % of processor time went to other processes",
            share * 100.0
        ),
        "end what else runs here while you measure",
    ))
}

fn governor(facts: &Facts) -> Option<Finding> {
    let governor = facts.governor.as_deref()?;
    let level = match governor {
        "performance" | "schedutil" => Level::Well,
        _ => Level::Doubtful,
    };
    Some(finding(
        "frequency",
        level,
        format!("the governor is {governor}"),
        "choose the performance governor: cpupower frequency-set -g performance",
    ))
}

fn memory(facts: &Facts) -> Option<Finding> {
    let bytes = facts.memory_bytes?;
    let level = if bytes < MEMORY_DOUBTFUL_BYTES {
        Level::Doubtful
    } else {
        Level::Well
    };
    Some(finding(
        "memory",
        level,
        format!("{:.1} GiB to be had", bytes as f64 / f64::from(1 << 30)),
        "a device takes about 1.4 KiB, a message that is being sent its own size, a connection some 40 KiB; run fewer devices or connections",
    ))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::doctor::Lateness;

    fn healthy() -> Facts {
        let mut lateness = Lateness::default();
        lateness.record(Duration::from_micros(60));
        Facts {
            files: Some((1_024, 1_048_576)),
            ports: Some((32_768, 60_999)),
            time_wait: Some(10),
            accept_queue: Some(4_096),
            clock_source: Some("tsc".to_owned()),
            clock_read_ns: 25.0,
            lateness,
            cpus: 4,
            stolen: Some(0.0),
            foreign: Some(0.01),
            quota_cpus: None,
            governor: Some("performance".to_owned()),
            memory_bytes: Some(8 << 30),
        }
    }

    #[test]
    fn a_healthy_machine_needs_no_mending() {
        for finding in judge(&healthy()) {
            assert_eq!(finding.level, Level::Well, "{finding:?}");
            assert_eq!(finding.remedy, "");
        }
    }

    #[test]
    fn each_ailment_is_found_alone_and_comes_with_a_remedy() {
        type Spoil = fn(&mut Facts);
        let late: Spoil = |facts| facts.lateness.record(Duration::from_millis(80));
        let ailments: [(&str, Level, Spoil); 11] = [
            ("open files", Level::Ill, |facts| {
                facts.files = Some((256, 512))
            }),
            ("open files", Level::Doubtful, |facts| {
                facts.files = Some((256, 4_096))
            }),
            ("ports", Level::Doubtful, |facts| {
                facts.ports = Some((32_768, 40_000))
            }),
            ("accept queue", Level::Doubtful, |facts| {
                facts.accept_queue = Some(128)
            }),
            ("clock", Level::Doubtful, |facts| {
                facts.clock_read_ns = 900.0
            }),
            ("timer", Level::Ill, late),
            ("processors", Level::Doubtful, |facts| facts.cpus = 1),
            ("processors", Level::Ill, |facts| {
                facts.quota_cpus = Some(0.5)
            }),
            ("steal", Level::Ill, |facts| facts.stolen = Some(0.3)),
            ("other load", Level::Ill, |facts| facts.foreign = Some(0.7)),
            ("frequency", Level::Doubtful, |facts| {
                facts.governor = Some("powersave".to_owned());
            }),
        ];
        for (subject, level, spoil) in ailments {
            let mut facts = healthy();
            spoil(&mut facts);
            let found: Vec<_> = judge(&facts)
                .into_iter()
                .filter(|finding| finding.level != Level::Well)
                .collect();
            let [only] = &found[..] else {
                panic!("{subject}: {found:?}");
            };
            assert_eq!((only.subject, only.level), (subject, level));
            assert!(!only.remedy.is_empty());
        }
    }

    #[test]
    fn what_the_system_does_not_tell_is_left_out() {
        let subjects: Vec<_> = judge(&Facts::default())
            .into_iter()
            .map(|finding| finding.subject)
            .collect();
        assert_eq!(subjects, ["timer"]);
    }
}

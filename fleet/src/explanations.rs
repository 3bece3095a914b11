//! What exit codes and errors mean and what to do about them, as `fleet explain` tells it.

use crate::exit::Exit;

/// One explanation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Explanation {
    /// What it is asked for by: an exit code, or a word of a result.
    pub topic: &'static str,
    /// In a line.
    pub title: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

/// All of them, exit codes first.
pub const ALL: &[Explanation] = &[
    Explanation {
        topic: "0",
        title: "passed",
        meaning: "The run is valid, its accounts balance, and every threshold holds.",
        remedy: "Nothing. The run directory holds everything: summary.json, journal.bin, timeline.csv.",
    },
    Explanation {
        topic: "1",
        title: "internal error",
        meaning: "Something went wrong that is nobody's input: mostly the run directory cannot be written.",
        remedy: "Read the message: it names the file and what the system said. Free space, or name another directory by --out.",
    },
    Explanation {
        topic: "2",
        title: "the command line makes no sense",
        meaning: "A flag is unknown, lacks its value, or contradicts another.",
        remedy: "`fleet COMMAND --help` lists every flag.",
    },
    Explanation {
        topic: "90",
        title: "invalid: the generator was the bottleneck",
        meaning: "Events reached their devices too late, the generator stood still, time is missing that no latency accounts for, or this machine had no ports or files. The figures say more about this machine than about the target.",
        remedy: "`validity.reasons` says which. Lower --rate, use a machine with nothing else on it, and ask `fleet doctor` what to mend.",
    },
    Explanation {
        topic: "91",
        title: "a regression",
        meaning: "A comparison shows that a figure has become worse by more than the smallest change that matters, and that chance or noise does not explain it.",
        remedy: "The table names the figure, with its interval. docs/comparing.md says how to read it; more interleaved pairs make it sharper.",
    },
    Explanation {
        topic: "93",
        title: "a target could not be reached",
        meaning: "Before anything was sent, a server refused the connection or did not answer.",
        remedy: "Start it, or name another by --smtp, --https or [hosts]. A target that is neither loopback nor private needs --allow-target.",
    },
    Explanation {
        topic: "95",
        title: "the accounts do not balance",
        meaning: "A candidate is in no account, a message ended twice or not at all, or an embedded sink and the devices disagree about a message. That is a defect of this program or of a file that was changed.",
        remedy: "`fleet audit DIR` names the messages. Keep the run directory and report it.",
    },
    Explanation {
        topic: "99",
        title: "a threshold failed",
        meaning: "A condition of [[threshold]] does not hold, nothing was measured for it, there were too few samples to judge by, or messages had no outcome when waiting for them ended.",
        remedy: "`thresholds` in summary.json has the value beside the bound. More samples: a longer --duration or a higher --rate. Messages without an outcome: a longer `drain`, or a server that answers.",
    },
    Explanation {
        topic: "104",
        title: "a scenario, a configuration or a license file is invalid",
        meaning: "A key is unknown, a value makes no sense, or a file cannot be read. Nothing has been sent.",
        remedy: "The message shows the place and a remedy. `fleet check FILE` finds all of it at once; docs/scenario.md lists every key.",
    },
    Explanation {
        topic: "105",
        title: "ended by a signal",
        meaning: "SIGINT or SIGTERM ended the traffic; outstanding messages were waited for, and the report has been written.",
        remedy: "Nothing: the figures are of the part that took place. A second signal ends the waiting, too.",
    },
    Explanation {
        topic: "106",
        title: "an address is in use",
        meaning: "Something listens already where the consoles were to listen.",
        remedy: "Name another port by --ssh or --listen; port 0 takes a free one.",
    },
    Explanation {
        topic: "interventions",
        title: "what was done to a run by hand",
        meaning: "Somebody paused arrivals, changed their rate, raised an event or switched a fault while the run went on. The accounts balance all the same, but what was sent is not what the scenario says.",
        remedy: "Nothing, for a look. To compare runs, run again and touch no key; `--plain` shows lines and takes no keys. docs/live.md tells what each key does.",
    },
    Explanation {
        topic: "unconfirmed",
        title: "a message that may have arrived",
        meaning: "The connection was lost after the last byte of the message and before a complete reply. The server may have it; a device that tries another server may send it twice.",
        remedy: "Look at `errors` for what cut the connections. Against embedded sinks, `ledger.sink.unconfirmed_arrived` says how many did arrive.",
    },
    Explanation {
        topic: "unanswered",
        title: "a message without an answer",
        meaning: "It timed out, was lost after its last byte, or was outstanding at the end. Its response is at least as long as it was waited for, and percentiles take that into account; `>` marks a figure that is only known to be larger.",
        remedy: "Find out why the server does not answer; `smtp.reply-timeout` and `https.response-timeout` say how long a device waits.",
    },
    Explanation {
        topic: "lag",
        title: "how late the generator was",
        meaning: "The time from when an event was to happen until it reached its device. It is part of no latency; a p99 beyond `validity.lag-budget` makes a run invalid.",
        remedy: "See 90.",
    },
    Explanation {
        topic: "knee",
        title: "the highest load that holds the objectives",
        meaning: "What `fleet capacity` searches. Its interval reaches from the lowest load that held at the end of a search to the highest that did not; the confidence is that of the median of ever more searches, if none depends on another.",
        remedy: "To narrow it: a longer --hold, a smaller --precision, more --searches. `gave way` says what to mend to move it.",
    },
    Explanation {
        topic: "recovery",
        title: "what holds right after an overload",
        meaning: "A target may hold less after an overload than before it: work that nobody waits for any more, caches, queues, retries. In a storm that is the load that counts.",
        remedy: "Look at what the target does for connections that are gone; limit what waits in it.",
    },
    Explanation {
        topic: "rate_limited",
        title: "dropped by the device's rate limit",
        meaning: "A device sends at most `rate-limit` messages a minute (20 unless configured) and drops the others; it does not queue them.",
        remedy: "What another limit would have made of it: --variant call-home.rate-limit=60.",
    },
    Explanation {
        topic: "throttled",
        title: "dropped by syslog throttling",
        meaning: "A log line that repeats one that was reported of late is not reported again.",
        remedy: "Without it: --variant call-home.syslog-throttling=false.",
    },
    Explanation {
        topic: "queue_full",
        title: "dropped because the device's queue was full",
        meaning: "A device keeps 100 messages waiting unless `policy.queue-messages-max` says otherwise. Its servers are slower than its events.",
        remedy: "A faster server, or a tighter policy: rate limit, severity, pattern.",
    },
];

/// The explanation of `topic`.
pub fn explain(topic: &str) -> Option<&'static Explanation> {
    ALL.iter().find(|one| one.topic.eq_ignore_ascii_case(topic))
}

impl Explanation {
    /// In words.
    pub fn text(&self) -> String {
        format!(
            "{}: {}\n\n{}\n\nWhat to do: {}\n",
            self.topic, self.title, self.meaning, self.remedy
        )
    }
}

/// Every exit code that this program ends with.
pub const EXIT_CODES: [Exit; 11] = [
    Exit::Regression,
    Exit::Passed,
    Exit::Internal,
    Exit::Usage,
    Exit::Invalid,
    Exit::Unreachable,
    Exit::Unbalanced,
    Exit::ThresholdFailed,
    Exit::ScenarioInvalid,
    Exit::Interrupted,
    Exit::AddressInUse,
];

#[cfg(test)]
mod tests {
    use emulator::DropAccount;

    use super::*;

    #[test]
    fn every_exit_code_is_explained() {
        for exit in EXIT_CODES {
            let code = (exit as i32).to_string();
            assert!(explain(&code).is_some(), "{code}");
        }
    }

    #[test]
    fn topics_are_unique_and_accounts_are_named_as_in_results() {
        for (position, one) in ALL.iter().enumerate() {
            let before = ALL[..position].iter();
            assert!(
                before.clone().all(|other| other.topic != one.topic),
                "{}",
                one.topic
            );
            assert!(one.text().contains("What to do: "));
        }
        let accounts = ["rate_limited", "throttled", "queue_full"];
        for account in accounts {
            assert!(DropAccount::ALL.iter().any(|own| own.name() == account));
            assert!(explain(account).is_some());
        }
    }
}

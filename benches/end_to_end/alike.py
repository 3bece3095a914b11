#!/usr/bin/env python3
"""Compares a server with itself again and again, live: how often does a comparison raise a false alarm?

    benches/end_to_end/alike.py [--cases 200] [--pairs 8]
    benches/end_to_end/alike.py --cases 10 --delay 2ms      with one that is slower: would it be found?

Each case is a `fleet compare --interleave` of two mail sinks that are the same program. Needs a release
build (cargo build --release --workspace). Everything listens on loopback.
"""

import argparse
import collections
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def start(programs, extra=()):
    sink = subprocess.Popen(
        [programs / "mock-smtp", "--listen", "127.0.0.1:0", "--web", "127.0.0.1:0", *extra],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    line = sink.stdout.readline()
    if not line.startswith("listening on "):
        sys.exit("mock-smtp does not listen")
    return sink, line.split()[-1]


def compare(options, base, new, folder):
    arguments = [
        pathlib.Path(options.programs) / "fleet", "compare",
        "--interleave", str(options.pairs), ROOT / "scenarios" / "capacity.toml",
        "--base", f"targets.smtp=smtp://{base}", "--new", f"targets.smtp=smtp://{new}",
        "--devices", "300", "--rate", "900", "--duration", options.duration,
        # A machine that is at work on something else may make a case worse; it must not end it.
        "--set", "warm-up=100ms", "--set", "validity.lag-budget=30s",
        "--out", folder / "runs", "--json", folder / "case.json", "--exit-zero",
    ]  # fmt: skip
    done = subprocess.run(arguments, capture_output=True, text=True)
    if done.returncode != 0:
        return f"none, exit code {done.returncode}", []
    (case,) = json.loads((folder / "case.json").read_text())
    alarms = [one["metric"] for one in case["metrics"] if one["verdict"] == "regression"]
    return case["verdict"], alarms


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--pairs", type=int, default=8)
    parser.add_argument("--duration", default="600ms")
    parser.add_argument("--delay", help="how much longer the other sink takes for each message")
    parser.add_argument("--programs", default=ROOT / "target" / "release")
    options = parser.parse_args()
    programs = pathlib.Path(options.programs)
    verdicts = collections.Counter()
    faults = tempfile.NamedTemporaryFile("w", suffix=".toml")
    slower = []
    if options.delay:
        faults.write(f'[[fault]]\ndelay = {{ time = "{options.delay}" }}\n')
        faults.flush()
        slower = ["--fault", faults.name]
    (one, base), (other, new) = start(programs), start(programs, slower)
    try:
        for case in range(1, options.cases + 1):
            with tempfile.TemporaryDirectory() as folder:
                verdict, alarms = compare(options, base, new, pathlib.Path(folder))
            verdicts[verdict] += 1
            print(f"{case:4} {verdict} {' '.join(alarms)}", flush=True)
    finally:
        for sink in (one, other):
            sink.terminate()
            sink.wait()
    for verdict, count in sorted(verdicts.items()):
        print(f"{count:4} of {options.cases}: {verdict}")


if __name__ == "__main__":
    main()

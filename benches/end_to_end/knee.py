#!/usr/bin/env python3
"""Searches the knees of targets whose knee is known: sinks with so many workers, each of which takes a
message so long and one at a time.

    benches/end_to_end/knee.py [--hold 10s] [--searches 6]

Needs a release build (cargo build --release --workspace). Everything listens on loopback.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent

# Workers, milliseconds for a message; the knee is workers / time.
TARGETS = [
    ("mock-smtp", 4, 10),
    ("mock-smtp", 1, 4),
    ("mock-tac", 8, 10),
    ("mock-tac", 3, 25),
]
SCENARIOS = {
    "mock-smtp": (ROOT / "scenarios" / "capacity.toml", "--smtp", "{}", "smtp"),
    "mock-tac": (HERE / "knee-https.toml", "--https", "https://{}", "https"),
}


def start(programs, name, folder, workers, time_ms):
    faults = folder / "workers.toml"
    faults.write_text(
        f'[[fault]]\nworkers = {{ count = {workers}, time = "{time_ms}ms" }}\n'
    )
    extra = ["--any-path"] if name == "mock-tac" else ["--web", "127.0.0.1:0"]
    sink = subprocess.Popen(
        [programs / name, "--listen", "127.0.0.1:0", "--fault", faults, *extra],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    line = sink.stdout.readline()
    if not line.startswith("listening on "):
        sys.exit(f"{name} does not listen")
    return sink, line.split()[-1]


def search(options, name, workers, time_ms):
    scenario, flag, form, transport = SCENARIOS[name]
    programs = pathlib.Path(options.programs)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        sink, address = start(programs, name, folder, workers, time_ms)
        try:
            arguments = [
                programs / "fleet", "capacity", scenario, flag, form.format(address),
                "--slo", f"{transport}.response.p99<=100ms",
                "--hold", options.hold, "--searches", str(options.searches),
                "--out", folder / "found",
            ]  # fmt: skip
            if name == "mock-tac":
                arguments.append("--insecure")
            done = subprocess.run(arguments, capture_output=True, text=True)
            if done.returncode != 0:
                sys.exit(f"fleet capacity ended with {done.returncode}:\n{done.stdout}{done.stderr}")
            return json.loads((folder / "found" / "capacity.json").read_text())
        finally:
            sink.terminate()
            sink.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hold", default="10s")
    parser.add_argument("--searches", type=int, default=6)
    parser.add_argument("--programs", default=ROOT / "target" / "release")
    options = parser.parse_args()
    worst = 0.0
    for name, workers, time_ms in TARGETS:
        known = workers * 1000 / time_ms
        found = search(options, name, workers, time_ms)
        knee = found["knee"]
        worst = max(worst, abs(knee["load"] / known - 1))
        print(
            f"{name:9} {workers} workers, {time_ms:2} ms: knee {known:.0f}/s, found {knee['load']:.1f}"
            f" ({knee['low']:.1f} to {knee['high']:.1f}, {len(found['steps'])} loads, {found['wall_s']:.0f} s),"
            f" {100 * (knee['load'] / known - 1):+.1f} %",
            flush=True,
        )
    print(f"worst deviation {100 * worst:.1f} %")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Compares fleet with other load generators against the same server, in alternating runs.

    benches/end_to_end/compare.py smtp     against Postfix's smtp-source, both to smtp-sink
    benches/end_to_end/compare.py https    against ab, both to nginx with a full handshake per request

Needs, as Debian packages: postfix (smtp), nginx-light and apache2-utils (https); and a release build
(cargo build --release). Everything listens on loopback. Machines are noisy: look at the median of the
ratios, not at the rates.
"""

import argparse
import json
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
FLEET = ROOT / "target" / "release" / "fleet"
HERE = pathlib.Path(__file__).resolve().parent
BODY_BYTES = 4096


def program(name, package):
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if path is None:
        sys.exit(f"{name} is missing: apt-get install {package}")
    return path


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, process):
    for _ in range(200):
        if process.poll() is not None:
            sys.exit("the server ended: " + " ".join(process.args))
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit(f"nothing listens on port {port}")


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run_fleet(fleet, scenario, folder, target, messages):
    """Runs the scenario; returns messages per second, processor microseconds per message, the summary."""
    out = tempfile.mkdtemp(prefix="run-", dir=folder)
    flags = ["--set", f"traffic.0.arrival.count={messages}", "--quiet", "--out", out, *target]
    ended = subprocess.run([fleet, "run", HERE / scenario, *flags], capture_output=True, text=True)
    if ended.returncode != 0:
        sys.exit(f"fleet ended with {ended.returncode}:\n{ended.stdout}{ended.stderr}")
    summary = json.loads((pathlib.Path(out) / "summary.json").read_text())
    ledger = summary["ledger"]
    if not ledger["balanced"] or ledger["delivered"] != messages:
        sys.exit(f"not every message was delivered: {ledger}")
    shutil.rmtree(out)
    return messages / summary["run"]["wall_s"], summary["validity"]["cpu_s"] * 1e6 / messages, summary


def run_other(command, messages):
    before = os.times()
    began = time.monotonic()
    ended = subprocess.run(command, capture_output=True, text=True)
    took = time.monotonic() - began
    after = os.times()
    if ended.returncode != 0:
        sys.exit(f"{command[0]} ended with {ended.returncode}:\n{ended.stderr}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return messages / took, cpu * 1e6 / messages, ended.stdout


def smtp(arguments, folder):
    source = program("smtp-source", "postfix")
    port = free_port()
    sink = subprocess.Popen(
        [program("smtp-sink", "postfix"), "-u", "nobody", f"inet:127.0.0.1:{port}", "1024"],
        stdout=subprocess.DEVNULL,
    )
    wait_for(port, sink)
    other = [source, "-s", "100", "-m", str(arguments.messages), "-l", str(BODY_BYTES), f"inet:127.0.0.1:{port}"]
    target = ["--smtp", f"127.0.0.1:{port}"]
    return sink, "smtp-source", other, "smtp.toml", target, lambda _: None


def https(arguments, folder):
    port = free_port()
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"],
        check=True, capture_output=True)
    configuration = folder / "nginx.conf"
    configuration.write_text(f"""
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} ssl backlog=4096; ssl_certificate {certificate}; ssl_certificate_key {key};
    ssl_protocols TLSv1.3; location / {{ return 200 ok; }}
  }}
}}
""")
    server = subprocess.Popen([program("nginx", "nginx-light"), "-c", configuration], stderr=subprocess.DEVNULL)
    wait_for(port, server)
    body = folder / "body.xml"
    body.write_bytes(b"x" * BODY_BYTES)
    url = f"https://127.0.0.1:{port}/"
    other = [program("ab", "apache2-utils"), "-q", "-n", str(arguments.messages), "-c", "100", "-p", body,
             "-T", "text/xml", url]

    def all_answered(output):
        if "Failed requests:        0" not in output or "Non-2xx" in output:
            sys.exit(f"ab reports failures:\n{output}")

    target = ["--https", f"https://localhost:{port}", "--ca", str(certificate)]
    return server, "ab", other, "https.toml", target, all_answered


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("transport", choices=["smtp", "https"])
    parser.add_argument("--pairs", type=int, default=7, help="alternating runs of each program")
    parser.add_argument("--fleet", type=pathlib.Path, default=FLEET, help="the build to measure")
    parser.add_argument("--messages", type=int, default=None, help="messages per run")
    arguments = parser.parse_args()
    if arguments.messages is None:
        arguments.messages = 20_000 if arguments.transport == "smtp" else 8_000
    if not arguments.fleet.exists():
        sys.exit("build first: cargo build --release")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="fleet-compare-"))
    server, name, other, scenario, target, check = globals()[arguments.transport](arguments, folder)
    ratios, lines = [], []
    try:
        for pair in range(arguments.pairs):
            rate, cpu, summary = run_fleet(arguments.fleet, scenario, folder, target, arguments.messages)
            other_rate, other_cpu, output = run_other(other, arguments.messages)
            check(output)
            ratios.append(rate / other_rate)
            bytes_each = summary["transports"][arguments.transport]["bytes"] / arguments.messages
            print(f"pair {pair + 1}: fleet {rate:8.0f}/s {cpu:6.0f} us/msg ({bytes_each:.0f} B)   "
                  f"{name} {other_rate:8.0f}/s {other_cpu:6.0f} us/msg   ratio {ratios[-1]:.2f}", flush=True)
            lines.append(summary)
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"ratio fleet / {name}: median {statistics.median(ratios):.2f}, "
          f"from {min(ratios):.2f} to {max(ratios):.2f}, {len(ratios)} alternating pairs")
    phases = lines[-1]["transports"][arguments.transport]["phases_ms"]
    print("phases of the last run, p50 / p99 ms: "
          + ", ".join(f"{key} {value['p50']:.2f} / {value['p99']:.2f}" for key, value in phases.items()))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Real clients against the consoles of a running fleet.

    fleet/tests/clients/check.py FLEET

FLEET is the built command. Drives devices with the OpenSSH client and with netmiko, and reads their
outputs with the templates of ntc-templates (requirements.txt has the versions). Ends with 1 when anything
is not as a device would have it.
"""

import pathlib
import signal
import subprocess
import sys
import tempfile

from netmiko import ConnectHandler
from netmiko.exceptions import NetmikoAuthenticationException
from ntc_templates.parse import parse_output

PASSWORD = "cisco"
SCENARIO = """
version = 1
name = "clients"
duration = "10m"
[ssh]
password = "cisco"
authorized-keys = "key.pub"
"""
ROUTERS = ["CISCO2811", "CISCO3845", "CISCO1941/K9", "CISCO2951/K9", "AS54XM-AC-RPS", "CSR1000V", "ISR4331/K9",
           "ASR1006"]
SWITCHES = ["WS-C3750E", "WS-C4507R+E"]
MODELS = ROUTERS + SWITCHES
# Commands with a template, and the models that have them.
COMMANDS = {
    "show version": MODELS,
    "show inventory": MODELS,
    "show ip interface brief": MODELS,
    "show interfaces": MODELS,
    "show interfaces description": MODELS,
    "show file systems": MODELS,
    "dir": MODELS,
    "show processes cpu": MODELS,
    "show users": MODELS,
    "show hosts summary": MODELS,
    "show ip http server status": MODELS,
    "show clock": MODELS,
    "show boot": ["WS-C3750E"],
    "show switch detail": ["WS-C3750E"],
    "show module": SWITCHES,
    "show redundancy": ["CSR1000V", "ISR4331/K9", "ASR1006", "WS-C4507R+E"],
}
# Commands without a template, and the models that have them; on the others they are no commands.
OWNED = {
    "show platform": ROUTERS,
    "show module": SWITCHES,
    "show switch": ["WS-C3750E"],
    "show redundancy states": ["CSR1000V", "ISR4331/K9", "ASR1006", "WS-C4507R+E"],
}
CONFIGURATION = """service call-home
hostname {hostname}
ip domain name example.com
username keeper privilege 15 secret 0 hidden
call-home
 contact-email-addr noc@example.com
 mail-server smtp.example.com priority 1
 profile noc
  destination address email noc@example.com
  subscribe-to-alert-group syslog severity notification pattern LINK
end
"""
passed, failed = 0, 0


def check(what, is_right, shown=""):
    """Counts one check; says what was shown where it failed."""
    global passed, failed
    if is_right:
        passed += 1
    else:
        failed += 1
        print(f"FAILED: {what}\n{shown}")


class Fleet:
    """A running fleet with one device of each model."""

    def __init__(self, command, folder):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "key"], check=True)
        (folder / "device.ios").write_text(CONFIGURATION)
        fleets = "".join(
            f'[[fleet]]\nname = "m{number}"\ncount = 3\nplatform = "{model}"\nconfig = "device.ios"\n'
            for number, model in enumerate(MODELS))
        (folder / "scenario.toml").write_text(SCENARIO + fleets)
        self.folder = folder
        self.process = subprocess.Popen(
            [command, "ssh", folder / "scenario.toml", "--listen", "127.0.0.1:0", "--plain", "--out", folder / "run"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if line.startswith("consoles at "):
                self.port = int(line.split(":")[1])
                break
        else:
            sys.exit("the fleet did not start")

    def openssh(self, device, *arguments, text=None):
        command = ["ssh", "-p", str(self.port), "-i", self.folder / "key", "-o", "BatchMode=yes",
                   "-o", "StrictHostKeyChecking=accept-new", "-o", f"UserKnownHostsFile={self.folder}/known",
                   "-o", "LogLevel=ERROR"]
        words = [*command, f"{device}@127.0.0.1", *arguments]
        return subprocess.run(words, input=text, capture_output=True, text=True, timeout=60)

    def netmiko(self, device, password=PASSWORD):
        return ConnectHandler(device_type="cisco_ios", host="127.0.0.1", port=self.port, username=device,
                              password=password)

    def end(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.communicate(timeout=60)[0]


def drive_with_openssh(fleet):
    shown = fleet.openssh("m3-00000", "show version")
    check("OpenSSH: a command", shown.returncode == 0 and "m3-00000 uptime is" in shown.stdout, shown)
    shown = fleet.openssh("m3-00000", "show nothing")
    check("OpenSSH: a refused command", shown.returncode == 1 and "% Invalid input" in shown.stdout, shown)
    shown = fleet.openssh("m3-00000", "-T", text="show privilege\nexit\n")
    check("OpenSSH: lines of a pipe", "Current privilege level is 15" in shown.stdout, shown)
    shown = fleet.openssh("m3-00000", "-tt", text="terminal length 0\nshow inventory\nexit\n")
    check("OpenSSH: a terminal", 'NAME: "' in shown.stdout and "m3-00000#exit" in shown.stdout, shown)
    shown = fleet.openssh("nobody", "show version")
    check("OpenSSH: an unknown device", shown.returncode == 255, shown)


def drive_with_netmiko(fleet):
    connection = fleet.netmiko("m3-00001")
    check("netmiko: the prompt", connection.find_prompt() == "m3-00001#")
    shown = connection.send_config_set(["call-home", "rate-limit 30", "exit", "interface gi0/1",
                                        "ip address 192.0.2.1 255.255.255.0", "shutdown"])
    check("netmiko: configuring", "%" not in shown, shown)
    check("netmiko: saving", "[OK]" in connection.save_config())
    shown = connection.send_command("show running-config | section call-home")
    check("netmiko: what was configured", " rate-limit 30" in shown, shown)
    shown = connection.send_command("show logging | include LINK-5")
    check("netmiko: what that caused", "Interface GigabitEthernet0/1, changed state to administratively down" in shown, shown)
    connection.disconnect()
    try:
        fleet.netmiko("m3-00001", password="guess")
        check("netmiko: a wrong password", False)
    except NetmikoAuthenticationException:
        check("netmiko: a wrong password", True)


def parsed(model, command, shown):
    """The records that the template of `command` reads in `shown`."""
    try:
        records = parse_output(platform="cisco_ios", command=command, data=shown)
    except Exception as error:  # The parser's own kinds of errors differ from version to version.
        check(f"{model}: {command}: {error}", False, shown)
        return [{}]
    check(f"{model}: {command}", len(records) > 0, shown)
    return records or [{}]


def read_with_templates(fleet):
    for number, model in enumerate(MODELS):
        connection = fleet.netmiko(f"m{number}-00002")
        connection.send_command("terminal length 0")
        read = {command: parsed(model, command, connection.send_command(command))
                for command, models in COMMANDS.items() if model in models}
        for command, models in OWNED.items():
            refused = "% Invalid input" in connection.send_command(command)
            check(f"{model}: {command} is there or not", refused != (model in models))
        agree(model, f"m{number}-00002", read, connection.send_command("show file systems"))
        shown = connection.send_command("show tech-support", read_timeout=60)
        check(f"{model}: show tech-support", "------------------ show version ------------------" in shown, shown)
        check(f"{model}: no secret in it", "hidden" not in shown, shown)
        connection.disconnect()


def agree(model, host, read, systems):
    """Checks that outputs say the same of one device."""
    version = read["show version"][0]
    check(f"{model}: host name", version.get("hostname") == host, version)
    serials = {unit.get("sn") for unit in read["show inventory"]}
    check(f"{model}: serial number", set(version.get("serial", [])) & serials, (version, serials))
    check(f"{model}: uptime", version.get("uptime"), version)
    total = read["dir"][0].get("total_size")
    # The template skips the marked line, that of the disk with the image.
    marked = [line.split()[1] for line in systems.splitlines() if line.startswith("*")]
    check(f"{model}: size of the disk", marked == [total], (total, systems))
    check(f"{model}: domain", read["show hosts summary"][0].get("default_domain") == "example.com", read)
    modules = {unit.get("serial") for unit in read.get("show module", []) if unit.get("serial")}
    check(f"{model}: modules are in the inventory", modules <= serials, (modules, serials))


def main():
    with tempfile.TemporaryDirectory() as folder:
        fleet = Fleet(sys.argv[1], pathlib.Path(folder))
        try:
            drive_with_openssh(fleet)
            drive_with_netmiko(fleet)
            read_with_templates(fleet)
        finally:
            closing = fleet.end()
    check("the fleet balances", "balanced to the last message" in closing, closing)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

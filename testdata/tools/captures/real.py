"""Takes testdata/captures/real.pcap and real-any.pcap: Apache Dubbo 3.3.6's consumer and provider over loopback, by tcpdump on `lo`
and on `any`. Needs the Java peers (tools/setup.sh), tcpdump, and the right to capture.

    python3 testdata/tools/captures/real.py
"""

import json
import socket
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
CAPTURES = ROOT / "testdata" / "captures"
BUILT = ROOT / "e2e" / "peers" / "java" / "target" / "3.3.6"
JAVA = ["java", "-Xmx512m", "-Dfile.encoding=UTF-8", "-Djava.net.preferIPv4Stack=true", "-DDUBBO_IP_TO_BIND=2130706433",
        "-Ddubbo.application.logger=jdk", "-cp", f"{BUILT}/classes:{BUILT}/lib/*"]
USER = {"name": "ada", "age": 36, "tags": ["a", "b"], "scores": {"x": 1}, "friends": [{"name": "bob"}]}
CALLS = [("hello", ["bob"]), ("saveUser", [USER]), ("listUsers", [3]), ("findUser", ["x"]), ("fail", ["no"]), ("echoBytes", [20000])]


def start(command):
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def ready(peer):
    while "READY" not in peer.stdout.readline():
        pass


def capture(interface, port, name):
    command = ["tcpdump", "-i", interface, "-Z", "root", "-U", "-w", CAPTURES / name, "tcp", "port", str(port)]
    tcpdump = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    while "listening on" not in tcpdump.stderr.readline():
        pass
    return tcpdump


def main():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    provider = start(JAVA + ["lab.Provider", str(port), "blue", "1000"])
    ready(provider)
    captures = [capture("lo", port, "real.pcap"), capture("any", port, "real-any.pcap")]
    consumer = start(JAVA + ["lab.Consumer", "lab-consumer"])
    ready(consumer)
    reference = {"url": f"dubbo://127.0.0.1:{port}/lab.UserService?timeout=3000"}
    for number, (method, args) in enumerate(CALLS):
        command = {"id": number, "reference": reference, "calls": [{"method": method, "args": args}], "threads": 1, "rounds": 1}
        print(json.dumps(command), file=consumer.stdin, flush=True)
        print(consumer.stdout.readline().strip()[:200])
    # The provider's heartbeats come after a second of silence.
    time.sleep(3)
    for peer in (consumer, provider):
        peer.stdin.close()
        peer.wait()
    time.sleep(1)
    for tcpdump in captures:
        tcpdump.terminate()
        tcpdump.wait()


main()

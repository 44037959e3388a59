"""Writes testdata/captures from testdata/dubbo/recorded, with scapy (2.8.0) and Wireshark's mergecap and editcap (4.0).

Each capture is read back with tshark, whose reassembly must give the recorded bytes wherever all of them were captured. Two runs
write the same bytes.

    python3 testdata/tools/captures/captures.py
"""

import random
import struct
import subprocess
from pathlib import Path

from scapy.layers.inet import IP, TCP, fragment
from scapy.layers.inet6 import IPv6, IPv6ExtHdrHopByHop, PadN
from scapy.layers.l2 import CookedLinux, CookedLinuxV2, Dot1AD, Dot1Q, Ether
from scapy.packet import Raw
from scapy.utils import RawPcapWriter

DATA = Path(__file__).resolve().parents[2]
RECORDED = DATA / "dubbo" / "recorded"
CAPTURES = DATA / "captures"

BEGIN = 1_700_000_000
CLIENT, PROVIDER = ("10.0.0.7", 51234), ("10.0.0.9", 20880)
CLIENT6, PROVIDER6 = ("2001:db8::7", 51234), ("2001:db8::9", 20880)
ETHERNET, NULL, RAW, SLL, SLL2 = 1, 0, 101, 113, 276


def recording(name):
    """What the client and the provider of a recording said."""
    return [(RECORDED / f"{name}.{side}.bin").read_bytes() for side in ("request", "response")]


class Connection:
    """A TCP connection; every method returns the packets of what happens, as IP packets."""

    def __init__(self, ends=(CLIENT, PROVIDER), begin=(1000, 5000)):
        self.ends = ends
        self.next = list(begin)

    def packet(self, side, flags, payload=b"", seq=None):
        (host, port), (peer, peer_port) = self.ends[side], self.ends[1 - side]
        ip = IPv6(src=host, dst=peer) if ":" in host else IP(src=host, dst=peer, id=1)
        seq = self.next[side] if seq is None else seq
        ack = 0 if flags == "S" else self.next[1 - side] % 2**32
        tcp = TCP(sport=port, dport=peer_port, flags=flags, seq=seq % 2**32, ack=ack)
        return ip / tcp / Raw(payload) if payload else ip / tcp

    def syn(self):
        packets = [self.packet(0, "S")]
        self.next[0] += 1
        packets.append(self.packet(1, "SA"))
        self.next[1] += 1
        return packets + [self.packet(0, "A")]

    def say(self, side, data, size=1448):
        packets = []
        for at in range(0, len(data), size):
            part = data[at : at + size]
            packets.append(self.packet(side, "PA", part))
            self.next[side] += len(part)
        return packets

    def fin(self):
        packets = []
        for side in (0, 1):
            packets.append(self.packet(side, "FA"))
            self.next[side] += 1
        return packets + [self.packet(0, "A")]

    def talk(self, name, size=1448):
        request, response = recording(name)
        return self.say(0, request, size) + self.say(1, response, size)

    def whole(self, name, size=1448):
        return self.syn() + self.talk(name, size) + self.fin()


def write(name, packets, link=ETHERNET, order="<", nano=False, step=0.001):
    """A pcap file. A packet is one of scapy's, or bytes; one a millisecond."""
    heads = {
        ETHERNET: lambda packet: Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / packet,
        NULL: lambda packet: Raw(struct.pack("<I", 2 if packet.version == 4 else 30)) / packet,
        RAW: lambda packet: packet,
        SLL: lambda packet: CookedLinux() / packet,
        SLL2: lambda packet: CookedLinuxV2() / packet,
    }
    path = CAPTURES / name
    # scapy takes 0 for none said.
    writer = RawPcapWriter(str(path), linktype=link or ETHERNET, endianness=order, nano=nano)
    writer.write_header(None)
    for number, packet in enumerate(packets):
        layered = packet.haslayer(Ether) if link == ETHERNET else False
        framed = bytes(packet if layered else heads[link](packet))
        fraction = round(number * step * (1e9 if nano else 1e6))
        writer.write_packet(framed, sec=BEGIN, usec=fraction)
    writer.close()
    if link == NULL:
        content = path.read_bytes()
        path.write_bytes(content[:20] + b"\0\0\0\0" + content[24:])
    return path


def follow(path, stream=0):
    """The bytes of both directions, as tshark puts them together; the client's are those of the first packet."""
    command = ["tshark", "-r", path, "-q", "-z", f"follow,tcp,raw,{stream}"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    lines = [line for line in lines if line.strip() and all(c in "0123456789abcdef\t" for c in line)]
    sides = [b"", b""]
    for line in lines:
        sides[line.startswith("\t")] += bytes.fromhex(line.strip())
    return sides


def agrees(path, *names):
    """tshark's streams are these recordings, one after the other."""
    for stream, name in enumerate(names):
        assert follow(path, stream) == recording(name), (path.name, stream, name)


def main():
    CAPTURES.mkdir(exist_ok=True)
    for old in CAPTURES.glob("*.pcap*"):
        # What real peers said is not made here.
        if old.name not in REAL:
            old.unlink()
    orders()
    links()
    streams()
    parts()
    sections()
    others()


REAL = {"real.pcap", "real-any.pcap"}


def orders():
    """Byte orders and resolutions of pcap."""
    for order, word in (("<", "little"), (">", "big")):
        for nano, unit in ((False, "micros"), (True, "nanos")):
            packets = Connection().whole("attachments")
            agrees(write(f"{word}-{unit}.pcap", packets, order=order, nano=nano), "attachments")


def links():
    """What packets begin with."""
    agrees(write("sll.pcap", Connection().whole("object", 100), link=SLL), "object")
    agrees(write("sll2.pcap", Connection().whole("object", 100), link=SLL2), "object")
    agrees(write("raw.pcap", Connection().whole("object", 100), link=RAW), "object")
    agrees(write("loopback.pcap", Connection().whole("object", 100), link=NULL), "object")
    ether = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
    tagged = [ether / Dot1Q(vlan=7) / packet for packet in Connection().whole("object", 100)]
    agrees(write("vlan.pcap", tagged), "object")
    tagged = [ether / Dot1AD(vlan=9) / Dot1Q(vlan=7) / p for p in Connection().whole("object", 100)]
    agrees(write("vlan-in-vlan.pcap", tagged), "object")
    six = Connection((CLIENT6, PROVIDER6)).whole("object", 100)
    agrees(write("ipv6.pcap", six), "object")
    hop = [IPv6(src=p.src, dst=p.dst) / IPv6ExtHdrHopByHop(options=[PadN(optdata=b"\0" * 4)]) / p[TCP] for p in six]
    agrees(write("ipv6-extension.pcap", hop), "object")
    agrees(write("loopback-ipv6.pcap", Connection((CLIENT6, PROVIDER6)).whole("object", 100), link=NULL), "object")
    # A frame of at least 60 bytes: behind a short packet stands padding.
    padded = [Raw(bytes(ether / p).ljust(60, b"\xda")) for p in Connection().whole("heartbeats", 16)]
    path = CAPTURES / "padded.pcap"
    writer = RawPcapWriter(str(path), linktype=ETHERNET, endianness="<")
    writer.write_header(None)
    for number, packet in enumerate(padded):
        writer.write_packet(bytes(packet), sec=BEGIN, usec=number * 1000)
    writer.close()
    agrees(path, "heartbeats")


def streams():
    """What TCP does to a stream."""
    numbers = random.Random(4)

    connection = Connection()
    begin, said = connection.syn(), connection.talk("bytes", 100)
    for at in range(0, len(said) - 3, 4):
        part = said[at : at + 4]
        numbers.shuffle(part)
        said[at : at + 4] = part
    agrees(write("out-of-order.pcap", begin + said + connection.fin()), "bytes")

    connection = Connection()
    begin, said = connection.syn(), connection.talk("bytes", 100)
    twice = [packet for packet in said for _ in range(2)]
    agrees(write("retransmitted.pcap", begin + twice + connection.fin() + said), "bytes")

    # Segments of other sizes over each other; what comes second says something else.
    connection = Connection()
    begin = connection.syn()
    request, response = recording("bytes")
    first, late = connection.next[0], []
    for at in range(0, len(request), 100):
        behind = request[at + 50 : at + 100]
        late.append(connection.packet(0, "PA", behind, seq=first + at + 50))
        late.append(connection.packet(0, "PA", request[at : at + 50] + b"?" * len(behind), seq=first + at))
    connection.next[0] += len(request)
    said = late + connection.say(1, response, 1000)
    write("overlap.pcap", begin + said + connection.fin())

    agrees(write("wraparound.pcap", Connection(begin=(2**32 - 500, 2**32 - 1)).whole("bytes", 100)), "bytes")

    connection = Connection()
    one_byte = connection.syn() + connection.talk("heartbeats", 1) + connection.fin()
    agrees(write("one-byte-segments.pcap", one_byte, step=0.0001), "heartbeats")

    first = Connection()
    second = Connection((("10.0.0.8", 40000), PROVIDER), begin=(77, 99))
    mixed = [p for pair in zip(first.whole("object", 60), second.whole("object", 60)) for p in pair]
    agrees(write("two-connections.pcap", mixed), "object", "object")

    # The same ports again: after FIN, and after nothing.
    again = Connection().whole("hello") + Connection(begin=(90_000, 4_000_000)).whole("object", 100)
    agrees(write("reused-ports.pcap", again), "hello", "object")
    lost = Connection()
    cut = lost.syn() + lost.talk("hello")
    again = cut + Connection(begin=(90_000, 4_000_000)).whole("object", 100)
    agrees(write("reused-ports-without-fin.pcap", again), "hello", "object")

    # A keep-alive repeats the byte before the next one, with any value.
    connection = Connection()
    begin = connection.syn() + connection.talk("hello")
    probe = connection.packet(0, "A", b"\0", seq=connection.next[0] - 1)
    rest = connection.talk("heartbeats")
    write("keep-alive.pcap", begin + [probe, probe] + rest + connection.fin())


def parts():
    """Captures that lack something."""
    # The third segment of an answer's body is lost; the frames behind it are in their places.
    connection = Connection()
    packets = connection.syn() + connection.talk("exception", 1000) + connection.talk("hello") + connection.fin()
    lost = [p for p in packets if not (p[TCP].sport == 20880 and p[TCP].seq == 5001 + 2000)]
    assert len(lost) == len(packets) - 1
    write("gap-in-a-body.pcap", lost)

    # Of the client's frames, a call and two heartbeats, the segment with the first heartbeat is lost.
    connection = Connection()
    packets = connection.syn() + connection.talk("heartbeats", 17) + connection.fin()
    request, _ = recording("heartbeats")
    at = 1001 + len(request) - 34
    connection = Connection()
    begin = connection.syn()
    said = connection.say(0, request[:-34]) + connection.say(0, request[-34:], 17)
    lost = [p for p in begin + said + connection.fin() if not (p[TCP].seq == at and p[TCP].dport == 20880)]
    write("gap-between-frames.pcap", lost)

    # Captured from behind the handshake on: at a frame, and in the middle of one.
    connection = Connection()
    packets = connection.whole("object", 100)[3:]
    write("begins-at-a-frame.pcap", packets)
    connection = Connection()
    connection.syn()
    connection.say(0, recording("bytes")[0][:1000])
    rest = connection.say(0, recording("bytes")[0][1000:], 200)
    write("begins-in-a-frame.pcap", rest + connection.talk("object", 100) + connection.fin())
    write("begins-with-the-providers-syn.pcap", Connection().whole("object", 100)[1:])

    whole = (CAPTURES / "little-micros.pcap").read_bytes()
    (CAPTURES / "ends-in-a-packet.pcap").write_bytes(whole[:-20])
    (CAPTURES / "ends-in-a-head.pcap").write_bytes(whole[: 24 + 7])
    (CAPTURES / "ends-in-the-file-header.pcap").write_bytes(whole[:20])

    # The first 120 bytes of each packet.
    connection = Connection()
    packets = connection.syn() + connection.talk("bytes") + connection.talk("hello") + connection.fin()
    full = write("full.tmp.pcap", packets)
    run("editcap", "-F", "pcap", "-s", "120", full, CAPTURES / "snaplen.pcap")
    full.unlink()

    # Parts of IP packets hold no segment that could be read alone.
    packets = Connection().whole("bytes", 1400)
    parts = [part for packet in packets for part in (fragment(packet, 600) if len(packet) > 600 else [packet])]
    write("fragments.pcap", parts)


def sections():
    """pcapng: several interfaces with their own link types and clocks, and sections in either byte order."""
    first = Connection().whole("attachments")
    second = Connection((CLIENT6, PROVIDER6)).whole("object", 100)
    one = write("one.tmp.pcap", first)
    two = write("two.tmp.pcap", second, link=SLL, nano=True)
    merged = CAPTURES / "interfaces.pcapng"
    run("mergecap", "-F", "pcapng", "-I", "none", "-a", "-w", merged, one, two)
    agrees(merged, "attachments", "object")
    one.unlink()
    two.unlink()

    # Written by hand, as no tool at hand writes these: both byte orders in one file, a resolution of 2^-10 s, an offset,
    # simple packets without a time, the packet block of old, and blocks that nobody knows. tshark reads it below.
    blocks = []
    for order in "<>":
        ends = [("10.0.0.7", 51234 + len(blocks)), PROVIDER]
        packets = [bytes(Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / p)
                   for p in Connection(ends).whole("generic", 100)]
        blocks.append(section(order))
        blocks.append(interface(order, ETHERNET, [(9, bytes([0x80 | 10])), (14, struct.pack(order + "q", 3600))]))
        blocks.append(block(order, 0x0BAD, b"nobody knows"))
        for number, packet in enumerate(packets):
            ticks = (BEGIN - 3600) * 1024 + number
            blocks.append(any_packet(order, number, ticks, packet))
    path = CAPTURES / "sections.pcapng"
    path.write_bytes(b"".join(blocks))
    agrees(path, "generic", "generic")
    (CAPTURES / "ends-in-a-block.pcapng").write_bytes(path.read_bytes()[:-10])


def block(order, kind, body):
    length = 12 + len(body)
    return struct.pack(order + "II", kind, length) + body + struct.pack(order + "I", length)


def section(order):
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(order, link, options):
    body = struct.pack(order + "HHI", link, 0, 0)
    for code, value in options:
        body += struct.pack(order + "HH", code, len(value)) + pad(value)
    return block(order, 1, body + struct.pack(order + "HH", 0, 0))


def any_packet(order, number, ticks, packet):
    head = (ticks >> 32, ticks & 0xFFFFFFFF, len(packet), len(packet))
    if number == 4:
        return block(order, 3, struct.pack(order + "I", len(packet)) + pad(packet))
    if number == 5:
        return block(order, 2, struct.pack(order + "HHIIII", 0, 0, *head) + pad(packet))
    comment = struct.pack(order + "HH", 1, 5) + pad(b"hello") + struct.pack(order + "HH", 0, 0)
    return block(order, 6, struct.pack(order + "IIIII", 0, *head) + pad(packet) + comment)


def pad(value):
    return value + b"\0" * (-len(value) % 4)


def others():
    """Other traffic, alone and on Dubbo's port."""
    connection = Connection((CLIENT, ("10.0.0.9", 80)))
    http = connection.syn()
    http += connection.say(0, b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
    http += connection.say(1, b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
    write("http.pcap", http + connection.fin())

    connection = Connection()
    telnet = connection.syn() + connection.say(0, b"invoke lab.UserService.hello(\"bob\")\r\n")
    telnet += connection.say(1, b"dubbo>")
    write("telnet.pcap", telnet + connection.fin())

    # The provider answers with what is no Dubbo; its banner even comes first.
    connection = Connection()
    banner = connection.syn() + connection.say(1, b"220 hello from a mail server\r\n")
    write("banner.pcap", banner + connection.say(0, recording("hello")[0]) + connection.fin())

    # A call behind text, which Java reads as telnet.
    connection = Connection()
    text = connection.syn() + connection.talk("hello") + connection.say(0, b"ls\r\n" + recording("object")[0])
    write("text-between-frames.pcap", text + connection.fin())

    path = CAPTURES / "usb.pcap"
    writer = RawPcapWriter(str(path), linktype=189, endianness="<")
    writer.write_header(None)
    writer.write_packet(b"\0" * 64, sec=BEGIN, usec=0)
    writer.close()


def run(*command):
    subprocess.run([str(part) for part in command], check=True, capture_output=True)


main()

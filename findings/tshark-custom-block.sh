#!/usr/bin/env bash
# tshark counts the custom blocks of a pcapng file as frames.
#
# A custom block (type 0x00000BAD) holds what the tool that wrote the file had to say; no packet of any network. tshark
# 4.0.17 (Debian 12, 4.0.17-0+deb12u3) numbers it as a frame without a time, of the length of its data, and has it in
# the sums of -z io,stat: a file with two packets and one such block between them has three frames,
#
#   1  42  eth:ethertype:ip:udp
#   2  32  data
#   3  42  eth:ethertype:ip:udp
#
# while tcpdump 4.99.3 shows two packets. Frame numbers of the two tools do not match from there on.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get install -y --print-uris --reinstall --no-install-recommends tshark=4.0.17-0+deb12u3 tcpdump=4.99.3-1 |
	sed -n "s/^'\([^']*\)'.*/\1/p" | xargs -n 1 -P 4 curl -sfLO
for package in *.deb; do dpkg -x "$package" root; done
export LD_LIBRARY_PATH=$dir/root/usr/lib/x86_64-linux-gnu HOME=$dir

python3 - <<'END'
import struct
def block(kind, body):
    body += b"\0" * (-len(body) % 4)
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + length + body + length
frame = (bytes.fromhex("0200000000020200000000010800" "4500001c00000000401100000000")[:26] +
         bytes([192, 0, 2, 1, 192, 0, 2, 2]) + struct.pack(">HHHH", 40000, 9, 8, 0))
packet = block(6, struct.pack("<IIIII", 0, 0, 1000000, len(frame), len(frame)) + frame)
note = block(0x00000BAD, struct.pack("<I", 32473) + b"a note of the tool that wrote it")  # RFC 5612's number for examples
with open("note.pcapng", "wb") as f:
    f.write(block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)) + block(1, struct.pack("<HHI", 1, 0, 0)) +
            packet + note + packet)
END
root/usr/bin/tshark --version | head -1
root/usr/bin/tshark -r note.pcapng -T fields -e frame.number -e frame.len -e frame.protocols 2>/dev/null | tee frames
packets=$(root/usr/bin/tcpdump -n -r note.pcapng 2>/dev/null | wc -l)
echo "tcpdump: $packets packets"
[ "$(wc -l <frames)" = 3 ] || { echo "changed: tshark has another number of frames"; exit 1; }
[ "$packets" = 2 ] || { echo "changed: tcpdump shows another number of packets"; exit 1; }
echo "as described"

#!/usr/bin/env bash
# tshark -z io,stat leaves out the last packet of a capture whose length is a whole number of intervals.
#
# Seen with tshark 4.0.17 (Debian 12, 4.0.17-0+deb12u3). Three packets, at 0, 1 and 2 s, in intervals of one second:
#
#   |  0 <> 1  |      1 |    42 |
#   |  1 <> Dur|      1 |    42 |
#
# The packet at 2 s is in no row; one at 2.000001 s would have had a row of its own. A capture whose packets have one
# stamp gives a table without any row. The same file has three frames for -T fields. Whoever adds up the rows, or looks
# for something that comes at a steady interval, counts one too few; what is sent on the second hits it every time.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get install -y --print-uris --reinstall --no-install-recommends tshark=4.0.17-0+deb12u3 |
	sed -n "s/^'\([^']*\)'.*/\1/p" | xargs -n 1 -P 4 curl -sfLO
for package in *.deb; do dpkg -x "$package" root; done
export LD_LIBRARY_PATH=$dir/root/usr/lib/x86_64-linux-gnu HOME=$dir

python3 - <<'END'
import struct
def capture(name, seconds):
    frame = (bytes.fromhex("0200000000020200000000010800" "4500001c00000000401100000000")[:26] +
             bytes([192, 0, 2, 1, 192, 0, 2, 2]) + struct.pack(">HHHH", 40000, 9, 8, 0))
    with open(name, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for s in seconds:
            f.write(struct.pack("<IIII", 1000 + int(s), round(s % 1 * 1e6), len(frame), len(frame)) + frame)
capture("whole.pcap", [0, 1, 2])
capture("beyond.pcap", [0, 1, 2.000001])
capture("once.pcap", [0, 0])
END
rows() { root/usr/bin/tshark -r "$1" -q -z io,stat,1 2>/dev/null | grep '<>' || true; }
root/usr/bin/tshark --version | head -1
for file in whole beyond once; do
	echo "$file: $(root/usr/bin/tshark -r $file.pcap -T fields -e frame.number 2>/dev/null | wc -l) frames"
	rows $file.pcap | tee $file.rows
done
[ "$(awk -F'|' '{n += $3} END {print n + 0}' whole.rows)" = 2 ] || { echo "changed: the rows of whole hold another number"; exit 1; }
[ "$(awk -F'|' '{n += $3} END {print n + 0}' beyond.rows)" = 3 ] || { echo "changed: the rows of beyond hold another number"; exit 1; }
[ ! -s once.rows ] || { echo "changed: once has rows"; exit 1; }
echo "as described"

#!/usr/bin/env bash
# The end of a session that DESTROY tells with nf_conntrack_timestamp=1 lies up to a minute before the entry left the table.
#
# One would take start and stop for the time in which the entry was in the table. But an entry whose time is over stays,
# and counts, until the kernel's collector comes by, and nf_ct_delete() sets the stop back by as much (seen with Linux
# 6.18 and conntrack 1.4.7, Debian 12, 1:1.4.7-1+b2). One datagram over loopback, nf_conntrack_udp_timeout=2:
#
#   the datagram was sent at   1795976944
#   the entry was counted till 1795976977
#   DESTROY came at            1795976978, and says that it stopped at 1795976946
#
# Who adds up the entries of a moment from start and stop finds too few of them; the time of the event itself is right.
set -euo pipefail
dir=$(mktemp -d)
space=stop-$$
trap 'kill $(jobs -p) 2>/dev/null || true; ip netns del $space 2>/dev/null || true; rm -rf "$dir"' EXIT
cd "$dir"
for package in conntrack=1:1.4.7-1+b2 nftables=1.0.6-2+deb12u2; do
	apt-get install -y --print-uris --reinstall --no-install-recommends "$package" |
		sed -n "s/^'\([^']*\)'.*/\1/p" | xargs -n 1 -P 4 curl -sfLO
done
for package in *.deb; do dpkg -x "$package" root; done
LD_LIBRARY_PATH=$(dirname "$(find root -name 'libnetfilter_conntrack.so*' | head -1)"):$(find root -name 'libnftables.so*' -printf '%h\n' | head -1)
export LD_LIBRARY_PATH TZ=UTC LC_ALL=C
uname -r
root/usr/sbin/conntrack --version

ip netns add $space
inside() { ip netns exec $space "$@"; }
inside ip link set lo up
inside sysctl -q -w net.netfilter.nf_conntrack_timestamp=1
inside root/usr/sbin/nft 'add table ip t; add chain ip t c { type filter hook output priority 0; }; add rule ip t c ct state new accept'
inside sysctl -q -w net.netfilter.nf_conntrack_udp_timeout=2
inside root/usr/sbin/conntrack -E -e DESTROY -o timestamp,ktimestamp >events 2>/dev/null &
sleep 1
inside python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 40001))
s.sendto(b"x", ("127.0.0.1", 40002))'
sent=$(date +%s) counted=0
for _ in {1..130}; do
	(($(inside cat /proc/sys/net/netfilter/nf_conntrack_count) == 0)) || counted=$(date +%s)
	! grep -q dport=40002 events || break
	sleep 1
done
line=$(grep -m 1 dport=40002 events)
destroyed=$(sed -n 's/^\[\([0-9]*\)\..*/\1/p' <<<"$line")
stopped=$(date -d "$(sed -n 's/.*\[stop=\([^]]*\)\].*/\1/p' <<<"$line")" +%s)
echo "$line"
echo "the datagram was sent at   $sent"
echo "the entry was counted till $counted"
echo "DESTROY came at            $destroyed, and says that it stopped at $stopped"
if ((stopped - sent > 4 || destroyed - stopped < 5 || destroyed - counted > 2)); then
	echo changed
	exit 1
fi
echo "as described"

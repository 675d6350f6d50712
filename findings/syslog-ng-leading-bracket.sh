#!/usr/bin/env bash
# syslog-ng takes a bracket at the front of a message without a tag for a process number, and drops what it is no number of.
#
# A rule's prefix "[DROP] " is how many people mark the lines of a firewall, and some routers send the kernel's lines
# without the tag "kernel:". syslog-ng 3.38.1 (Debian 12, 3.38.1-5+deb12u1), with a network() source and a syslog()
# destination, no flags:
#
#   sent  <4>Nov 21 20:28:21 router [DROP] IN=eth0 OUT= SRC=192.0.2.1
#   got   <4>1 2026-11-21T20:28:21+00:00 router - DROP - - IN=eth0 OUT= SRC=192.0.2.1
#   sent  <4>Nov 21 20:28:21 router [ 12.345] eth0: link up
#   got   <4>1 2026-11-21T20:28:21+00:00 router - - - - 12.345] eth0: link up
#
# In the first the prefix is the PROCID and no longer in the message; in the second the bracket and the blank are nowhere
# any more. A network() destination passes both on as they came, and so does syslog() where a tag stands in front.
set -euo pipefail
dir=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$dir"' EXIT
cd "$dir"
apt-get install -y --print-uris --reinstall --no-install-recommends syslog-ng-core=3.38.1-5+deb12u1 |
	sed -n "s/^'\([^']*\)'.*/\1/p" | xargs -n 1 -P 4 curl -sfLO
for package in *.deb; do dpkg -x "$package" root; done
modules=$(dirname "$(find root -name libaffile.so)")
LD_LIBRARY_PATH=$(dirname "$(find root -name 'libsyslog-ng-*.so*' | head -1)")
export LD_LIBRARY_PATH TZ=UTC

cat >conf <<'END'
@version: 3.38
options { stats-freq(0); keep-hostname(yes); };
source sender { network(ip(127.0.0.1) port(51414) transport(udp)); };
destination modern { syslog("127.0.0.1" port(51415) transport(udp)); };
destination old { network("127.0.0.1" port(51416) transport(udp)); };
log { source(sender); destination(modern); destination(old); };
END
root/usr/sbin/syslog-ng --version 2>/dev/null | grep -m 1 'Installer-Version' || true
root/usr/sbin/syslog-ng -F -f conf --module-path="$modules" -R persist -c control -p pid --no-caps 2>log &
sleep 2
python3 - <<'END'
import socket, sys
def receiver(port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("127.0.0.1", port))
    s.settimeout(5)
    return s
modern, old = receiver(51415), receiver(51416)
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
changed = False
for message, became in (("[DROP] IN=eth0 OUT= SRC=192.0.2.1", "- DROP - - IN=eth0 OUT= SRC=192.0.2.1"),
                        ("[ 12.345] eth0: link up", "- - - - 12.345] eth0: link up"),
                        ("kernel: [DROP] IN=eth0 OUT=", "kernel - - - [DROP] IN=eth0 OUT=")):
    line = "<4>Nov 21 20:28:21 router " + message
    sender.sendto(line.encode(), ("127.0.0.1", 51414))
    got, plain = modern.recv(9000).decode().strip(), old.recv(9000).decode().strip()
    print("sent      ", line, "\nsyslog()  ", got, "\nnetwork() ", plain)
    if not got.endswith(" router " + became) or plain != line:
        changed = True
sys.exit("changed" if changed else 0)
END
echo "as described"

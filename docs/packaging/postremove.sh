#!/bin/sh
# Runs after uncloak has been removed. What was received stays; dpkg --purge removes it, too.
set -e
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload || true
fi
if [ "$1" = purge ]; then
  rm -rf /var/lib/uncloak /var/lib/private/uncloak
  rmdir /etc/uncloak 2>/dev/null || true
fi

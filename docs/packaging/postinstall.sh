#!/bin/sh
# Runs after uncloak has been installed or upgraded, on systems with deb and rpm. A service that runs is started anew; a new
# one is not started: nothing is listened to before its owner says so.
set -e
if command -v systemd-sysusers >/dev/null; then
  systemd-sysusers /usr/lib/sysusers.d/uncloak.conf
elif ! id uncloak >/dev/null 2>&1; then
  useradd --system --user-group --home-dir /var/lib/uncloak --no-create-home --shell /usr/sbin/nologin uncloak
fi
chgrp uncloak /etc/uncloak/uncloak.yaml
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload || true
  systemctl try-restart uncloak.service || true
fi
# $1: deb says configure and the version before, rpm the number of installed versions.
case "$1 $2" in
"configure " | "1 ")
  echo "uncloak: look through /etc/uncloak/uncloak.yaml, then: systemctl enable --now uncloak.socket uncloak"
  ;;
esac

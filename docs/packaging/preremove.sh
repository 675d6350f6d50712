#!/bin/sh
# Runs before uncloak is removed. On an upgrade (deb: upgrade, rpm: 1) the service goes on.
set -e
case "$1" in
remove | 0)
  if [ -d /run/systemd/system ]; then
    systemctl --no-reload disable --now uncloak.service uncloak.socket uncloak-tls.socket || true
  fi
  ;;
esac

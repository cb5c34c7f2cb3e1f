#!/bin/sh
# install.sh [NPM ARGUMENT...]: puts node-media-server, the version of nms/package-lock.json, into build/peers/nms.
# Does nothing when it is there already. Needs node and npm; no package's install script is run.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
into=$here/../../build/peers/nms

if cmp -s "$here/nms/package-lock.json" "$into/installed"; then
  exit 0
fi

mkdir -p "$into"
rm -f "$into/installed"
cp "$here/nms/package.json" "$here/nms/package-lock.json" "$into/"
(cd "$into" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error "$@")
cp "$here/nms/package-lock.json" "$into/installed"

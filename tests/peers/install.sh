#!/bin/sh
# install.sh [NPM ARGUMENT...]: puts the peers that come from npm into build/peers: node-media-server (nms) and node-av (nodeav, 210 MB),
# the versions of their package-lock.json. What is there already is not touched. Needs node and npm; no package's install script is run.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
readonly limit=300 # seconds for each

for peer in nms nodeav; do
  into=$here/../../build/peers/$peer
  if cmp -s "$here/$peer/package-lock.json" "$into/installed"; then
    continue
  fi

  mkdir -p "$into"
  rm -f "$into/installed"
  cp "$here/$peer/package.json" "$here/$peer/package-lock.json" "$into/"
  (cd "$into" && timeout "$limit" npm ci --ignore-scripts --no-audit --no-fund --loglevel=error "$@")
  cp "$here/$peer/package-lock.json" "$into/installed"
done

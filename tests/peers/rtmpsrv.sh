#!/bin/bash
# rtmpsrv.sh LOG COMMAND...: runs a command beside rtmpsrv (Debian's rtmpdump), which writes to LOG what it understands. rtmpsrv
# listens on all addresses, at port 1935: both run in a network namespace of their own, where there is nothing but 127.0.0.1.
# Needs root, or a system on which users may make namespaces.
set -euo pipefail

log=$1
shift
own=()
[ "$(id -u)" = 0 ] || own=(--user --map-root-user)

exec unshare "${own[@]}" --net -- bash -c '
	log=$1
	shift
	ip link set lo up
	# Its console wants an input that stays open and silent.
	exec 3< <(exec sleep 60 2>/dev/null)
	console=$!
	"$(command -v rtmpsrv || echo /usr/sbin/rtmpsrv)" -z <&3 >"$log" 2>&1 &
	server=$!
	for ((i = 0; i < 100; i++)); do
		! grep -q " 00000000:078F 00000000:0000 0A" /proc/net/tcp || break
		sleep 0.05
	done
	result=0
	"$@" || result=$?
	sleep 0.2 # for its last lines
	kill "$server" "$console"
	exit $result' rtmpsrv "$log" "$@"

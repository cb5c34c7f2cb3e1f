#!/bin/sh
# compare.sh [update]: runs the Go benchmarks and compares them with baseline/go.txt by benchstat; update stores the run instead. Times
# differ from machine to machine: on another one than the baseline's, allocations alone say something.
set -eu

cd "$(dirname "$0")/../.."
readonly benchstat=golang.org/x/perf/cmd/benchstat@v0.0.0-20250214215153-c95ad7d5b636
readonly baseline=tests/bench/baseline/go.txt
new=build/bench/go.txt

case ${1-} in
'') ;;
update) new=$baseline ;;
*)
  echo "compare.sh: $1: update, or nothing, expected" >&2
  exit 2
  ;;
esac

mkdir -p build/bench "$(dirname "$baseline")"
go test -run '^$' -bench . -benchtime 100ms -count 6 -tags netgo,osusergo ./amf ./core/chunk ./core/flv ./core >"$new.part"
mv "$new.part" "$new"
[ "$new" = "$baseline" ] || go run "$benchstat" "$baseline" "$new"

#!/usr/bin/env bash
# Sets up, builds, tests, shows and installs the library, on Linux. ./build.sh help says how.
set -euo pipefail
readonly from=$PWD # the user's folder, where relative paths begin
cd "$(dirname -- "${BASH_SOURCE[0]}")"

readonly go_wanted=1.26
readonly tags=netgo,osusergo # Go's own resolver and user lookup: rtmp.so needs nothing but libc
readonly abis=(5.1 5.2 5.3 5.4 jit)
readonly fuzzers=2 # processes per fuzz target: each may take a gigabyte
readonly wanted=${LUA:-5.3}
unset LUA # luat, which this script runs, has a variable of the same name

readonly demo_packages=(ca-certificates ffmpeg gcc libc6-dev liblua5.3-dev lua5.3 pkg-config)
readonly bench_packages=(gstreamer1.0-plugins-bad gstreamer1.0-plugins-good gstreamer1.0-tools librtmp-dev util-linux)
readonly test_packages=(clang g++ gcc-multilib gstreamer1.0-plugins-bad gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-tools
	libclang-rt-dev librtmp-dev liblua5.1-0-dev liblua5.2-dev liblua5.4-dev libluajit-5.1-dev libnginx-mod-rtmp
	iproute2 lua5.1 lua5.2 lua5.4 luajit nginx rtmpdump stunnel4 util-linux valgrind)

usage() {
	cat <<'END'
./build.sh                    builds build/rtmp.so, for Lua 5.3
LUA=5.4 ./build.sh            builds build/lua5.4/rtmp.so; LUA is 5.1, 5.2, 5.3, 5.4 or jit
LUA_NUMBERS=32 ./build.sh     builds build/lua5.3-32/rtmp.so, for a Lua 5.3 with 32-bit numbers (LUA_32BITS)
GOARCH=386 ./build.sh         builds build/386/rtmp.so, for 32-bit processes; goes with LUA and LUA_NUMBERS
PORTABLE=1 ./build.sh         builds for machines with a glibc before 2.36, too; 0.7 MB more
./build.sh archive            builds build/librtmp_luat.a, the same for static linking; goes with LUA as above
./build.sh setup              installs what building and testing need (apt-get, as root or through sudo)
./build.sh test               sets up, builds for every Lua, runs all tests
./build.sh fuzz [SECONDS]     feeds every decoder, and the whole publisher, with random bytes, each for so long, 600 if not given;
                              600x instead: so many times
./build.sh demo               sets up, builds, publishes to a receiver on this machine, checks what arrived
./build.sh demo rtmp://...    the same, to a server of yours
./build.sh bench              sets up, builds, compares with other publishers; some minutes; writes docs/performance.md's tables
./build.sh bench -against FILE  compares with FILE, the rtmp.so of another commit, and with nothing else
./build.sh bench-go           runs the Go benchmarks and compares them with tests/bench/baseline
./build.sh install [PREFIX]   copies what was built to /usr/local or PREFIX; knows DESTDIR and LUA
./build.sh clean              removes build/
END
}

say() { printf '%s\n' "$*"; }
title() { printf '\n== %s\n' "$*"; }
die() {
	printf 'build.sh: %s\n' "$*" >&2
	exit 1
}

# ---- what is needed ----

check_go() {
	local version
	# sudo and some shells leave out the folder of Go's own installation.
	command -v go >/dev/null || PATH=$PATH:/usr/local/go/bin
	command -v go >/dev/null || die "Go is not installed; this needs $go_wanted or newer: https://go.dev/dl"
	version=$(go env GOVERSION) || die "go does not run in this folder; this needs Go $go_wanted or newer: https://go.dev/dl"
	printf '%s\n' "go$go_wanted" "$version" | sort -V -C || die "Go $go_wanted or newer is needed, this is $version: https://go.dev/dl"
}

check_tools() {
	check_go
	command -v gcc >/dev/null || die "gcc is not installed: ./build.sh setup installs it"
}

# Prints the compiler's flags for the headers of one Lua.
lua_cflags() {
	local name dir names=("lua$1" "lua-$1" "lua${1/./}")
	[ "$1" != jit ] || names=(luajit)
	for name in "${names[@]}"; do
		pkg-config --cflags "$name" 2>/dev/null && return
	done
	for dir in "/usr/include/lua$1" "/usr/local/include/lua$1" "/usr/include/lua$1-2.1"; do
		[ ! -f "$dir/lua.h" ] || { say "-I$dir" && return; }
	done
	die "the headers of Lua $1 are not installed: ./build.sh setup installs them"
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "neither root nor sudo; as root: $*"
	fi
}

# Prints those packages that are not installed.
missing_packages() {
	local package
	for package; do
		dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || say "$package"
	done
}

# What apt-get prints is kept in a file: it is long, and of interest only when something fails.
apt_get() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@" >>build/setup.log 2>&1
}

apt_install() {
	local policy=/usr/sbin/policy-rc.d
	say "setup: apt-get install $*"
	mkdir -p build
	: >build/setup.log
	apt-get -s install "$@" >/dev/null 2>&1 || apt_get update || true
	# Debian starts a service when its package is installed; the tests start servers of their own.
	if [ ! -e "$policy" ]; then
		trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
		as_root sh -c "printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy"
	else
		policy=
	fi
	if ! apt_get install --no-install-recommends "$@"; then
		# The lists may be old.
		apt_get update && apt_get install --no-install-recommends "$@" ||
			die "apt-get failed, see build/setup.log: $(tail -n 3 build/setup.log)"
	fi
	if [ -n "$policy" ]; then
		as_root rm -f "$policy"
		trap - EXIT
	fi
	# Nor is it to start with the machine.
	if [[ " $* " == *" nginx "* ]] && command -v systemctl >/dev/null; then
		as_root systemctl disable --quiet nginx || true
	fi
}

# Installs those packages that are not there.
need() {
	local missing
	if ! command -v apt-get >/dev/null; then
		say "setup: no apt-get here; these Debian packages, or their like, are needed: $*"
		return
	fi
	mapfile -t missing < <(missing_packages "$@")
	[ ${#missing[@]} = 0 ] || apt_install "${missing[@]}"
}

setup() {
	local packages=("${demo_packages[@]}" "${test_packages[@]}")
	command -v node >/dev/null || packages+=(nodejs)
	command -v npm >/dev/null || packages+=(npm)
	need "${packages[@]}"
	check_go
	tests/peers/install.sh
	tests/numbers32/install.sh
	# Under sudo, what was made in this folder belongs to the user.
	[ -z "${SUDO_UID-}" ] || chown -R "$SUDO_UID:${SUDO_GID-}" build
	say "setup: everything is here, with $(go env GOVERSION)"
}

# ---- building ----

# Whether the processor asked for is another one than this machine's; Go reads GOARCH itself.
is_foreign() { [ -n "${GOARCH-}" ] && [ "$GOARCH" != "$(go env GOHOSTARCH)" ]; }

# Prints what sets one build apart from others for the same Lua: the processor's folder with a slash, or the numbers.
arch_folder() { ! is_foreign || say "$GOARCH/"; }
numbers_suffix() { [ "${LUA_NUMBERS:-64}" = 64 ] || say "-$LUA_NUMBERS"; }

# Prints the compiler's flags for the processor and the numbers.
variant_cflags() {
	# Debian's headers of Lua include one that stands in the folder of the machine's own processor, but suits others.
	! is_foreign || say "-m32 -idirafter /usr/include/$(gcc -print-multiarch)"
	[ "${LUA_NUMBERS:-64}" = 64 ] || say -DLUA_32BITS
}

check_variant() {
	case ${LUA_NUMBERS:-64} in
	64) ;;
	32) [ "$1" = 5.3 ] || die "LUA_NUMBERS=32 goes with Lua 5.3 only, not with $1" ;;
	*) die "LUA_NUMBERS=$LUA_NUMBERS: 32 or 64 expected" ;;
	esac
	if is_foreign; then
		[ "$GOARCH" = 386 ] && [ "$(go env GOHOSTARCH)" = amd64 ] || die "GOARCH=$GOARCH: 386 on amd64 is possible"
		gcc -m32 -E -include stdio.h -x c /dev/null >/dev/null 2>&1 || die "gcc cannot compile for 386: ./build.sh setup installs gcc-multilib"
	fi
}

# Sets up the environment in which Go compiles the C files against one Lua.
use_lua() {
	local flags
	check_variant "$1"
	flags="$(lua_cflags "$1") $(variant_cflags | tr '\n' ' ')"
	# Go's build cache does not see a header change that is not in the package's own folder: this makes it see it.
	CGO_CFLAGS="-O2 $flags -DHEADER_SUM=$(cat include/*.h internal/*/*.h | cksum | cut -d ' ' -f 1)"
	export CGO_CFLAGS CGO_ENABLED=1
}

# Compiles the C files with every warning an error; Go compiles its own C in the same run and cannot be so strict.
check_c() {
	local file
	for file in *.c internal/*/*.c; do
		# shellcheck disable=SC2086
		gcc $CGO_CFLAGS -std=c99 -pedantic -Wall -Wextra -Wshadow -Werror -c -o /dev/null "$file"
	done
}

# No names of symbols, no paths, no build ids; functions begin at multiples of 8 bytes, not of 32.
readonly go_ldflags="-s -w -buildid= -funcalign=8"

# Packages that are smaller without inlining, 0.4 MB in all: what they do while media is sent is little. It is most in crypto/tls, time
# and internal/sync, which mutexes are made of: some 10 ns of a picture's 5,000 and more. See docs/performance.md.
readonly small=(fmt math/big net reflect strconv strings time crypto crypto/ecdh crypto/elliptic crypto/rsa crypto/sha3 crypto/tls crypto/x509
	crypto/internal/fips140/bigmod crypto/internal/fips140/ecdh crypto/internal/fips140/ecdsa crypto/internal/fips140/ed25519
	crypto/internal/fips140/edwards25519/... crypto/internal/fips140/hmac crypto/internal/fips140/nistec/... crypto/internal/fips140/rsa
	crypto/internal/fips140/sha256 crypto/internal/fips140/sha3 crypto/internal/fips140/sha512 vendor/golang.org/x/crypto/cryptobyte
	bytes internal/singleflight internal/sync syscall github.com/bluenviron/... luatrtmp/core/source/...)

# Prints the compiler's flags for them, one a line.
compiler_flags() { printf -- '-gcflags=%s=-l\n' "${small[@]}"; }

# Prints the linker's flag for relocations in a short form: 0.7 MB less to store, and to read at every start. Loaders know it
# since glibc 2.36, of 2022; a library that is built where glibc is older, or with PORTABLE=1, does without.
pack_relocations() {
	local version
	version=$(getconf GNU_LIBC_VERSION 2>/dev/null) || return 0
	[ -z "${PORTABLE:-}" ] || return 0
	! printf '%s\n' 2.36 "${version##* }" | sort -V -C || say -Wl,-z,pack-relative-relocs
}

# Builds for one Lua. The same sources give the same bytes, in whatever folder: no paths, no build ids.
build() {
	local top dir out flags
	use_lua "$1"
	top=build/$(arch_folder)
	dir=${top}lua$1$(numbers_suffix)
	out=$dir/rtmp.so
	check_c
	mkdir -p "$dir"
	mapfile -t flags < <(compiler_flags)
	go build -buildmode=c-shared -trimpath -buildvcs=false -tags "$tags" "${flags[@]}" \
		-ldflags "$go_ldflags -B none -extldflags \"-Wl,-soname,rtmp.so '-Wl,--version-script=$PWD/rtmp.map' $(pack_relocations)\"" -o "$out" .
	rm -f "$dir/rtmp.h" # Go's own; include/luat_rtmp_push.h is the header
	if [ "$dir" = "${top}lua5.3" ]; then
		# In one step, for a program that has it open.
		cp "$out" "${top}rtmp.so.new"
		mv "${top}rtmp.so.new" "${top}rtmp.so"
		out=${top}rtmp.so
	fi
	say "$out: $(($(stat -c %s "$out") / 1024)) KiB, for Lua $1"
}

# Builds the same for static linking. In the archive is one object file, in which all names but those of rtmp.so are local:
# a program may have functions of the same names.
archive() {
	local top dir out flags
	use_lua "$1"
	top=build/$(arch_folder)
	dir=${top}lua$1$(numbers_suffix)
	out=$dir/librtmp_luat.a
	check_c
	mkdir -p "$dir"
	mapfile -t flags < <(compiler_flags)
	go build -buildmode=c-archive -trimpath -buildvcs=false -tags "$tags" "${flags[@]}" -ldflags "$go_ldflags" -o "$out.all" .
	rm -f "$dir"/librtmp_luat*.h "$out"
	# The constructors stay together, in their order, wherever the program's own stand: see internal/hostsignals. Groups are dissolved,
	# because objcopy makes their names local: no linker could put a group without a name beside another.
	# shellcheck disable=SC2086
	gcc $CGO_CFLAGS -r -nostdlib -Wl,-d,--force-group-allocation,--whole-archive "$out.all" -Wl,-T,archive.ld -o "$out.o"
	objcopy --strip-unneeded --wildcard --keep-global-symbol=luaopen_rtmp --keep-global-symbol='rtmp_*' --keep-global-symbol=g_rtmp_ctx "$out.o"
	ar rcsD "$out" "$out.o"
	rm -f "$out.all" "$out.o"
	if [ "$dir" = "${top}lua5.3" ]; then
		cp "$out" "${top}librtmp_luat.a"
		out=${top}librtmp_luat.a
	fi
	say "$out: $(($(stat -c %s "$out") / 1024)) KiB, for Lua $1"
}

check_wanted() {
	case " ${abis[*]} " in
	*" $wanted "*) ;;
	*) die "LUA=$wanted: one of ${abis[*]} expected" ;;
	esac
}

# ---- testing ----

check_style() {
	local files system
	files=$(gofmt -l .)
	[ -z "$files" ] || die "not formatted by gofmt: $files"
	use_lua 5.3
	go vet -tags "$tags,lua53" ./...
	for system in windows darwin freebsd; do # what has no "C" in it is for all of them
		GOOS=$system CGO_ENABLED=0 go build ./core/... ./amf/... ./internal/...
		GOOS=$system CGO_ENABLED=0 go vet ./core/... ./amf/... ./internal/...
	done
}

run_tests() {
	local abi
	setup
	title "build (the first time takes a minute)"
	check_tools
	for abi in "${abis[@]}"; do
		build "$abi"
	done
	title "gofmt, go vet"
	check_style
	title "tests"
	mkdir -p build
	go build -o build/count ./tests/count
	# One package at a time: some measure real time, on machines with few cores.
	go test -json -race -count=1 -p 1 -timeout 20m -tags "$tags,lua53" ./... | build/count
}

# Runs every fuzz target. What fails is kept under testdata/fuzz of its package, where go test runs it from then on.
fuzz() {
	local time=${1:-600} failed=() dir binary name log
	[[ $time =~ ^[1-9][0-9]*x?$ ]] || die "fuzz $time: seconds expected, or a number of times as in 1000x"
	[[ $time == *x ]] || time+=s
	check_tools
	use_lua 5.3
	for dir in $(grep -rl --include='*_test.go' '^func Fuzz' amf core | xargs -n 1 dirname | sort -u); do
		binary=$PWD/build/fuzz/${dir//\//_}
		mkdir -p "$binary"
		# A package is compiled once, for all of its targets.
		go test -c -run '^$' -fuzz . -tags "$tags" -o "$binary/test" "./$dir"
		for name in $(grep -h -o '^func Fuzz[A-Za-z0-9]*' "$dir"/*_test.go | cut -d ' ' -f 2); do
			log=$binary/$name.log
			# Inputs that are only new are not made small for long: where goroutines meet, no two runs are the same.
			if (cd "$dir" && "$binary/test" -test.run '^$' -test.fuzz "^$name\$" -test.fuzztime "$time" -test.fuzzminimizetime 1s \
				-test.parallel "$fuzzers" -test.fuzzcachedir "$binary/corpus") >"$log" 2>&1; then
				say "$dir $name: $(grep -o 'execs: [0-9]*' "$log" | tail -n 1)"
			else
				failed+=("$dir $name")
				say "$dir $name: FAILED"
				grep -v '^fuzz: elapsed' "$log" | head -n 40
			fi
		done
	done
	[ ${#failed[@]} = 0 ] || die "${#failed[@]} fuzz targets failed:$(printf '\n  %s' "${failed[@]}")"
}

# ---- demo ----

receiver_pid=
readonly sample_pid=build/demo/sample.pid # a file, as the sample runs in a subshell; there only while it runs

# Ends what the demo has started, whatever ends the demo.
stop_demo() {
	[ -z "$receiver_pid" ] || kill "$receiver_pid" 2>/dev/null || true
	[ ! -f "$sample_pid" ] || kill "$(cat "$sample_pid")" 2>/dev/null || true
}

# Runs the sample, and keeps what it prints.
run_sample() {
	local ok=yes
	(
		echo "$BASHPID" >"$sample_pid"
		RTMP_URL=$1 exec ./luat examples/sample.lua
	) | tee build/demo/sample.log || ok=no
	rm "$sample_pid"
	[ $ok = yes ] || die "the sample did not publish, see above"
}

# Prints a field of the first event of a kind in the receiver's log.
received() {
	sed -n 's/.*"event":"'"$1"'".*"'"$2"'":"\([^"]*\)".*/\1/p' build/demo/receiver.log | head -n 1
}

# Starts the receiver on a free port of this machine and waits until it listens.
start_receiver() {
	local i
	go build -tags "$tags" -o build/receiver ./tests/receiver
	build/receiver -addr 127.0.0.1:0 -dir build/demo -once >build/demo/receiver.log &
	receiver_pid=$!
	for ((i = 0; i < 100; i++)); do
		[ -z "$(received listening addr)" ] || return 0
		sleep 0.05
	done
	die "the receiver did not start"
}

# Waits until the receiver, which ends with its first stream, has completed the file.
wait_for_receiver() {
	local i
	for ((i = 0; i < 100; i++)); do
		if ! kill -0 "$receiver_pid" 2>/dev/null; then
			receiver_pid=
			return
		fi
		sleep 0.1
	done
	die "the receiver did not see the end of the stream; see build/demo/receiver.log"
}

# Decodes a recording, and compares it with the number of pictures that were sent.
check_recording() {
	local file=$1 sent=$2 complaints pictures=0 width=0 height=0 codec=none seconds=0 key value
	complaints=$(ffmpeg -nostdin -v error -i "$file" -f null - 2>&1) || complaints="ffmpeg failed: $complaints"
	while IFS='=' read -r key value; do
		case $key in
		nb_read_frames) pictures=$value ;;
		codec_name) codec=$value ;;
		width) width=$value ;;
		height) height=$value ;;
		duration) seconds=$value ;;
		esac
	done < <(ffprobe -v error -count_frames -select_streams v:0 -of default=noprint_wrappers=1 \
		-show_entries stream=codec_name,width,height,nb_read_frames:format=duration "$file")
	say "file      $file"
	say "picture   $codec, ${width}x$height"
	say "frames    $pictures decoded, $sent sent"
	say "seconds   $seconds"
	[ -z "$complaints" ] || die "the recording does not decode: $complaints"
	[ "$pictures" -gt 0 ] && [ "$pictures" = "$sent" ] || die "the recording is not whole"
	say "The recording is whole."
}

demo() {
	local url=${1-} sent file
	[[ ${1-} != -* ]] || die "demo $1: a URL is expected, rtmp://HOST/APP/STREAM"
	need "${demo_packages[@]}"
	title "build (the first time takes a minute)"
	check_tools
	build 5.3
	rm -rf build/demo
	mkdir -p build/demo
	trap stop_demo EXIT
	if [ -z "$url" ]; then
		start_receiver
		url=rtmp://$(received listening addr)/live/stream
	fi
	title "examples/sample.lua"
	run_sample "$url"
	sent=$(sed -n 's/.*video_frames_sent *\([0-9]*\).*/\1/p' build/demo/sample.log | tail -n 1)
	[ "${sent:-0}" -gt 0 ] || die "no picture was sent"
	[ -n "$receiver_pid" ] || return 0
	wait_for_receiver
	title "received"
	file=$(received end file)
	[ -n "$file" ] || die "the receiver recorded nothing; see build/demo/receiver.log"
	check_recording "$file" "$sent"
}

# ---- measuring ----

bench() {
	need "${demo_packages[@]}" "${bench_packages[@]}"
	check_tools
	build 5.3
	use_lua 5.3
	go run -tags "$tags" ./tests/bench "$@"
}

# ---- installing ----

# Prints the file for pkg-config. Programs find the library where Lua finds it, without LD_LIBRARY_PATH.
pkg_config_file() {
	local prefix=$1 version=$2
	cat <<END
prefix=$prefix
includedir=\${prefix}/include
libdir=\${prefix}/lib
moduledir=\${libdir}/lua/$version

Name: rtmp_luat
Description: publishes live audio and video over RTMP
Version: $(sed -n 's/^#define RTMP_VERSION "\(.*\)"/\1/p' include/luat_rtmp_push.h)
Cflags: -I\${includedir}
Libs: -L\${moduledir} -Wl,-rpath,\${moduledir} -l:rtmp.so
END
}

install_all() {
	local prefix version=$wanted to=${DESTDIR-} file
	[[ ${1-} != -* ]] || die "install $1: PREFIX is a folder, as in ./build.sh install /usr/local"
	prefix=$(cd "$from" && realpath -m -- "${1:-/usr/local}")
	[ -z "$to" ] || to=$(cd "$from" && realpath -m -- "$to")
	[ "$wanted" != jit ] || version=5.1
	to=${to%/}$prefix
	[ -f "build/lua$wanted/rtmp.so" ] || die "build/lua$wanted/rtmp.so is not built: run ./build.sh first, with the same LUA"
	install -D -m 644 "build/lua$wanted/rtmp.so" "$to/lib/lua/$version/rtmp.so"
	while IFS= read -r file; do
		install -D -m 644 "lua/$file" "$to/share/lua/$version/$file"
	done < <(cd lua && find . -name '*.lua' | sort)
	install -D -m 755 luat "$to/bin/luat"
	install -D -m 644 include/luat_rtmp_push.h "$to/include/luat_rtmp_push.h"
	if [ -f "build/lua$wanted/librtmp_luat.a" ]; then
		install -D -m 644 "build/lua$wanted/librtmp_luat.a" "$to/lib/librtmp_luat.a"
	fi
	pkg_config_file "$prefix" "$version" | install -D -m 644 /dev/stdin "$to/lib/pkgconfig/rtmp_luat.pc"
	say "installed for Lua $wanted: $to/{bin/luat,include/luat_rtmp_push.h,lib/pkgconfig/rtmp_luat.pc,lib/lua/$version,share/lua/$version}"
}

main() {
	check_wanted
	case ${1-} in
	bench) ;; # has options of its own
	demo | fuzz | install | bench-go) [ $# -le 2 ] || { usage >&2 && exit 2; } ;;
	*) [ $# -le 1 ] || { usage >&2 && exit 2; } ;;
	esac
	case ${1-} in
	test | fuzz | demo | install | bench) [ -z "${GOARCH-}${LUA_NUMBERS-}" ] || die "$1 does not know GOARCH and LUA_NUMBERS: they are for building" ;;
	esac
	case ${1-} in
	'')
		check_tools
		build "$wanted"
		;;
	archive)
		check_tools
		archive "$wanted"
		;;
	setup) setup ;;
	test) run_tests ;;
	fuzz) fuzz "${2-}" ;;
	demo) demo "${2-}" ;;
	bench) bench "${@:2}" ;;
	bench-go)
		check_go
		tests/bench/compare.sh "${2-}"
		;;
	install) install_all "${2-}" ;;
	clean) rm -rf build ;;
	help | -h | --help) usage ;;
	*)
		usage >&2
		exit 2
		;;
	esac
}

main "$@"

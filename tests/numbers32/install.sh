#!/bin/sh
# install.sh: builds Lua 5.3 from the source package of Debian, as Debian itself does not build it, into build/hosts:
#
#     lua5.3-32        numbers of 32 bits (LUA_32BITS)
#     386/lua5.3       a 32-bit process
#     386/lua5.3-32    both
#
# Each is a folder with the program lua, liblua.a and headers, for which -DLUA_32BITS has to be given again. Does nothing when they are
# there already. The package comes from where the machine's other packages come from, and is checked as they are; nothing of the system is changed.
set -eu

into=$(cd "$(dirname "$0")/../.." && pwd)/build/hosts
log=$into/install.log

die() {
	printf 'tests/numbers32/install.sh: %s\n' "$1" >&2
	exit 1
}

# apt-get, with lists and a cache of its own, and with the machine's sources turned into those of source packages.
apt() {
	apt-get -q -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$into/apt/sources" -o Dir::State::lists="$into/apt/lists" \
		-o Dir::Cache="$into/apt/cache" -o APT::Sandbox::User="$(id -un)" "$@" >>"$log" 2>&1
}

download() {
	command -v apt-get >/dev/null || die "no apt-get here: put lua-5.3.6's source package, lua5.3_5.3.6.orig.tar.gz, into $into"
	rm -rf "$into/apt"
	mkdir -p "$into/apt/sources" "$into/apt/lists/partial" "$into/apt/cache/archives/partial"
	for file in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
		name=$into/apt/sources/$(basename "$file")
		case $file in
		*.list) [ ! -f "$file" ] || sed -n 's/^deb[[:space:]]/deb-src /p' "$file" >"$name" ;;
		*.sources) [ ! -f "$file" ] || sed 's/^Types:.*/Types: deb-src/; /^Architectures:/d' "$file" >"$name" ;;
		esac
	done
	apt update || true # what matters is whether the package is found
	(cd "$into" && apt --download-only source lua5.3) || die "the source package lua5.3 cannot be had, see $log: $(tail -n 3 "$log")"
	rm -rf "$into/apt"
}

# build NAME FLAG...
build() {
	to=$into/$1
	shift
	rm -rf "$to"
	mkdir -p "$to/include"
	cp -R "$into/source/src" "$to/src"
	(
		cd "$to/src"
		rm luac.c
		gcc -std=gnu99 -O1 -DLUA_COMPAT_5_2 -DLUA_USE_POSIX -DLUA_USE_DLOPEN "$@" -c ./*.c
		gcc "$@" -Wl,-E -o ../lua ./*.o -lm -ldl
		rm lua.o
		ar rcs ../liblua.a ./*.o
		cp lua.h lauxlib.h lualib.h luaconf.h lua.hpp ../include
	) >>"$log" 2>&1 || die "Lua does not compile with $*, see $log: $(tail -n 3 "$log")"
	rm -rf "$to/src"
}

if cmp -s "$0" "$into/installed"; then
	exit 0
fi
mkdir -p "$into"
rm -f "$into/installed"
: >"$log"
command -v gcc >/dev/null || die "gcc is not installed: ./build.sh setup installs it"
set -- "$into"/lua5.3_*.orig.tar.*
if [ ! -f "$1" ]; then
	download
	set -- "$into"/lua5.3_*.orig.tar.*
fi
rm -rf "$into/source"
mkdir "$into/source"
tar -xf "$1" -C "$into/source" --strip-components=1
build lua5.3-32 -DLUA_32BITS
build 386/lua5.3 -m32
build 386/lua5.3-32 -m32 -DLUA_32BITS
rm -rf "$into/source"
cp "$0" "$into/installed"

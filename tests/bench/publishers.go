package main

import (
	"os"
	"os/exec"
	"strconv"
)

// publisher is one of those that are compared.
type publisher struct {
	name   string
	ours   bool
	player bool     // plays a file once: what it costs is seen at the sink only
	looser bool     // what it sends differs from the others in permitted ways: pictures are counted, and not compared
	host   string   // whose loop is the same: what that costs is measured without sending, and taken off; "" for none
	slow   bool     // sends to a sink that makes it wait, so that it has a backlog
	env    []string // more of its environment
	args   func(b *bench, k *content) []string
}

// Names that other files look for.
const (
	theLimit   = "limit: one prepared write per frame"
	oursC      = "this library, from C"
	oursLua    = "this library, from Lua"
	oursGo     = "this library, as a Go package"
	oursBehind = "this library, from C, with a backlog"
)

// publishers are all, in the order of the table.
func publishers() []publisher {
	pushed := func(program string, more ...string) func(*bench, *content) []string {
		return func(b *bench, k *content) []string {
			return append([]string{b.bin(program), "URL", k.pushed, "COUNT", "FPS"}, more...)
		}
	}
	tagged := func(chunk string) func(*bench, *content) []string {
		return func(b *bench, k *content) []string {
			return []string{b.bin("librtmp"), "URL", k.tags, "COUNT", "FPS", chunk}
		}
	}
	golang := func(library string) func(*bench, *content) []string {
		return func(b *bench, k *content) []string {
			return []string{b.bin("publisher"), library, "URL", k.pushed, "COUNT", "FPS"}
		}
	}
	return []publisher{
		{name: theLimit, host: "limit", args: func(b *bench, k *content) []string { return []string{b.bin("limit"), "URL", k.wire, "COUNT", "FPS"} }},
		{name: oursC, ours: true, host: "C", args: ours},
		{name: oursLua, ours: true, host: "Lua", args: func(b *bench, k *content) []string {
			return []string{"lua5.3", b.file("tests/bench/lua/ours.lua"), "URL", k.pushed, "COUNT", "FPS"}
		}},
		{name: oursGo, ours: true, host: "Go", args: golang("ours")},
		{name: "librtmp, chunk 60000, ready tags", host: "C", args: tagged("60000")},
		{name: "librtmp, chunk 60000, with scan", host: "C", args: pushed("librtmp", "60000", "scan")},
		{name: "librtmp, chunk 4096, ready tags", host: "C", args: tagged("4096")},
		{name: "librtmp, chunk 128, ready tags", host: "C", args: tagged("128")},
		{name: "gortmplib", host: "Go", looser: true, args: golang("gortmplib")},
		{name: "ffmpeg -c copy", player: true, looser: true, args: func(_ *bench, k *content) []string {
			return []string{"ffmpeg", "-nostdin", "-v", "error", "-i", k.flv, "-c", "copy", "-flvflags", "no_duration_filesize", "-f", "flv", "URL"}
		}},
		{name: "GStreamer rtmp2sink", player: true, looser: true, args: gstreamer},
	}
}

// backlog is the publisher that is compared where messages wait for the network all the time.
func backlog() publisher {
	return publisher{name: oursBehind, ours: true, slow: true, args: oursWithBacklog}
}

func ours(b *bench, k *content) []string {
	return []string{b.bin("ours"), "URL", k.pushed, "COUNT", "FPS"}
}

func oursWithBacklog(b *bench, k *content) []string {
	return []string{b.bin("ours"), "URL", k.pushed, "COUNT", "FPS", "1000"}
}

func gstreamer(_ *bench, k *content) []string {
	args := []string{"gst-launch-1.0", "-q", "filesrc", "location=" + k.flv, "!", "flvdemux", "name=d", "d.video", "!", "queue", "!", "m.video"}
	if k.hasAudio() {
		args = append(args, "d.audio", "!", "queue", "!", "m.audio")
	}
	return append(args, "flvmux", "name=m", "streamable=true", "!", "rtmp2sink", "location=URL", "sync=false")
}

// command makes the command of a run; pictures below 0: nothing is sent.
func (p *publisher) command(b *bench, k *content, url string, pictures, fps int) *exec.Cmd {
	args := p.args(b, k)
	for i, a := range args {
		switch a {
		case "URL":
			args[i] = url
		case "location=URL":
			args[i] = "location=" + url
		case "COUNT":
			args[i] = strconv.Itoa(pictures)
		case "FPS":
			args[i] = strconv.Itoa(fps)
		}
	}
	cmd := b.pinned(publisherCore, args[0], args[1:]...)
	cmd.Env = append(b.luaEnvironment(), p.env...)
	return cmd
}

// luaEnvironment lets Lua find the library and the bench's clock.
func (b *bench) luaEnvironment() []string {
	return append(os.Environ(), "LUA_CPATH="+b.file("build/lua5.3/?.so")+";"+b.bin("?.so"))
}

// present leaves out those whose programs are not installed.
func present(all []publisher) (some []publisher, missing []string) {
	for _, p := range all {
		if p.name == "GStreamer rtmp2sink" && exec.Command("gst-inspect-1.0", "rtmp2sink").Run() != nil {
			missing = append(missing, p.name)
			continue
		}
		some = append(some, p)
	}
	return some, missing
}

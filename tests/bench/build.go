package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// programs are those in c/, and what they need beside the C library.
var programs = map[string][]string{
	"limit":           nil,
	"librtmp":         {"-lrtmp"},
	"librtmp_connect": {"-lrtmp"},
	"ours":            {"LIBRARY"},
	"ours_connect":    {"LIBRARY"},
	"contexts":        {"LIBRARY"},
	"memory":          {"LIBRARY"},
	"calls":           {"LIBRARY"},
	"load":            {"-ldl"},
}

// compile builds everything that is run. rtmp.so is there already.
func (b *bench) compile() error {
	library := filepath.Join(b.root, "build", "rtmp.so")
	if _, err := os.Stat(library); err != nil {
		return fmt.Errorf("build/rtmp.so is not built: run ./build.sh")
	}
	here := filepath.Join(b.root, "tests", "bench")
	base := []string{"-O2", "-march=native", "-std=gnu11", "-Wall", "-Wextra", "-I" + filepath.Join(b.root, "include"), "-pthread"}
	for name, needs := range programs {
		args := append(base[:len(base):len(base)], "-o", b.bin(name), filepath.Join(here, "c", name+".c"))
		for _, n := range needs {
			if n == "LIBRARY" {
				args = append(args, library, "-Wl,-rpath,"+filepath.Dir(library))
			} else {
				args = append(args, n)
			}
		}
		if err := tool("gcc", args...); err != nil {
			return err
		}
	}
	flags, err := exec.Command("pkg-config", "--cflags", "lua5.3").Output()
	if err != nil {
		return fmt.Errorf("pkg-config lua5.3: %w", err)
	}
	args := append(base[:len(base):len(base)], strings.Fields(string(flags))...)
	if err := tool("gcc", append(args, "-fPIC", "-shared", "-o", b.bin("clock.so"), filepath.Join(here, "c", "clock.c"))...); err != nil {
		return err
	}
	for _, name := range []string{"sink", "publisher"} {
		if err := tool("go", "build", "-tags", "netgo,osusergo", "-o", b.bin(name), filepath.Join(here, name)); err != nil {
			return err
		}
	}
	return nil
}

// bin is where a program of the bench is.
func (b *bench) bin(name string) string { return filepath.Join(b.dir, "bin", name) }

// tool runs a command that has to succeed.
func tool(name string, args ...string) error {
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

// Package floors_test holds the order of the packages: imports point down, only the top knows C, and below core
// nothing starts a goroutine, opens a socket or reads a clock. It holds the structure inside the packages, too: how many
// files need each other, how long a package is, and in how many files the methods of a type stand.
package floors_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/internal/repo"
)

const module = "luatrtmp"

// The modules of others that a floor may need.
const (
	mediacommon = "github.com/bluenviron/mediacommon/v2"
	sys         = "golang.org/x/sys"
	pionRTP     = "github.com/pion/rtp"
	pionRTCP    = "github.com/pion/rtcp"
	ebmlGo      = "github.com/at-wat/ebml-go"
	mp4ff       = "github.com/Eyevinn/mp4ff"
)

// floor is what the code of one folder may know, beside Go's own library.
type floor struct {
	ours   []string // folders of this module
	others []string // other modules
	files  bool     // may open files
	errnos bool     // knows the errors of packages net, os and syscall
	top    bool     // may use goroutines, sockets and clocks
}

// floors has every folder with Go code but those of tests.
var floors = map[string]floor{
	"internal/brief":          {},
	"amf":                     {},
	"core/handshake":          {},
	"core/chunk":              {},
	"core/message":            {ours: []string{"amf", "core/chunk"}},
	"core/flv/bitstream":      {others: []string{mediacommon}},
	"core/flv":                {ours: []string{"core/flv/bitstream"}, others: []string{mediacommon}},
	"core/source/rtp":         {ours: []string{"core/flv", "core/source/media", "internal/brief"}, others: []string{mediacommon, pionRTP, pionRTCP}},
	"core/source/media":       {ours: []string{"core/flv", "internal/brief"}, others: []string{mediacommon}},
	"core/source/annexb":      {ours: []string{"core/flv", "core/source/media"}, others: []string{mediacommon}},
	"core/source/audioframes": {ours: []string{"core/flv", "core/source/media"}},
	"core/source/flvfile":     {ours: []string{"amf", "core/flv", "core/source/media"}},
	"core/source/ivf":         {ours: []string{"core/flv", "core/source/media"}},
	"core/source/matroska":    {ours: []string{"core/flv", "core/source/media", "internal/brief"}, others: []string{mediacommon, ebmlGo}},
	"core/source/mp4":         {ours: []string{"core/flv", "core/source/media"}, others: []string{mp4ff}},
	"core/source/mpegts": {
		ours:   []string{"core/flv", "core/source/annexb", "core/source/audioframes", "core/source/media"},
		others: []string{mediacommon},
	},
	"core/source/ogg": {ours: []string{"core/flv", "core/source/media", "internal/brief"}},
	"core/source/wav": {ours: []string{"core/flv", "core/source/media"}},
	"core/source": {
		ours: []string{
			"core/flv", "core/source/annexb", "core/source/audioframes", "core/source/flvfile", "core/source/ivf", "core/source/matroska",
			"core/source/media", "core/source/mp4", "core/source/mpegts", "core/source/ogg", "core/source/rtp", "core/source/wav", "internal/brief",
		},
		files: true,
	},
	"core/notify":    {ours: []string{"internal/thread"}, top: true},
	"core/rtmperr":   {others: []string{sys}, errnos: true},
	"core/endpoint":  {ours: []string{"core/rtmperr"}},
	"core/options":   {ours: []string{"core/rtmperr", "internal/brief"}, files: true},
	"core/transport": {ours: []string{"core/endpoint", "core/options", "core/rtmperr"}, others: []string{sys}, top: true},
	"core/sendqueue": {ours: []string{"core/chunk", "core/flv"}},
	"core/stats":     {ours: []string{"core/chunk", "core/sendqueue"}},
	"core/caps":      {ours: []string{"amf", "core/flv", "core/message", "core/rtmperr"}},
	"core/mux":       {ours: []string{"amf", "core/caps", "core/chunk", "core/flv", "core/message", "core/rtmperr", "core/sendqueue", "internal/brief"}},
	"core/link": {
		ours: []string{"core/chunk", "core/message", "core/rtmperr", "core/sendqueue", "core/stats", "core/transport"},
		top:  true,
	},
	"core/client": {
		ours: []string{
			"amf", "core/caps", "core/endpoint", "core/flv", "core/handshake", "core/link", "core/message", "core/options", "core/rtmperr",
			"core/sendqueue", "core/stats", "core/transport",
		},
		top: true,
	},
	"core/hang": {ours: []string{"core/rtmperr"}, top: true},
	"core/ingest": {
		ours: []string{"core/flv", "core/rtmperr", "core/source", "core/source/rtp", "internal/brief"},
		top:  true,
	},
	"core/feeder": {ours: []string{"core/flv", "core/hang", "core/rtmperr", "core/source", "internal/brief"}, top: true},
	"core": {
		ours: []string{
			"core/caps",
			"core/client",
			"core/endpoint",
			"core/feeder",
			"core/flv",
			"core/hang",
			"core/ingest",
			"core/message",
			"core/link",
			"core/mux",
			"core/notify",
			"core/options",
			"core/rtmperr",
			"core/sendqueue",
			"core/source",
			"core/stats",
			"core/transport",
			"internal/brief",
		},
		others: []string{sys},
		top:    true,
	},
	"internal/stderrlog":   {ours: []string{"internal/thread"}, others: []string{sys}, top: true},
	"internal/thread":      {others: []string{sys}, top: true},
	"internal/forkguard":   {},
	"internal/hostsignals": {},
	"internal/instances":   {ours: []string{"core", "internal/stderrlog"}, top: true},
	"internal/loading":     {top: true},
	"internal/luatos":      {ours: []string{"internal/forkguard"}},
	"internal/luaface":     {ours: []string{"internal/forkguard", "internal/luatos"}},
	".": {
		ours: []string{
			"core", "core/rtmperr", "internal/forkguard", "internal/hostsignals", "internal/instances", "internal/loading", "internal/luaface",
			"internal/luatos", "internal/stderrlog",
		},
		top: true,
	},
}

// forTests lists the folders whose code only tests use.
var forTests = []string{"tests", "core/coretest", "core/source/mediatest", "core/endpoint/leaktest"}

// importsC lists the places that may import "C": the exports, the packages that consist of C files, and the host of the tests of
// the Lua face.
var importsC = []string{
	"export.go", "export_media.go", "convert.go", "internal/forkguard", "internal/hostsignals", "internal/loading/loading.go", "internal/luaface", "internal/luatos", "tests/luahost",
}

// worldly lists packages of Go's library that reach out of the process, or around the type system.
var worldly = []string{"net", "net/http", "net/rpc", "net/smtp", "os", "os/exec", "os/signal", "os/user", "syscall", "unsafe"}

// clocks lists what package time has beside durations and dates.
var clocks = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}

// file is a parsed Go file of the module; its name is relative to the top folder.
type file struct {
	name string
	*ast.File
}

func (f file) folder() string { return path.Dir(f.name) }
func (f file) isTest() bool   { return strings.HasSuffix(f.name, "_test.go") }

func (f file) imports(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, spec := range f.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		require.NoError(t, err)
		all = append(all, name)
	}
	return all
}

// parse reads every Go file of the module, whatever its build tags.
func parse(t *testing.T) []file {
	t.Helper()
	return parseInto(t, token.NewFileSet())
}

// parseInto is parse that notes places in a set.
func parseInto(t *testing.T, fset *token.FileSet) []file {
	t.Helper()
	root := repo.Root(t)
	var files []file
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		short, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		if d.IsDir() && (short == "build" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && short != ".") {
			return fs.SkipDir
		}
		if d.IsDir() || filepath.Ext(name) != ".go" {
			return nil
		}
		parsed, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, file{filepath.ToSlash(short), parsed})
		return nil
	})
	require.NoError(t, err)
	return files
}

func under(name string, folders []string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return name == f || strings.HasPrefix(name, f+"/") })
}

func TestImportsPointDown(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range parse(t) {
		if f.isTest() || under(f.name, forTests) {
			continue
		}
		own, known := floors[f.folder()]
		require.True(t, known, "%s: give its folder a floor", f.name)
		seen[f.folder()] = true

		for _, name := range f.imports(t) {
			first, _, _ := strings.Cut(name, "/")
			switch {
			case first == module:
				ours := strings.TrimPrefix(strings.TrimPrefix(name, module), "/")
				require.Contains(t, own.ours, ours, "%s imports %s", f.name, name)
			case strings.Contains(first, "."):
				require.True(t, under(name, own.others), "%s imports %s", f.name, name)
			}
		}
	}
	for folder := range floors {
		require.True(t, seen[folder], "%s has a floor and no code", folder)
	}
}

func TestOnlyTheTopKnowsC(t *testing.T) {
	for _, f := range parse(t) {
		if slices.Contains(f.imports(t), "C") {
			require.True(t, under(f.name, importsC), "%s imports C", f.name)
		}
	}
}

func TestBelowCoreNothingReachesOut(t *testing.T) {
	checked := 0
	for _, f := range parse(t) {
		own, known := floors[f.folder()]
		if !known || own.top || f.isTest() {
			continue
		}
		checked++
		for _, name := range f.imports(t) {
			if name == "os" && own.files || own.errnos && (name == "net" || name == "os" || name == "syscall") {
				continue
			}
			require.NotContains(t, worldly, name, "%s imports %s", f.name, name)
		}
		ast.Inspect(f.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				require.Fail(t, "starts a goroutine", f.name)
			case *ast.SelectorExpr:
				if pkg, ok := n.X.(*ast.Ident); ok && pkg.Name == "time" {
					require.NotContains(t, clocks, n.Sel.Name, "%s uses time.%s", f.name, n.Sel.Name)
				}
			}
			return true
		})
	}
	require.NotZero(t, checked)
}

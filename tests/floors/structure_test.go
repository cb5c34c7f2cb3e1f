package floors_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"luatrtmp/tests/internal/repo"
)

// Limits on the structure of every package. Lines are those of all files but tests.
const (
	maxCircle    = 10   // files that need each other
	maxLines     = 4500 // of a package
	maxCoreLines = 2000 // of core, which composes all others
	maxSpread    = 3    // files that the methods of one type stand in
	maxMethods   = 400  // lines of a file with methods of one of mainTypes
)

// mainTypes lists the types that much hangs on, whatever their package and their first letter.
var mainTypes = []string{"publisher", "session", "connection", "muxer"}

// within checks a measure against its limit.
func within(t *testing.T, what string, measured, limit int) {
	t.Helper()
	assert.LessOrEqual(t, measured, limit, what)
}

// pkg is a package that has been read and checked, without its tests, with the files of every system.
type pkg struct {
	folder string
	files  map[string]int // lines by name
	info   *types.Info
	types  *types.Package
	fset   *token.FileSet
}

func (p *pkg) file(at token.Pos) string { return path.Base(p.fset.Position(at).Filename) }

// readPackages reads the packages that have a floor. What others they use comes from the build cache.
func readPackages(t *testing.T) []*pkg {
	t.Helper()
	exports := map[string]string{}
	for _, p := range goList(t, "-e", "-export", "-deps", "./...") {
		exports[p.ImportPath] = p.Export
	}
	fset, folders := token.NewFileSet(), map[string][]*ast.File{}
	for _, f := range parseInto(t, fset) {
		if _, known := floors[f.folder()]; known && !f.isTest() {
			folders[f.folder()] = append(folders[f.folder()], f.File)
		}
	}
	from := importer.ForCompiler(fset, "gc", func(name string) (io.ReadCloser, error) { return os.Open(exports[name]) })
	var all []*pkg
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		p := &pkg{folder: folder, files: map[string]int{}, fset: fset, info: &types.Info{
			Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{},
		}}
		// Names that another system declares again, and what C declares, are errors here.
		conf := types.Config{Importer: from, FakeImportC: true, Error: func(error) {}}
		p.types, _ = conf.Check(folder, fset, folders[folder], p.info)
		for _, f := range folders[folder] {
			p.files[p.file(f.Pos())] = fset.File(f.Pos()).LineCount()
		}
		all = append(all, p)
	}
	return all
}

// listed is what `go list` says of a package.
type listed struct{ ImportPath, Export string }

func goList(t *testing.T, args ...string) (all []listed) {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Export", "-tags", "netgo,osusergo,lua53"}, args...)...)
	cmd.Dir = repo.Root(t)
	cmd.Stderr = io.Discard // what does not compile here, for want of a header, has no export data
	out, err := cmd.Output()
	require.NoError(t, err)
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var p listed
		require.NoError(t, d.Decode(&p))
		all = append(all, p)
	}
	return all
}

// needs returns which file uses names that which other file declares: functions, methods, fields,
// types, variables and constants of the package.
func (p *pkg) needs() map[string]map[string]bool {
	needs := map[string]map[string]bool{}
	for id, used := range p.info.Uses {
		if used == nil || used.Pkg() != p.types || !used.Pos().IsValid() {
			continue
		}
		if v, ok := used.(*types.Var); ok && !v.IsField() && used.Parent() != p.types.Scope() {
			continue // a local variable
		}
		from, to := p.file(id.Pos()), p.file(used.Pos())
		if needs[from] == nil {
			needs[from] = map[string]bool{}
		}
		if from != to {
			needs[from][to] = true
		}
	}
	return needs
}

// reach returns the files that one file needs, directly or through others.
func reach(needs map[string]map[string]bool, from string) map[string]bool {
	all := map[string]bool{}
	for todo := []string{from}; len(todo) > 0; {
		next := todo[0]
		todo = todo[1:]
		for to := range needs[next] {
			if !all[to] {
				all[to] = true
				todo = append(todo, to)
			}
		}
	}
	return all
}

// largestCircle returns the most files of which each needs each other one.
func (p *pkg) largestCircle() (circle []string) {
	needs := p.needs()
	reached := map[string]map[string]bool{}
	for from := range needs {
		reached[from] = reach(needs, from)
	}
	for from := range needs {
		members := []string{from}
		for to := range reached[from] {
			if to != from && reached[to][from] {
				members = append(members, to)
			}
		}
		if len(members) > len(circle) {
			circle = members
		}
	}
	slices.Sort(circle)
	return circle
}

func TestStructure(t *testing.T) {
	all := readPackages(t)
	require.Len(t, all, len(floors))
	t.Run("circles", func(t *testing.T) { // of files: they can only be read, and changed, as a whole
		for _, p := range all {
			circle := p.largestCircle()
			t.Log(p.folder, len(circle), circle)
			within(t, "circle of "+p.folder, len(circle), maxCircle)
		}
	})
	t.Run("lines", func(t *testing.T) {
		for _, p := range all {
			lines := 0
			for _, n := range p.files {
				lines += n
			}
			limit := maxLines
			if p.folder == "core" {
				limit = maxCoreLines
			}
			within(t, "lines of "+p.folder, lines, limit)
		}
	})
	t.Run("methods", func(t *testing.T) { // who looks for one knows where it may be
		seen := map[string]bool{}
		for _, p := range all {
			for name, files := range p.methods() {
				if !slices.Contains(mainTypes, strings.ToLower(name)) {
					continue
				}
				seen[strings.ToLower(name)] = true
				within(t, "files of "+p.folder+"."+name, len(files), maxSpread)
				for file := range files {
					within(t, fmt.Sprint("lines of ", p.folder, "/", file), p.files[file], maxMethods)
				}
			}
		}
		require.Len(t, seen, len(mainTypes))
	})
}

// methods returns in which files the methods of each type stand.
func (p *pkg) methods() map[string]map[string]bool {
	spread := map[string]map[string]bool{}
	for _, declared := range p.info.Defs {
		f, ok := declared.(*types.Func)
		if !ok || f.Signature().Recv() == nil {
			continue
		}
		recv := f.Signature().Recv().Type()
		if pointer, ok := recv.(*types.Pointer); ok {
			recv = pointer.Elem()
		}
		named, ok := recv.(*types.Named)
		if !ok || types.IsInterface(named) {
			continue
		}
		name := named.Obj().Name()
		if spread[name] == nil {
			spread[name] = map[string]bool{}
		}
		spread[name][p.file(f.Pos())] = true
	}
	return spread
}

// rtmp.so links neither what only tests use nor the modules that only tests need.
func TestLibraryLinksNothingOfTests(t *testing.T) {
	needed := map[string]bool{} // other modules that the library may use
	for _, own := range floors {
		for _, name := range own.others {
			needed[name] = true
		}
	}
	testOnly := map[string]bool{} // packages
	for _, f := range parse(t) {
		if !f.isTest() && !under(f.name, forTests) {
			continue
		}
		for _, name := range f.imports(t) {
			first, _, _ := strings.Cut(name, "/")
			if strings.Contains(first, ".") && !under(name, slices.Collect(maps.Keys(needed))) {
				testOnly[name] = true
			}
		}
	}
	require.NotEmpty(t, testOnly)
	linked := goList(t, "-deps", ".")
	require.NotEmpty(t, linked)
	for _, p := range linked {
		require.False(t, testOnly[p.ImportPath], "%s is linked, and only tests need it", p.ImportPath)
		ours, own := strings.CutPrefix(p.ImportPath, module+"/")
		require.False(t, own && under(ours, forTests), "%s is linked, and is for tests", p.ImportPath)
	}
}

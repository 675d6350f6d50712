package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// goFiles parses the head of each Go file of the project: package path (below the module) → file name → imports, and
// the packages that have a doc comment.
func goFiles(t *testing.T) (imports map[string]map[string][]string, documented map[string]bool) {
	t.Helper()
	imports, documented = map[string]map[string][]string{}, map[string]bool{}
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && (strings.HasPrefix(e.Name(), ".") && e.Name() != ".." || e.Name() == "bin") {
			return fs.SkipDir
		}
		if e.IsDir() || !strings.HasSuffix(name, ".go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(name))
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(rel)
		if imports[pkg] == nil {
			imports[pkg] = map[string][]string{}
		}
		imports[pkg][filepath.Base(name)] = nil
		for _, im := range f.Imports {
			path, err := strconv.Unquote(im.Path.Value)
			if err != nil {
				return err
			}
			imports[pkg][filepath.Base(name)] = append(imports[pkg][filepath.Base(name)], path)
		}
		if f.Doc != nil && (strings.HasPrefix(f.Doc.Text(), "Package ") ||
			strings.HasPrefix(f.Doc.Text(), "Command ")) && !strings.HasSuffix(name, "_test.go") {
			documented[pkg] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return imports, documented
}

func TestEveryPackageHasADocComment(t *testing.T) {
	imports, documented := goFiles(t)
	for pkg := range imports {
		if !documented[pkg] {
			t.Errorf("package %s has no doc comment that begins with Package or Command", pkg)
		}
	}
	if len(imports) < 8 {
		t.Errorf("only %d packages found: the test looks in the wrong place", len(imports))
	}
}

// TestImportGraph checks which packages of this module each package imports.
func TestImportGraph(t *testing.T) {
	may := map[string][]string{ // package, or all below it with /… → packages of this module that it may import
		"parse":              {"parse/scan"},
		"parse/scan":         {},
		"detect":             {"parse"},
		"store":              {"detect", "parse"},
		"store/bolt":         {"store", "detect", "parse"},
		"store/storetest":    {"store", "detect", "parse"},
		"ingest":             {"ingest/wire", "store", "detect", "parse"},
		"ingest/certtest":    {},
		"ingest/wire":        {},
		"ingest/live":        {"ingest/wire"},
		"ingest/play":        {"ingest", "parse"},
		"ingest/metrics":     {"ingest", "store"},
		"ingest/probe":       {},
		"report":             {"store", "detect", "parse"},
		"report/api":         {"report", "store", "detect", "parse"},
		"report/web":         {"report/api", "report", "detect"},
		"report/top":         {"report/api", "report"},
		"report/mail":        {"report"},
		"report/notify":      {"report", "report/mail", "detect"},
		"docs":               {},
		"docs/schema":        {},
		"testdata":           {},
		"testdata/bentlines": {},
		"testdata/occupancy": {"store", "store/bolt", "detect"},
		"testdata/flood":     {},
		"testdata/dense":     {"store", "store/bolt", "parse"},
		"cmd/uncloak":        nil, // everything
		"cmd/uncloak/story":  {},
	}
	imports, _ := goFiles(t)
	for pkg, files := range imports {
		allowed, known := may[pkg]
		if !known {
			t.Errorf("package %s is new: say here what it may import", pkg)
			continue
		}
		for name, paths := range files {
			for _, path := range paths {
				of, ours := strings.CutPrefix(path, "uncloak/")
				test := strings.HasSuffix(name, "_test.go") // tests may use a real store and the captures
				switch {
				case !ours || pkg == "cmd/uncloak" || of == pkg:
				case strings.HasPrefix(of, "cmd/"):
					t.Errorf("%s/%s imports %s: nobody imports cmd", pkg, name, of)
				case test && pkg != "parse" && (strings.HasPrefix(of, "store/") || of == "testdata" ||
					of == "ingest/certtest"):
				case test && pkg == "report/web" && slices.Contains([]string{"store", "detect", "parse"}, of):
					// what its tests show
				case pkg == "detect" && name == "scenario_lines_test.go" && (of == "ingest" || of == "store"):
					// the whole way, seen from outside (detect_test)
				case !slices.Contains(allowed, of):
					t.Errorf("%s/%s imports %s: %s may import only %v", pkg, name, of, pkg, allowed)
				}
			}
		}
	}
}

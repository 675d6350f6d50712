package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net/netip"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"uncloak/detect"
	"uncloak/docs/schema"
	"uncloak/report"
	"uncloak/report/api"
)

// published returns what each schema describes.
func published() map[string]any {
	return map[string]any{"report": report.Model{}, "findings": []detect.Finding{}, "query": api.Event{},
		"table": report.TableView{}, "who": api.Holders{}}
}

// TestSchemas makes the schemas from the types, with the comments of their fields; -update writes them.
func TestSchemas(t *testing.T) {
	says := comments(t, "detect", "report", "report/api")
	for name, v := range published() {
		m := schemaMaker{says: says, defs: map[string]any{}}
		top := m.of(reflect.TypeOf(v))
		top["$schema"], top["$defs"] = "https://json-schema.org/draft/2020-12/schema", m.defs
		top["$id"], top["title"] = "urn:uncloak:schema:"+name, "uncloak "+name
		b, err := json.MarshalIndent(top, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		b = append(b, '\n')
		file := filepath.Join("..", "..", "docs", "schema", name+".json")
		if *update {
			if err := os.WriteFile(file, b, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if got := ok(t, "", "schema", name); got != string(b) {
			t.Errorf("%s is not that of the types: go test ./cmd/uncloak -run TestSchemas -update", file)
		}
	}
	if got := strings.Fields(ok(t, "", "schema")); len(got) != len(published()) {
		t.Errorf("schemas: %q", got)
	}
	if r := uncloak(t, "", "schema", "reprot"); r.code != 2 || !strings.Contains(r.errOut, "did you mean report?") {
		t.Errorf("%+v", r)
	}
}

// schemaMaker makes schemas of types as encoding/json writes them.
type schemaMaker struct {
	says map[string]string // comments: detect.Finding.ID
	defs map[string]any
}

func (m *schemaMaker) of(t reflect.Type) map[string]any {
	switch t {
	case reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string", "format": "date-time"}
	case reflect.TypeFor[netip.Addr]():
		return map[string]any{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return m.of(t.Elem())
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Float64, reflect.Float32:
		return map[string]any{"type": "number"}
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uint:
		return map[string]any{"type": "integer", "minimum": 0}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return map[string]any{"type": "integer"}
	case reflect.Slice, reflect.Array:
		return map[string]any{"type": "array", "items": m.of(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": m.of(t.Elem())}
	case reflect.Struct:
		name := typeName(t)
		if _, ok := m.defs[name]; !ok {
			m.defs[name] = nil // while it is made, for types that hold themselves
			m.defs[name] = m.object(t)
		}
		return map[string]any{"$ref": "#/$defs/" + name}
	}
	panic("no schema of " + t.String())
}

func typeName(t reflect.Type) string { return path.Base(t.PkgPath()) + "." + t.Name() }

// object makes the schema of a struct. Embedded ones are flat.
func (m *schemaMaker) object(t reflect.Type) map[string]any {
	properties, required := map[string]any{}, []string{}
	for _, f := range reflect.VisibleFields(t) {
		tag, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && tag == "" || !f.IsExported() || tag == "-" {
			continue
		}
		p := m.of(f.Type)
		if s := m.says[typeName(declares(t, f.Index))+"."+f.Name]; s != "" {
			p["description"] = s
		}
		if !strings.Contains(options, "omit") {
			required = append(required, tag)
			if f.Type.Kind() == reflect.Pointer {
				p = map[string]any{"anyOf": []any{p, map[string]any{"type": "null"}}}
			}
		}
		properties[tag] = p
	}
	out := map[string]any{"type": "object", "properties": properties, "required": required,
		"additionalProperties": false}
	if s := m.says[typeName(t)]; s != "" {
		out["description"] = s
	}
	return out
}

// declares returns the struct that declares the field with that index.
func declares(t reflect.Type, index []int) reflect.Type {
	for _, i := range index[:len(index)-1] {
		if t = t.Field(i).Type; t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
	}
	return t
}

// comments reads what the sources of packages say of their types and fields: package.Type and package.Type.Field.
func comments(t *testing.T, pkgs ...string) map[string]string {
	t.Helper()
	says := map[string]string{}
	text := func(groups ...*ast.CommentGroup) string {
		var words []string
		for _, g := range groups {
			words = append(words, strings.Fields(g.Text())...)
		}
		return strings.Join(words, " ")
	}
	for _, pkg := range pkgs {
		files, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(pkg), "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%d files of %s: %v", len(files), pkg, err)
		}
		for _, name := range files {
			f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range f.Decls {
				g, _ := d.(*ast.GenDecl)
				if g == nil || g.Tok != token.TYPE {
					continue
				}
				for _, s := range g.Specs {
					spec := s.(*ast.TypeSpec)
					of := path.Base(pkg) + "." + spec.Name.Name
					says[of] = text(g.Doc, spec.Doc)
					fields, _ := spec.Type.(*ast.StructType)
					if fields == nil {
						continue
					}
					for _, x := range fields.Fields.List {
						for _, n := range x.Names {
							says[of+"."+n.Name] = text(x.Doc, x.Comment)
						}
					}
				}
			}
		}
	}
	return says
}

// compiled returns the published schema.
func compiled(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema.Get(name)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(name+".json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// valid holds each JSON value of a text against a schema, and returns how many there are.
func valid(t *testing.T, s *jsonschema.Schema, what, text string) (n int) {
	t.Helper()
	for dec := json.NewDecoder(strings.NewReader(text)); ; n++ {
		var raw json.RawMessage
		if err := dec.Decode(&raw); errors.Is(err, io.EOF) {
			return n
		} else if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if err := s.Validate(v); err != nil {
			t.Fatalf("%s: value %d: %v", what, n+1, err)
		}
	}
}

// TestSchemaOfEveryField holds a finding of which every field is set, one of which none is, and the report of the
// golden files against the schemas; with a field more, they are refused.
func TestSchemaOfEveryField(t *testing.T) {
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	fs := compiled(t, "findings")
	full := read("detect/testdata/finding.json")
	array := "[" + strings.Replace(full, "\n}\n{", "\n},\n{", 1) + "]"
	if n := valid(t, fs, "findings", array); n != 1 {
		t.Errorf("%d values", n)
	}
	home := read("report/testdata/home.json")
	valid(t, compiled(t, "report"), "report", home)
	for name, bad := range map[string]string{"findings": strings.Replace(array, `"id"`, `"unheard_of": 1, "id"`, 1),
		"report": strings.Replace(home, `"verdict"`, `"unheard_of": 1, "verdict"`, 1)} {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(bad))
		if err != nil {
			t.Fatal(err)
		}
		if err := compiled(t, name).Validate(v); err == nil || !strings.Contains(err.Error(), "unheard_of") {
			t.Errorf("%s: a field that the schema does not have: %v", name, err)
		}
	}
}

// checkSchemas holds what the commands say of a store against the schemas.
func checkSchemas(t *testing.T, data string) {
	flags := []string{"--data", data, "--config", filepath.Join(data, "demo.yaml"), "--timezone", "UTC"}
	for _, args := range [][]string{
		{"report", "--format", "json"}, {"report", "--all", "--format", "json"}, {"findings", "--format", "json"},
		{"findings", "--from", "2001-01-01", "--to", "2001-01-02", "--format", "json"},
		{"report", "--from", "2001-01-01", "--to", "2001-01-02", "--format", "json"},
		{"query", "--format", "ndjson"}, {"table", "--format", "json"}, {"table", "--at", "peak", "--format", "json"},
		{"table", "--what-if", "auto", "--format", "json"},
		{"table", "--from", "2001-01-01", "--to", "2001-01-02", "--format", "json"},
		{"who", "192.168.128.12:6881", "--at", "2026-11-28 12:00", "--format", "json"},
	} {
		text := ok(t, "", append(args, flags...)...)
		if n := valid(t, compiled(t, args[0]), strings.Join(args, " "), text); n == 0 {
			t.Errorf("%q says nothing", args)
		}
	}
}

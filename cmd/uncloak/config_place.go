package main

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/v2"
	yamlnode "go.yaml.in/yaml/v3"
)

// yamlError rewrites an error of the YAML parser, "yaml: line 3: …", to begin with FILE:LINE.
func yamlError(file string, err error) error {
	msg := strings.Join(strings.Fields(strings.TrimPrefix(err.Error(), "yaml: ")), " ")
	if m := regexp.MustCompile(`^(?:unmarshal errors: )?line (\d+): (.*)$`).FindStringSubmatch(msg); m != nil {
		return fmt.Errorf("%s:%s: %s", file, m[1], m[2])
	}
	return fmt.Errorf("%s: %s", file, msg)
}

// settingError says what is wrong with one setting, and where it is set.
type settingError struct {
	key string // such as listen.udp
	at  string // FILE:LINE, variable or flag; may be empty
	err error
}

func (e settingError) Error() string {
	text := e.err.Error()
	if e.at != "" {
		text = e.at + ": " + text
	}
	return text
}

func (e settingError) Unwrap() error { return e.err }

// settingErrors holds all that is wrong with the settings. App.report writes each on a line of its own.
type settingErrors []settingError

func (es settingErrors) Error() string {
	words := make([]string, len(es))
	for i, e := range es {
		words[i] = e.Error()
	}
	return strings.Join(words, "; ")
}

// wrongf makes the error of a key whose value is not what it should be; its place is added later.
func wrongf(key, format string, args ...any) settingError {
	return settingError{key: key, err: fmt.Errorf(format, args...)}
}

// decodeErrors returns one error for each value of a wrong type that err, of the decoder, tells of.
func decodeErrors(src origins, k *koanf.Koanf, err error) (wrong settingErrors) {
	for _, e := range decodeLeaves(err) {
		key := withoutIndex(strings.ToLower(e.Name()))
		err := fmt.Errorf("%s: %w", key, wanted(e.Unwrap()))
		if v := k.Get(key); v != nil {
			err = fmt.Errorf("%w (it is %v)", err, v)
		}
		if doc := docOf(key); doc.example != "" {
			err = fmt.Errorf("%w; write it like %s: %s", err, key, doc.example)
		}
		at := src.from[key]
		if p := src.place(key); p != src.file && (at == "" || strings.HasPrefix(at, src.file+":")) {
			at = p
		}
		wrong = append(wrong, settingError{key: key, at: at, err: err})
	}
	return wrong
}

// decodeLeaves returns the errors of single values that a decoder's error is joined and wrapped from: the innermost
// name the key in full.
func decodeLeaves(err error) (leaves []*mapstructure.DecodeError) {
	switch e := err.(type) { // the tree itself is walked, which errors.As does not
	case nil:
	case *mapstructure.DecodeError:
		if leaves = decodeLeaves(e.Unwrap()); len(leaves) == 0 {
			leaves = append(leaves, e)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			leaves = append(leaves, decodeLeaves(inner)...)
		}
	case interface{ Unwrap() error }:
		leaves = decodeLeaves(e.Unwrap())
	}
	return leaves
}

// wanted turns a type error of the decoder into one that says which type the value should have.
func wanted(err error) error {
	var expected reflect.Value
	var parse *mapstructure.ParseError
	var convert *mapstructure.UnconvertibleTypeError
	switch {
	case errors.As(err, &parse):
		expected = parse.Expected
	case errors.As(err, &convert):
		expected = convert.Expected
	}
	switch kind := expected.Kind(); {
	case kind >= reflect.Int && kind <= reflect.Float64:
		return errors.New("it is a number")
	case kind == reflect.Bool:
		return errors.New("it is true or false")
	}
	return err
}

// place returns FILE:LINE of a key like listen.udp, or FILE alone if the file does not have that key.
func (s *origins) place(key string) string {
	if len(s.tree.Content) == 0 {
		return s.file
	}
	if line := lineOf(s.tree.Content[0], strings.Split(withoutIndex(key), ".")); line > 0 {
		return fmt.Sprintf("%s:%d", s.file, line)
	}
	return s.file
}

// withoutIndex strips list indices from a key: lan[0] becomes lan.
func withoutIndex(key string) string { return regexp.MustCompile(`\[\d+\]`).ReplaceAllString(key, "") }

// lineOf returns the line of the key at path below n; 0 if n does not have it.
func lineOf(n *yamlnode.Node, path []string) (line int) {
	if n.Kind == yamlnode.SequenceNode {
		for _, item := range n.Content {
			if l := lineOf(item, path); l > 0 {
				return l
			}
		}
		return n.Line
	}
	for i := 0; n.Kind == yamlnode.MappingNode && i+1 < len(n.Content); i += 2 {
		if !strings.EqualFold(n.Content[i].Value, path[0]) {
			continue
		}
		if len(path) > 1 {
			if l := lineOf(n.Content[i+1], path[1:]); l > 0 {
				return l
			}
		}
		return n.Content[i].Line
	}
	return 0
}

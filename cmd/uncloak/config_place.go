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

// decodeError returns an error that names the file, line and key of the first value of a wrong type.
func decodeError(file string, text []byte, k *koanf.Koanf, err error) error {
	var e *mapstructure.DecodeError
	if !errors.As(err, &e) {
		return err
	}
	for inner := e; errors.As(inner.Unwrap(), &inner); { // the innermost names the key in full
		e = inner
	}
	key := withoutIndex(strings.ToLower(e.Name()))
	err = fmt.Errorf("%s: %w", key, wanted(e.Unwrap()))
	if v := k.Get(key); v != nil {
		err = fmt.Errorf("%w (it is %v)", err, v)
	}
	if at := place(file, text, key); at != file {
		err = fmt.Errorf("%s: %w", at, err)
	}
	return err
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
func place(file string, text []byte, key string) string {
	var doc yamlnode.Node
	if yamlnode.Unmarshal(text, &doc) != nil || len(doc.Content) == 0 {
		return file
	}
	if line := lineOf(doc.Content[0], strings.Split(withoutIndex(key), ".")); line > 0 {
		return fmt.Sprintf("%s:%d", file, line)
	}
	return file
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

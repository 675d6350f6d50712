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

// yamlError puts FILE:LINE before what the YAML parser says; it says "yaml: line 3: …".
func yamlError(file string, err error) error {
	msg := strings.Join(strings.Fields(strings.TrimPrefix(err.Error(), "yaml: ")), " ")
	if m := regexp.MustCompile(`^(?:unmarshal errors: )?line (\d+): (.*)$`).FindStringSubmatch(msg); m != nil {
		return fmt.Errorf("%s:%s: %s", file, m[1], m[2])
	}
	return fmt.Errorf("%s: %s", file, msg)
}

// decodeError says at which line the first value stands that is not what its key needs.
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

// wanted says in words what a value should be that is of another type.
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

// place is FILE:LINE of a key like listen.udp; of the file alone where the key is not found in it.
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

// withoutIndex makes lan of lan[0].
func withoutIndex(key string) string { return regexp.MustCompile(`\[\d+\]`).ReplaceAllString(key, "") }

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

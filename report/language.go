package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
)

// Language is one of the languages that a report can be written in. Its zero value is English.
type Language string

// The phrases of the program are English; Japanese has a catalogue of them (docs/adr/0010-languages.md).
const (
	English  Language = "en"
	Japanese Language = "ja"
)

// Languages returns all of them.
func Languages() []Language { return []Language{English, Japanese} }

// languageOf returns the language of a tag; "" where it is neither.
func languageOf(tag language.Tag) Language {
	base, how := tag.Base()
	if l := Language(base.String()); how == language.Exact && slices.Contains(Languages(), l) {
		return l
	}
	return ""
}

// ParseLanguage reads the name of a language: ja, ja-JP, ja_JP.UTF-8.
func ParseLanguage(s string) (Language, error) {
	name, _, _ := strings.Cut(s, ".") // without the character set
	if tag, err := language.Parse(name); err == nil && languageOf(tag) != "" {
		return languageOf(tag), nil
	}
	return "", fmt.Errorf("language %q is not known: en or ja", Clean(s))
}

// AcceptLanguage returns the first of the languages that a browser accepts (RFC 9110, section 12.5.4), else the other
// one.
func AcceptLanguage(header string, other Language) Language {
	tags, _, err := language.ParseAcceptLanguage(header[:min(len(header), 256)])
	if err != nil {
		return other
	}
	for _, tag := range tags {
		if l := languageOf(tag); l != "" {
			return l
		}
	}
	return other
}

// Code returns the code of the language for the lang attribute of HTML: "en" or "ja".
func (l Language) Code() string {
	if l == "" {
		return string(English)
	}
	return string(l)
}

// Say writes a phrase in the language. The phrase is a format of fmt in English, by which the catalogue is looked up; a
// phrase without arguments is taken as it is. A test holds that the catalogue has each phrase of the program.
func (l Language) Say(phrase string, args ...any) string {
	if l == Japanese {
		if s, ok := japanese()[phrase]; ok {
			phrase = s
		}
	}
	if len(args) == 0 {
		return phrase
	}
	return fmt.Sprintf(phrase, args...)
}

// stamp writes a time in a layout of package time; the catalogue has the layouts, too.
func (l Language) stamp(t time.Time, layout string) string {
	s := t.Format(l.Say(layout))
	if l == Japanese {
		day := t.Format("Mon")
		s = strings.Replace(s, day, japaneseDays[day], 1)
	}
	return s
}

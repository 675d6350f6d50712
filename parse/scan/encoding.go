package scan

import (
	"bytes"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
)

// Readable returns b as UTF-8. Routers write their user's language in the encoding of their firmware and never say
// which; where the bytes leave no doubt they are decoded, otherwise each bad byte becomes U+FFFD when it is written.
func Readable(b []byte) []byte {
	if utf8.Valid(b) {
		return b
	}
	var out []byte
	var err error
	switch guess(b) {
	case eucJP:
		out, err = japanese.EUCJP.NewDecoder().Bytes(b)
	case shiftJIS:
		out, err = japanese.ShiftJIS.NewDecoder().Bytes(b)
	case latin1:
		out, err = charmap.Windows1252.NewDecoder().Bytes(b)
	default:
		return b
	}
	if err != nil || bytes.ContainsRune(out, utf8.RuneError) {
		return b
	}
	return out
}

type charset uint8

const (
	noEncoding charset = iota
	eucJP
	shiftJIS
	latin1
)

// guess tells the encodings apart by what each cannot have: EUC-JP has high bytes only in pairs of certain rows and
// runs of several pairs, Shift_JIS has bytes 0x81..0x9F that no Latin letter has, Latin-1 has single high bytes beside
// ASCII letters.
func guess(b []byte) charset {
	pairs, isEUC := eucPairs(b)
	switch {
	case isEUC && pairs > 1:
		return eucJP
	case isLatin(b):
		return latin1
	case isEUC:
		return eucJP
	case isShiftJIS(b):
		return shiftJIS
	}
	return noEncoding
}

// eucPairs counts the longest run of two-byte characters; ok is false where a high byte fits no character of EUC-JP.
func eucPairs(b []byte) (longest int, ok bool) {
	run := 0
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case c < 0x80:
			run = 0
			continue
		case c == 0x8E: // half-width katakana
			if i+1 == len(b) || b[i+1] < 0xA1 || b[i+1] > 0xDF {
				return 0, false
			}
		case c >= 0xA1 && c <= 0xA8, c >= 0xAD && c <= 0xF4:
			if i+1 == len(b) || b[i+1] < 0xA1 || b[i+1] == 0xFF {
				return 0, false
			}
		default:
			return 0, false
		}
		i, run = i+1, run+1
		longest = max(longest, run)
	}
	return longest, longest > 0
}

// isShiftJIS reports whether all high bytes are characters of Shift_JIS and at least one of them is no Latin letter.
func isShiftJIS(b []byte) bool {
	found := false
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case c < 0x80, c >= 0xA1 && c <= 0xDF: // ASCII, half-width katakana
		case c >= 0x81 && c <= 0x9F, c >= 0xE0 && c <= 0xFC:
			if i+1 == len(b) || b[i+1] < 0x40 || b[i+1] == 0x7F || b[i+1] > 0xFC {
				return false
			}
			found = found || c <= 0x9F
			i++
		default:
			return false
		}
	}
	return found
}

// isLatin reports whether all high bytes are letters or signs of Latin-1, no more than two in a row, each run beside an
// ASCII letter or digit.
func isLatin(b []byte) bool {
	for i := 0; i < len(b); i++ {
		if b[i] < 0x80 {
			continue
		}
		start := i
		for i < len(b) && b[i] >= 0x80 {
			if b[i] < 0xA0 || b[i] == 0xFF {
				return false
			}
			i++
		}
		before := start > 0 && (IsLetter(b[start-1]) || IsDigit(b[start-1]))
		behind := i < len(b) && IsLetter(b[i])
		if i-start > 2 || !before && !behind {
			return false
		}
	}
	return true
}

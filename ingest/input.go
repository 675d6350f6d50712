package ingest

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"
	"github.com/therootcompany/xz"

	"uncloak/ingest/wire"
)

// wholeMax is the size up to which a file is held in memory: pasted dumps are far smaller. bombMax bounds the memory
// that a compressed file may ask for (xz and zstd dictionaries).
const (
	wholeMax = 4 << 20
	bombMax  = 128 << 20
)

// input is one file, decompressed. It can be read from the start several times.
type input struct {
	name  string
	mtime time.Time
	whole bool   // text is all of it
	text  []byte // the first wholeMax bytes
	again func() (io.ReadCloser, error)
	clean func()

	packets *wire.Text // of the last reading, where the file is a packet capture

	counted bool // the next reading is the one that progress tells of
	cut     bool // a reading found that the compressed file is cut short
}

// expand resolves directories and patterns. A name that exists is taken as it is, brackets or not.
func expand(paths []string) (files []string, err error) {
	var errs []error
	for _, p := range paths {
		fi, err := os.Stat(p)
		switch {
		case p == "-":
			files = append(files, p)
		case err == nil && fi.IsDir():
			in, err := inDirectory(p)
			files, errs = append(files, in...), append(errs, err)
		case err == nil:
			files = append(files, p)
		case strings.ContainsAny(p, "*?["):
			found, _ := filepath.Glob(p) // a bad pattern finds nothing
			if len(found) == 0 {
				errs = append(errs, fmt.Errorf("%s: no file matches", p))
			}
			slices.Sort(found)
			for _, f := range found {
				if fi, err := os.Stat(f); err == nil && fi.Mode().IsRegular() {
					files = append(files, f)
				}
			}
		default:
			errs = append(errs, err)
		}
	}
	return files, errors.Join(errs...)
}

func inDirectory(dir string) (files []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.Type().IsRegular() && !strings.HasPrefix(e.Name(), ".") {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: the directory has no files", dir)
	}
	return files, nil
}

// progress adds up what was read of all files. Files are read twice, which it hides: only the reading for the lines
// counts.
type progress struct {
	f           func(done, total int64)
	done, total int64
}

func newProgress(f func(done, total int64), files []string) *progress {
	p := &progress{f: f}
	for _, name := range files {
		if fi, err := os.Stat(name); err == nil {
			p.total += fi.Size()
		}
	}
	return p
}

func (p *progress) add(n int) {
	p.done += int64(n)
	if p.f != nil && n > 0 {
		p.f(p.done, max(p.total, 0))
	}
}

type countedReader struct {
	r io.Reader
	p *progress
}

func (c *countedReader) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.p.add(n)
	return n, err
}

// open opens a path, "-" for standard input.
func open(path string, opt *Options, p *progress) (*input, error) {
	if path == "-" {
		if opt.Stdin == nil {
			return nil, errors.New("there is no standard input")
		}
		return openReader("stdin", &countedReader{opt.Stdin, p}, opt.Now())
	}
	fi, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !fi.Mode().IsRegular() {
		f, err := os.Open(path) // a pipe, /dev/kmsg
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return openReader(path, f, opt.Now())
	}
	in := &input{name: path, mtime: fi.ModTime(), clean: func() {}}
	in.again = func() (io.ReadCloser, error) {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		var r io.Reader = f
		if in.counted {
			r = &countedReader{f, p}
		}
		d, err := decoded(r, &in.cut, &in.packets)
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return readCloser{d, f.Close}, nil
	}
	if err := in.begin(); err != nil {
		return nil, err
	}
	if in.whole {
		p.add(int(fi.Size()))
	}
	return in, nil
}

type readCloser struct {
	io.Reader
	close func() error
}

func (r readCloser) Close() error { return r.close() }

// openReader opens input that can be read only once. Input larger than wholeMax goes through a temporary file.
func openReader(name string, r io.Reader, mtime time.Time) (*input, error) {
	in := &input{name: name, mtime: mtime, clean: func() {}}
	d, err := decoded(r, &in.cut, &in.packets)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	text, err := io.ReadAll(io.LimitReader(d, wholeMax+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(text) <= wholeMax {
		in.replace(text)
		return in, nil
	}
	f, err := os.CreateTemp("", "uncloak-import-*")
	if err != nil {
		return nil, fmt.Errorf("%s: hold the input: %w", name, err)
	}
	in.clean = func() { f.Close(); os.Remove(f.Name()) }
	if _, err := io.Copy(f, io.MultiReader(bytes.NewReader(text), d)); err != nil {
		in.clean()
		return nil, fmt.Errorf("%s: hold the input: %w", name, err)
	}
	in.again = func() (io.ReadCloser, error) { return os.Open(f.Name()) }
	return in, in.begin()
}

// begin reads the head of the file.
func (in *input) begin() error {
	r, err := in.again()
	if err != nil {
		return err
	}
	in.text, err = io.ReadAll(io.LimitReader(r, wholeMax+1))
	if err != nil {
		r.Close()
		return fmt.Errorf("%s: %w", in.name, err)
	}
	in.whole = len(in.text) <= wholeMax
	return r.Close()
}

// replace sets the whole text.
func (in *input) replace(text []byte) {
	in.text, in.whole = text, true
	in.again = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }
}

func (in *input) close() { in.clean() }

func (in *input) note(sum *Summary, note string) {
	if len(sum.Notes) < 100 {
		sum.Notes = append(sum.Notes, filepath.Base(in.name)+": "+note)
	}
}

// decoded removes compression and UTF-16, and puts the lines of a record into one (recordsOf), all recognized by the
// first bytes. Of compressed data that is cut short the whole lines are read, and cut is set by then: the line at the
// cut would differ from that of the whole file. A packet capture becomes lines of text, too, where packets is not nil.
func decoded(r io.Reader, cut *bool, packets **wire.Text) (io.Reader, error) {
	b, packed, err := unpacked(r, cut)
	if err != nil {
		return nil, err
	}
	if head, _ := b.Peek(4); packets != nil && wire.IsCapture(head) {
		if *packets, err = wire.NewText(b); err != nil {
			return nil, err
		}
		return *packets, nil
	}
	d := plain(b, cut, packets == nil)
	if packed {
		d = &wholeLines{r: d, cut: cut}
	}
	return d, nil
}

// unpacked removes compression, and reports whether there was any. It does that once: a file that is compressed twice
// stays compressed. Where the data is cut short, it ends there and sets cut.
func unpacked(r io.Reader, cut *bool) (b *bufio.Reader, packed bool, err error) {
	b = bufio.NewReaderSize(r, 256<<10)
	magic, _ := b.Peek(6) // a shorter file has no magic
	var d io.Reader = b
	switch {
	case bytes.HasPrefix(magic, []byte("\x1f\x8b")):
		d, err = gzip.NewReader(b)
	case bytes.HasPrefix(magic, []byte("\xfd7zXZ\x00")):
		d, err = xz.NewReader(b, bombMax)
	case bytes.HasPrefix(magic, []byte("BZh")):
		d = bzip2.NewReader(b)
	case bytes.HasPrefix(magic, []byte("\x28\xb5\x2f\xfd")):
		d, err = zstd.NewReader(b, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(bombMax))
	}
	if err != nil {
		return nil, false, fmt.Errorf("decompress: %w", err)
	}
	if d == io.Reader(b) {
		return b, false, nil
	}
	return bufio.NewReaderSize(&cutReader{d, cut}, 256<<10), true, nil
}

// OpenUnpacked opens a file, or stdin for "-", and removes its compression (gzip, xz, bzip2, zstd, told by the first
// bytes). Data that is cut short ends early.
func OpenUnpacked(path string, stdin io.Reader) (io.ReadCloser, error) {
	if path == "-" {
		r, _, err := unpacked(stdin, new(bool))
		return io.NopCloser(r), err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	r, _, err := unpacked(f, new(bool))
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return readCloser{r, f.Close}, nil
}

// plain converts UTF-16 and records of several lines to lines of text. Of input that comes as it is written (live) it
// does not wait for more than the first line.
func plain(b *bufio.Reader, cut *bool, live bool) io.Reader {
	switch bom, _ := b.Peek(2); string(bom) {
	case "\xff\xfe":
		return &utf16Reader{r: b, low: 0, high: 1}
	case "\xfe\xff":
		return &utf16Reader{r: b, low: 1, high: 0}
	}
	ahead := recordsAhead
	if live {
		ahead = min(max(b.Buffered(), 24), recordsAhead)
	}
	head, _ := b.Peek(ahead)
	return recordsOf(b, head, cut)
}

// utf16Reader turns UTF-16 into UTF-8.
type utf16Reader struct {
	r         *bufio.Reader
	low, high int
	out       []byte
	half      rune // the first of a surrogate pair
}

func (u *utf16Reader) Read(b []byte) (int, error) {
	for len(u.out) == 0 {
		var unit [2]byte
		if _, err := io.ReadFull(u.r, unit[:]); err != nil {
			if errors.Is(err, io.ErrUnexpectedEOF) {
				err = io.EOF // half a character
			}
			return 0, err
		}
		c := rune(unit[u.low]) | rune(unit[u.high])<<8
		switch {
		case c == 0xfeff:
			continue
		case u.half != 0:
			c, u.half = utf16.DecodeRune(u.half, c), 0
		case c >= 0xd800 && c < 0xdc00:
			u.half = c
			continue
		}
		u.out = []byte(string(c))
	}
	n := copy(b, u.out)
	u.out = u.out[n:]
	return n, nil
}

// notText returns why the first bytes of a file cannot be a log, or "".
func notText(b []byte) string {
	b = b[:min(len(b), 64<<10)]
	switch {
	case bytes.HasPrefix(b, []byte("LPKSHHRH")):
		return "is a binary journal: import the output of journalctl -o json"
	case bytes.HasPrefix(b, []byte("PK\x03\x04")):
		return "is a zip archive: unpack it first"
	}
	control := 0
	for _, c := range b {
		if c < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != 0x1b && c != '\f' {
			control++
		}
	}
	if control > 8 && control > len(b)/50 { // a log with some junk in it has far fewer
		return "is binary, not a log"
	}
	return ""
}

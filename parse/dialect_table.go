package parse

import (
	"strings"
	"sync"

	"uncloak/parse/scan"
)

// A dialect holds all that is known of one way to write log lines. Its function stands in the file of its reader.
//
// A line is handed to read where one of the marks fits: its tag, its RFC 5424 message name or the word that the header
// took for its host is one of those listed, or its message begins with one of begins, or looks says so.
type dialect struct {
	Format
	known   string // what gives a line away, for Explain; "" where Format.Reads says it
	console Console

	tags   []string // syslog tags of its programs; an asterisk at the end stands for anything
	names  []string // message names of RFC 5424, likewise
	hosts  []string // words of its messages that a header takes for a host, likewise
	begins []string // beginnings of its messages
	first  string   // the bytes that a message may begin with for looks to be asked; "" is any, and asked last
	looks  func(b []byte, rec *Record) bool

	// file says that begins and looks are those of files and of what tools print, so only of lines without a tag and
	// without an uptime. Such messages may be as short as 4 bytes, all others have 8.
	file bool

	read func(b []byte, rec *Record) bool
	own  func(b []byte, rec *Record) bool // reads lines of a sender that is known; nil: read, where a mark fits
}

// A Console is what the owner of a device can type on it.
type Console uint8

// The consoles that advice differs for.
const (
	LinuxShell   Console = iota // also where nobody can tell
	OtherConsole                // known not to be a Linux that one can log in to
	RouterOS
	ASA
)

// ConsoleOf is the console of the devices that write the dialect of that name.
func ConsoleOf(name string) Console {
	for _, d := range dialects() {
		if d.Name == name {
			return d.console
		}
	}
	return LinuxShell
}

// Classes of first bytes.
const (
	digits = "0123456789"
	lower  = "abcdefghijklmnopqrstuvwxyz"
	upper  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// text holds the bytes that the sentences of tools begin with, in any language: all but brackets and bars.
var text = textBytes()

func textBytes() string {
	var b []byte
	for c := 0; c < 256; c++ {
		if strings.IndexByte("<{[|>", byte(c)) < 0 {
			b = append(b, byte(c))
		}
	}
	return string(b)
}

// dialects lists all dialects in the order in which docs/formats.md describes them. Where two of them fit one line by
// marks of the same sort, the first is asked first.
func dialects() []dialect {
	return []dialect{
		ciscoASADialect(),
		ciscoRouterDialect(),
		ciscoCGNDialect(),
		junosDialect(),
		junosServicesDialect(),
		netscreenDialect(),
		huaweiDialect(),
		netosDialect(),
		fortigateDialect(),
		paloaltoDialect(),
		checkpointDialect(),
		sonicwallDialect(),
		stormshieldDialect(),
		sophosDialect(),
		merakiDialect(),
		watchguardDialect(),
		barracudaDialect(),
		clavisterDialect(),
		zyxelDialect(),
		yamahaDialect(),
		necixDialect(),
		buffaloDialect(),
		cefDialect(),
		leefDialect(),
		windowsFirewallDialect(),
		lfdDialect(),
		a10Dialect(),
		sixwindDialect(),
		nfwareDialect(),
		f5LSNDialect(),
		nokiaISADialect(),
		mikrotikDialect(),
		pfDialect(),
		ipfwDialect(),
		conntrackXMLDialect(),
		ulogdJSONDialect(),
		unboundDialect(),
		bindDialect(),
		nsdDialect(),
		knotDialect(),
		powerdnsDialect(),
		adguardDialect(),
		technitiumDialect(),
		piholeDialect(),
		dhcpdDialect(),
		keaDialect(),
		windowsDHCPDialect(),
		udhcpdDialect(),
		tcpdumpDialect(),
		tsharkDialect(),
		pingDialect(),
		tracerouteDialect(),
		mtrDialect(),
		netfilterDialect(),
		conntrackDialect(),
		ulogdDialect(),
		kernelDialect(),
		dnsmasqDialect(),
		syslogDialect(),
		loginDialect(),
		linkDialect(),
		daemonDialect(),
		journalDialect(),
		windowsDNSDialect(),
		corednsDialect(),
		nftTraceDialect(),
		odhcpdDialect(),
		efficientipDialect(),
		natSyslogDialect(),
		nflogXMLDialect(),
		oomdDialect(),
	}
}

// table finds the dialects that may have written a line. It is made once and never changed.
type table struct {
	devices marks // of what devices and daemons send
	files   marks // of what stands in files, with the tags of the daemons that write them; asked last
}

// marks holds dialects by what gives them away.
type marks struct {
	tags, names, hosts, begins [256][]marked   // by the first byte
	looks                      [256][]*dialect // by the first byte
	anywhere                   []*dialect      // those whose looks take any first byte
}

// marked is a word, and the dialect that it gives away.
type marked struct {
	word   string
	prefix bool // anything may follow
	*dialect
}

// theTable is shared by all Parsers.
var theTable = sync.OnceValue(newTable)

func newTable() *table {
	t := &table{}
	for _, d := range dialects() {
		if d.file {
			t.files.add(&d)
		} else {
			t.devices.add(&d)
		}
	}
	return t
}

// add puts d under each of its marks.
func (m *marks) add(d *dialect) {
	put := func(to *[256][]marked, words []string, prefix bool) {
		for _, w := range words {
			word := strings.TrimSuffix(w, "*")
			to[w[0]] = append(to[w[0]], marked{word, prefix || word != w, d})
		}
	}
	put(&m.tags, d.tags, false)
	put(&m.names, d.names, false)
	put(&m.hosts, d.hosts, false)
	put(&m.begins, d.begins, true)
	if d.looks != nil && d.first == "" {
		m.anywhere = append(m.anywhere, d)
	}
	for i := range len(d.first) {
		m.looks[d.first[i]] = append(m.looks[d.first[i]], d)
	}
}

// walk asks the dialects that have a mark which fits the line, until one of them understands it.
func (t *table) walk(b []byte, rec *Record) bool {
	if len(b) >= 8 && t.devices.walk(b, true, rec) {
		return true
	}
	return len(b) >= 4 && t.files.walk(b, len(rec.App) == 0 && !rec.Stamp.HasUptime, rec)
}

// walk asks the dialects among m. body says whether the message may give one away, and not only the header.
func (m *marks) walk(b []byte, body bool, rec *Record) bool {
	word, c := rec.Word, b[0]
	if len(rec.msgID) > 0 && try(m.names[rec.msgID[0]], rec.msgID, b, rec, word) {
		return true
	}
	if body && len(m.begins[c]) > 0 && try(m.begins[c], b, b, rec, word) {
		return true
	}
	if len(rec.App) > 0 && try(m.tags[rec.App[0]], rec.App, b, rec, word) {
		return true
	}
	if len(rec.Host) > 0 && try(m.hosts[rec.Host[0]], rec.Host, b, rec, word) {
		return true
	}
	if !body {
		return false
	}
	for _, d := range m.looks[c] {
		if d.looks(b, rec) && d.try(b, rec, word) {
			return true
		}
	}
	for _, d := range m.anywhere {
		if d.looks(b, rec) && d.try(b, rec, word) {
			return true
		}
	}
	return false
}

// try asks the dialects one of whose words is, or begins, what the line has.
func try(marks []marked, has, b []byte, rec *Record, word string) bool {
	for i := range marks {
		m := &marks[i]
		if (m.prefix || len(has) == len(m.word)) && scan.Has(has, m.word) && m.try(b, rec, word) {
			return true
		}
	}
	return false
}

// try reads b in the dialect d, and takes back what that wrote where it fails; word is the header's.
func (d *dialect) try(b []byte, rec *Record, word string) bool {
	if d.read(b, rec) {
		return true
	}
	rec.said = said{Word: word}
	return false
}

// readOwn reads b as a line of a sender that is known to write d.
func (d *dialect) readOwn(b []byte, rec *Record) bool {
	word := rec.Word
	switch {
	case d.own != nil:
		return d.own(b, rec)
	case d.looks == nil && d.tags == nil && d.begins == nil && d.names == nil:
		return d.read(b, rec)
	case d.file: // as if the line had its tag, and as if it had none
		app := rec.App
		defer func() { rec.App = app }()
		if d.tags != nil {
			if rec.App = []byte(d.tags[0]); d.try(b, rec, word) {
				return true
			}
		}
		rec.App = nil
	}
	return d.fits(b, rec) && d.try(b, rec, word)
}

// fits reports whether one of the marks of d is the line's.
func (d *dialect) fits(b []byte, rec *Record) bool {
	one := func(words []string, is []byte) bool {
		for _, w := range words {
			if p := strings.TrimSuffix(w, "*"); string(is) == w || p != w && scan.Has(is, p) {
				return true
			}
		}
		return false
	}
	if one(d.tags, rec.App) || one(d.names, rec.msgID) || one(d.hosts, rec.Host) {
		return true
	}
	for _, w := range d.begins {
		if scan.Has(b, w) {
			return true
		}
	}
	return d.looks != nil && (d.first == "" || strings.IndexByte(d.first, b[0]) >= 0) && d.looks(b, rec)
}

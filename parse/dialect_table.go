package parse

import (
	"encoding/binary"
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
	// looks is asked where the message begins with one of the bytes in first, or with a number and one of the bytes in
	// number behind it. Where both are empty it is asked for all messages, after all others.
	first, number string
	looks         func(b []byte, rec *Record) bool

	broken func(b []byte, rec *Record) bool // reads messages whose header breaks the grammar of RFC 5424

	kind kind

	read func(b []byte, rec *Record) bool
	own  func(b []byte, rec *Record) bool // reads lines of a sender that is known; nil: read, where a mark fits
}

// kind says where the lines of a dialect are found.
type kind uint8

// A line without a tag and without an uptime may be of any kind, all others are a device's or have a tag of a file's
// dialect. What a device sends has 8 bytes at least, the others 4.
const (
	device kind = iota // sends its lines as syslog
	file               // a daemon writes them to a file of its own, or with its tag to syslog
	tool               // a tool prints them on a terminal
)

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
	lower = "abcdefghijklmnopqrstuvwxyz"
	upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// text holds the bytes that the sentences of tools begin with: all but digits, brackets and bars. Its last byte stands
// for all that are beyond ASCII.
const text = " !\"#$%&'()*+,-./:;=?@" + upper + "\\]^_`" + lower + "}~\x80"

// anything holds all bytes but digits.
const anything = text + "<{[|>"

// in reports whether c is one of the bytes in class.
func in(class string, c byte) bool { return strings.IndexByte(class, min(c, 0x80)) >= 0 }

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
		netgearDialect(),
		draytekDialect(),
		tplinkDialect(),
		fritzboxDialect(),
		cefDialect(),
		leefDialect(),
		windowsFirewallDialect(),
		squidDialect(),
		bluecoatDialect(),
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
		ulogdGprintDialect(),
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
		captureDialect(),
		tcpdumpDialect(),
		tsharkDialect(),
		nfdumpDialect(),
		pingDialect(),
		tracerouteDialect(),
		mtrDialect(),
		netfilterDialect(),
		conntrackDialect(),
		conntrackSaveDialect(),
		socketsDialect(),
		mikrotikTableDialect(),
		asaTableDialect(),
		iosTableDialect(),
		pfTableDialect(),
		junosTableDialect(),
		fortigateTableDialect(),
		ulogdDialect(),
		kernelDialect(),
		dnsmasqDialect(),
		syslogDialect(),
		loginDialect(),
		linkDialect(),
		miniupnpdDialect(),
		natlogDialect(),
		strongswanDialect(),
		daemonDialect(),
		journalDialect(),
		windowsDNSDialect(),
		corednsDialect(),
		nftTraceDialect(),
		neighboursDialect(),
		odhcpdDialect(),
		efficientipDialect(),
		natSyslogDialect(),
		nflogXMLDialect(),
		oomdDialect(),
		sysctlDialect(),
		mikrotikTrackingDialect(),
		ciscoTimeoutsDialect(),
	}
}

// table finds the dialects that may have written a line. It is made once and never changed.
type table struct {
	devices marks // of what devices and daemons send
	files   marks // of what stands in files, and by the tags of the programs that write them
	tools   marks // of what tools print; asked last
	broken  []*dialect
}

// marks holds dialects by what gives them away.
type marks struct {
	tags, names, hosts [256][]marked   // by the first byte
	begins             [256][]marked   // by place
	looks              [256][]*dialect // by the first byte; at the end those that look at all messages
	numbers            [256][]*dialect // by the byte behind the number that the message begins with, likewise
}

// behindNumber is the byte behind the number that b begins with.
func behindNumber(b []byte) byte {
	i := 0
	for i < len(b)-1 && scan.IsDigit(b[i]) {
		i++
	}
	return b[i]
}

// marked is a word, and the dialect that it gives away.
type marked struct {
	word       string
	head, mask uint64 // the first 8 bytes of word, and which of them it has: most words are told apart by them
	prefix     bool   // anything may follow
	*dialect
}

// theTable is shared by all Parsers.
var theTable = sync.OnceValue(newTable)

func newTable() *table {
	t, all := &table{}, dialects()
	for i := range all {
		d := &all[i]
		if d.kind == device {
			t.devices.addWords(d)
		} else {
			t.files.addWords(d)
		}
		if d.broken != nil {
			t.broken = append(t.broken, d)
		}
	}
	t.devices.addLooks(all, device)
	t.files.addLooks(all, file)
	t.tools.addLooks(all, tool)
	return t
}

// addWords puts d under its words.
func (m *marks) addWords(d *dialect) {
	put := func(to *[256][]marked, words []string, prefix bool) {
		for _, w := range words {
			at := w[0]
			if prefix {
				at = place([]byte(w))
			}
			word := strings.TrimSuffix(w, "*")
			head, mask := head([]byte(word)), ^uint64(0)
			if len(word) < 8 {
				mask = 1<<(8*len(word)) - 1
			}
			to[at] = append(to[at], marked{word, head, mask, prefix || word != w, d})
		}
	}
	put(&m.tags, d.tags, false)
	put(&m.names, d.names, false)
	put(&m.hosts, d.hosts, false)
	put(&m.begins, d.begins, true)
}

// place returns where the words stand that b may begin with: at its first byte, or, because many words begin with a
// bracket, at the byte behind that, with the high bit set.
func place(b []byte) byte {
	if b[0] == '[' {
		return b[1] | 0x80
	}
	return b[0]
}

// addLooks puts the dialects of a kind under the bytes for which they look at a line.
func (m *marks) addLooks(all []dialect, kind kind) {
	for i := range all {
		d := &all[i]
		if d.kind != kind || d.looks == nil || d.first == "" && d.number == "" {
			continue
		}
		for c := range len(m.looks) {
			if in(d.first, byte(c)) {
				m.looks[c] = append(m.looks[c], d)
			}
			if in(d.number, byte(c)) {
				m.numbers[c] = append(m.numbers[c], d)
			}
		}
	}
	for i := range all {
		d := &all[i]
		if d.kind != kind || d.looks == nil || d.first != "" || d.number != "" {
			continue
		}
		for c := range len(m.looks) {
			m.looks[c], m.numbers[c] = append(m.looks[c], d), append(m.numbers[c], d)
		}
	}
}

// walk asks the dialects that have a mark which fits the line, until one of them understands it.
func (t *table) walk(b []byte, rec *Record) bool {
	if len(b) >= 8 && (t.devices.walk(b, rec) || rec.Word == "malformed" && t.walkBroken(b, rec)) {
		return true
	}
	if len(b) < 4 {
		return false
	}
	if len(rec.App) > 0 || rec.Stamp.HasUptime {
		return t.files.walkWords(b, false, rec)
	}
	return t.files.walk(b, rec) || looksTool(b, rec) && t.tools.walkLooks(b, rec)
}

// walk asks the dialects among m.
func (m *marks) walk(b []byte, rec *Record) bool {
	return m.walkWords(b, true, rec) || m.walkLooks(b, rec)
}

// walkWords asks the dialects one of whose words the line has. body says whether the message may give one away, and not
// only the header.
func (m *marks) walkWords(b []byte, body bool, rec *Record) bool {
	if len(rec.msgID) > 0 && len(m.names[rec.msgID[0]]) > 0 && try(m.names[rec.msgID[0]], rec.msgID, b, rec) {
		return true
	}
	if body {
		if c := place(b); len(m.begins[c]) > 0 && try(m.begins[c], b, b, rec) {
			return true
		}
	}
	if len(rec.App) > 0 && len(m.tags[rec.App[0]]) > 0 && try(m.tags[rec.App[0]], rec.App, b, rec) {
		return true
	}
	return len(rec.Host) > 0 && len(m.hosts[rec.Host[0]]) > 0 && try(m.hosts[rec.Host[0]], rec.Host, b, rec)
}

// walkLooks asks the dialects that the line looks like.
func (m *marks) walkLooks(b []byte, rec *Record) bool {
	looks := m.looks[b[0]]
	if scan.IsDigit(b[0]) {
		looks = m.numbers[behindNumber(b)]
	}
	for _, d := range looks {
		if d.looks(b, rec) && d.try(b, rec) {
			return true
		}
	}
	return false
}

// walkBroken asks the dialects whose headers often break the grammar of RFC 5424.
func (t *table) walkBroken(b []byte, rec *Record) bool {
	for _, d := range t.broken {
		if d.broken(b, rec) {
			return true
		}
		rec.clear("malformed")
	}
	return false
}

// try asks the dialects one of whose words is, or begins, what the line has.
func try(marks []marked, has, b []byte, rec *Record) bool {
	first := head(has)
	for i := range marks {
		m := &marks[i]
		if first&m.mask == m.head && (m.prefix || len(has) == len(m.word)) && scan.Has(has, m.word) && m.try(b, rec) {
			return true
		}
	}
	return false
}

// head gives the first 8 bytes of b as a number, with zeros for those that it lacks.
func head(b []byte) (n uint64) {
	if len(b) >= 8 {
		return binary.LittleEndian.Uint64(b)
	}
	for i := range b {
		n |= uint64(b[i]) << (8 * i)
	}
	return n
}

// try reads b in the dialect d, and takes back what that wrote where it fails.
func (d *dialect) try(b []byte, rec *Record) bool {
	word := rec.Word
	if d.read(b, rec) {
		return true
	}
	rec.clear(word)
	return false
}

// readOwn reads b as a line of a sender that is known to write d.
func (d *dialect) readOwn(b []byte, rec *Record) bool {
	switch {
	case d.own != nil:
		return d.own(b, rec)
	case d.looks == nil && d.tags == nil && d.begins == nil && d.names == nil:
		return d.read(b, rec)
	case d.kind != device: // as if the line had its tag, and as if it had none
		app := rec.App
		defer func() { rec.App = app }()
		if d.tags != nil {
			if rec.App = []byte(d.tags[0]); d.try(b, rec) {
				return true
			}
		}
		rec.App = nil
	}
	return d.fits(b, rec) && d.try(b, rec)
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
	switch {
	case d.looks == nil:
		return false
	case d.first == "" && d.number == "":
	case scan.IsDigit(b[0]):
		if !in(d.number, behindNumber(b)) {
			return false
		}
	case !in(d.first, b[0]):
		return false
	}
	return d.looks(b, rec)
}

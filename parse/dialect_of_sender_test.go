package parse

import (
	"bytes"
	"testing"
)

// LineOf gives the sender's dialect a line that two dialects could claim, and a line without the mark by which its
// dialect is known.
func TestLineOf(t *testing.T) {
	for _, c := range []struct {
		line, looks, sender, want string
		kind                      Kind
		detail                    string
	}{
		{"<134>Nov 21 10:00:00 gw LAN2 link down", "yamaha", "mikrotik", "mikrotik", Link, "LAN2"},
		{"<134>Nov 21 10:00:00 gw LAN2 link down", "yamaha", "yamaha", "yamaha", Link, "LAN2"},
		{"<134>Nov 21 10:00:00 gw LAN2 link down", "yamaha", "pf", "yamaha", Link, "LAN2"}, // pf reads no such line
		{"<134>Nov 21 10:00:00 gw DHCP-Guest assigned 192.168.88.10 for AA:BB:CC:DD:EE:FF laptop", "", "mikrotik", "mikrotik", DHCPLease, "laptop"},
		{"<30>Nov 21 10:00:00 gw dns-1[411]: query[A] example.org from 192.168.1.5", "", "dnsmasq", "dnsmasq", DNSQuery, "example.org"},
		{"<30>Nov 21 10:00:00 gw leases: DHCPACK(br0) 192.168.1.9 52:54:00:00:00:01 tv", "", "dnsmasq", "dnsmasq", DHCPLease, "tv"},
		{"<30>Nov 21 10:00:00 gw dns: [1:0] info: 192.168.1.5 example.org. A IN", "", "unbound", "unbound", DNSQuery, "example.org"},
		{"<30>Nov 21 10:00:00 mx ip_flow_start src=192.168.1.5 dst=198.51.100.9 protocol=tcp sport=34294 dport=80", "", "meraki", "meraki", SessionNew, ""},
		{"<134>Nov 21 10:00:00 fw fwlog: 5,,,1000000103,em0,match,block,in,4,0x0,,64,0,0,DF,6,tcp,60,203.0.113.5,192.0.2.1,4444,22,0,S,1,,1024,,mss", "", "pf", "pf", SessionDenied, "1000000103"},
	} {
		p, rec := NewParser(), Record{}
		if p.Line([]byte(c.line), &rec); rec.Dialect != c.looks {
			t.Errorf("%s\nby its looks: %q, want %q", c.line, rec.Dialect, c.looks)
		}
		p.LineOf(DialectNamed(c.sender), []byte(c.line), &rec)
		if rec.Dialect != c.want || rec.Kind != c.kind || rec.Detail.String() != c.detail {
			t.Errorf("%s\nof %s: %q, %v, %q", c.line, c.sender, rec.Dialect, rec.Kind, rec.Detail.String())
		}
		if p.Line([]byte(c.line), &rec); rec.Dialect != c.looks {
			t.Errorf("%s\nthe next sender's: %q", c.line, rec.Dialect)
		}
	}
}

// Every dialect can be named as a sender's. LineOf then reads the dialect's own lines as Line does, and takes a line
// from another dialect only where the sender's understands it.
func TestLineOfSamples(t *testing.T) {
	p := NewParser()
	for _, f := range Formats() {
		var looked, rec Record
		p.Line([]byte(f.Sample), &looked)
		plain := AppendJSON(nil, &looked)
		for _, g := range Formats() {
			d := DialectNamed(g.Name)
			if d == nil || d.Name() != g.Name {
				t.Fatalf("%s cannot be a sender's dialect", g.Name)
			}
			p.LineOf(d, []byte(f.Sample), &rec)
			if got := AppendJSON(nil, &rec); !bytes.Equal(got, plain) && (f.Name == g.Name || rec.Dialect != g.Name) {
				t.Errorf("%s as a line of %s:\n%s\nalone:\n%s", f.Name, g.Name, got, plain)
			}
		}
	}
	if DialectNamed("frobnicator") != nil || DialectNamed("") != nil {
		t.Error("a name that is none is a dialect")
	}
}

// No line makes a dialect panic, and LineOf says either what the sender's dialect reads or what Line says.
func FuzzLineOf(f *testing.F) {
	formats := Formats()
	for i, x := range formats {
		f.Add(i, []byte(x.Sample))
		f.Add(i, []byte("<30>Nov 21 10:00:00 gw x: "+x.Sample))
	}
	f.Fuzz(func(t *testing.T, i int, line []byte) {
		d := DialectNamed(formats[uint(i)%uint(len(formats))].Name)
		p, looked, rec := NewParser(), Record{}, Record{}
		p.Line(line, &looked)
		plain := AppendJSON(nil, &looked)
		p.LineOf(d, line, &rec)
		if got := AppendJSON(nil, &rec); rec.Dialect != d.Name() && !bytes.Equal(got, plain) {
			t.Errorf("of %s: %s\nby its looks: %s", d.Name(), got, plain)
		}
	})
}

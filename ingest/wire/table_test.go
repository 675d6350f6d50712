package wire

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// tablesOf counts a capture by ten seconds.
func tablesOf(t *testing.T, file []byte) *Tables {
	t.Helper()
	r, err := NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	tables := NewTables(10 * time.Second)
	var d Decoder
	var f Frame
	for r.Next(&f) == nil {
		tables.Add(&f, d.Decode(&f))
	}
	return tables
}

// A port that is used again makes another conversation; each frame counts in the stretch of time since the first.
func TestTables(t *testing.T) {
	syn := segment(t, false, SYN, 100, 0, 1000, "")
	tables := tablesOf(t, pcapFile(linkEthernet,
		at{0, syn}, at{1e9, segment(t, true, SYN|ACK, 500, 101, 1000, "")},
		at{2e9, segment(t, false, ACK|PSH, 101, 501, 1000, strings.Repeat("x", 46))},
		at{3e9, segment(t, true, RST, 501, 0, 0, "")},
		at{12e9, segment(t, false, SYN, 900, 0, 1000, "")}, // the same ports: another connection
		at{25e9, datagram(t, phone, server, 5000, 53, []byte(strings.Repeat("x", 18)))}))
	var got []string
	for _, kind := range []int{ByTCP, ByUDP, ByIPv4} {
		for _, c := range tables.Conversations(kind) {
			got = append(got, fmt.Sprint(c.A, " ", c.B, " ", c.AB, c.BA, time.Duration(c.Last-c.First)))
		}
	}
	for _, e := range tables.Endpoints(false) {
		got = append(got, fmt.Sprint(e.Addr, " ", e.Sent, e.Got))
	}
	for _, i := range tables.Intervals() {
		got = append(got, fmt.Sprint(i.From, i.All, i.TCP, i.UDP))
	}
	want := []string{
		"192.168.1.20:40000 203.0.113.5:443 {2 160} {2 120} 3s",
		"192.168.1.20:40000 203.0.113.5:443 {1 60} {0 0} 0s",
		"192.168.1.30:5000 203.0.113.5:53 {1 60} {0 0} 0s",
		"192.168.1.20:0 203.0.113.5:0 {3 220} {2 120} 12s",
		"192.168.1.30:0 203.0.113.5:0 {1 60} {0 0} 0s",
		"192.168.1.20 {3 220} {2 120}", "203.0.113.5 {2 120} {4 280}", "192.168.1.30 {1 60} {0 0}",
		"0s {4 280} {4 280} {0 0}", "10s {1 60} {1 60} {0 0}", "20s {1 60} {0 0} {1 60}",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	c := tables.Counts
	if c.Frames != 6 || c.Bytes != 400 || c.TCP != 5 || c.UDP != 1 || c.IPv4 != 6 || c.SYN != 2 || c.RST != 1 {
		t.Errorf("%+v", c)
	}
}

// UDP over IPv4 whose length is 0 is a session for Text; tshark, and so the tables, read no further.
func TestTablesOfDatagramWithoutLength(t *testing.T) {
	b := tunnel(t, portVXLAN, []byte{8, 0, 0, 0, 0, 0, 1, 0}, packet(t, ether(layers.EthernetTypeIPv4),
		gopacket.Payload(inner(t))))
	copy(b[14+20+4:], []byte{0, 0})
	file := pcapFile(linkEthernet, at{0, b})
	tables := tablesOf(t, file)
	outer, udp := len(tables.Conversations(ByIPv4)), len(tables.Conversations(ByUDP))
	if outer != 1 || udp != 0 || tables.Counts.UDP != 1 {
		t.Errorf("%d conversations by address, %d of UDP, %+v", outer, udp, tables.Counts)
	}
	got, _ := lines(t, file)
	if !slices.ContainsFunc(got, func(l string) bool {
		return strings.Contains(l, " open udp 203.0.113.5:2000 > 192.168.1.20:1000 packets=0/1 ")
	}) {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

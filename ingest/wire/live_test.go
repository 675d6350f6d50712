package wire

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

// taken gives frames to a live capture on two interfaces, and returns the lines without their times.
func taken(t *testing.T, text *Text, frames []Frame) []string {
	t.Helper()
	start := time.Date(2026, 11, 28, 10, 0, 0, 0, time.UTC).UnixNano()
	for i := range frames {
		f := &frames[i]
		f.Time += start
		f.HasTime, f.Link, f.Length = true, linkEthernet, len(f.Data)
		text.Take(f)
	}
	text.Drops(1, 7)
	text.Quiet(start + int64(time.Minute))
	text.Finish()
	var out []string
	for _, l := range strings.Split(strings.TrimSuffix(string(text.Lines()), "\n"), "\n") {
		_, l, _ = strings.Cut(l, " capture: ")
		out = append(out, l)
	}
	return out
}

func TestLive(t *testing.T) {
	server, laptop := netip.MustParseAddr("203.0.113.5"), netip.MustParseAddr("192.168.1.20")
	syn, refusal := segment(t, false, SYN, 100, 0, 1000, ""), segment(t, true, RST|ACK, 0, 101, 0, "")
	again := segment(t, false, SYN, 900, 0, 1000, "")
	ask := datagram(t, laptop, server, 5555, 53, question(t, "example.net.", 1))
	syslog := datagram(t, laptop, server, 5514, 514, []byte("<13>Nov 28 10:00:00 gw test: a line"))
	ms := int64(time.Millisecond)
	text := NewLive([]Interface{{Name: "eth0"}, {Name: "br0"}})
	got := taken(t, text, []Frame{
		{Time: 0, Data: syn}, {Time: ms, Data: syn, Interface: 1},
		{Time: 2 * ms, Data: refusal, Interface: 1}, {Time: 3 * ms, Data: refusal},
		{Time: 4 * ms, Data: again, Interface: 1}, {Time: 5 * ms, Data: again}, // the way has changed
		{Time: 6 * ms, Data: ask}, {Time: 7 * ms, Data: ask, Interface: 1},
		{Time: 8 * ms, Data: syslog},
	})
	const tcp, dns, log = "tcp 192.168.1.20:40000 > 203.0.113.5:443", "udp 192.168.1.20:5555 > 203.0.113.5:53",
		"udp 192.168.1.20:5514 > 203.0.113.5:514"
	want := []string{
		"begin " + tcp, "end " + tcp + " refused by=203.0.113.5 packets=1/1 bytes=0/0 lasted=0.002",
		"dns " + dns + " A example.net.", "7 packets dropped by kernel",
		"begin " + tcp, "begin " + dns, "begin " + log, // held back, as they may come again, translated
		"end " + dns + " unanswered packets=1/0 bytes=29/0 lasted=0.000",
		"end " + log + " unanswered packets=1/0 bytes=35/0 lasted=0.000",
		"open " + tcp + " packets=1/0 bytes=0/0 lasted=0.000",
	}
	if !slices.Equal(got, want) {
		t.Errorf("lines are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if s := text.Stats(); s.Frames != 9 || s.Copies != 4 || s.Dropped != 7 || s.Sessions != 4 {
		t.Errorf("stats are %+v", s)
	}
	if n := text.Waiting(); n != 0 {
		t.Errorf("%d bytes wait after all were taken", n)
	}
}

package ingest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"uncloak/parse"
	"uncloak/store"
)

// refusedCapture is a capture in which 192.168.1.20 tries a closed port n times, a second apart.
func refusedCapture(t *testing.T, n int) []byte {
	t.Helper()
	var out bytes.Buffer
	w := pcapgo.NewWriter(&out)
	if err := w.WriteFileHeader(65536, layers.LinkTypeRaw); err != nil {
		t.Fatal(err)
	}
	at := importNow.Add(-time.Hour)
	write := func(src, dst string, tcp *layers.TCP) {
		ip := &layers.IPv4{Version: 4, IHL: 5, TTL: 64, Protocol: layers.IPProtocolTCP, SrcIP: net.ParseIP(src),
			DstIP: net.ParseIP(dst)}
		b := gopacket.NewSerializeBuffer()
		if err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true}, ip, tcp); err != nil {
			t.Fatal(err)
		}
		ci := gopacket.CaptureInfo{Timestamp: at, CaptureLength: len(b.Bytes()), Length: len(b.Bytes())}
		if err := w.WritePacket(ci, b.Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	for i := range n {
		port := layers.TCPPort(40000 + i)
		write("192.168.1.20", "192.168.1.30", &layers.TCP{SrcPort: port, DstPort: 7211, Seq: 1, SYN: true,
			Window: 1000})
		at = at.Add(time.Millisecond)
		write("192.168.1.30", "192.168.1.20", &layers.TCP{SrcPort: 7211, DstPort: port, Ack: 2, RST: true, ACK: true})
		at = at.Add(999 * time.Millisecond)
	}
	return out.Bytes()
}

// A capture is imported like a log: as a file, from a pipe, compressed, and only once.
func TestImportCapture(t *testing.T) {
	db, pcap := openStore(t), refusedCapture(t, 3)
	file := filepath.Join(t.TempDir(), "lan.pcap")
	if err := os.WriteFile(file, pcap, 0o600); err != nil {
		t.Fatal(err)
	}
	sum, err := Import(t.Context(), db, Options{Router: "gw"}, file)
	if err != nil || sum.Events != 6 || sum.Duplicates != 0 || sum.Unparsed != 0 || sum.Cut != 0 {
		t.Fatalf("%+v, %v", sum, err)
	}
	if want := "lan.pcap: a packet capture: 6 frames, 3 sessions"; !slices.Contains(sum.Notes, want) {
		t.Errorf("notes %q, want %q", sum.Notes, want)
	}
	var got []string
	for _, e := range all(t, db, store.Query{}) {
		got = append(got, fmt.Sprintf("%s %s %s %v %v %d", e.Router, time.Unix(0, e.Time).UTC().Format("05.000"),
			e.Kind,
			e.SrcPort(), e.DstPort(), e.Flags&parse.RST))
	}
	want := []string{
		"gw 00.000 session-new 192.168.1.20:40000 192.168.1.30:7211 0",
		"gw 00.001 session-end 192.168.1.20:40000 192.168.1.30:7211 4",
		"gw 01.000 session-new 192.168.1.20:40001 192.168.1.30:7211 0",
		"gw 01.001 session-end 192.168.1.20:40001 192.168.1.30:7211 4",
		"gw 02.000 session-new 192.168.1.20:40002 192.168.1.30:7211 0",
		"gw 02.001 session-end 192.168.1.20:40002 192.168.1.30:7211 4",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(pcap)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"a pipe": string(pcap), "compressed": packed.String()} {
		sum := importText(t, db, Options{Router: "gw"}, text)
		if sum.Events != 0 || sum.Duplicates != 6 {
			t.Errorf("again from %s: %+v", name, sum)
		}
	}
	// of a damaged capture the part before the damage is taken, and the end is told
	sum = importText(t, openStore(t), Options{}, string(pcap[:len(pcap)-3]))
	if want := "test: a packet capture: 5 frames, 3 sessions; the capture ends within a packet"; sum.Cut != 1 ||
		!slices.Contains(sum.Notes, want) {
		t.Errorf("cut: %+v, want the note %q", sum, want)
	}
}

package api

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"

	"uncloak/detect"
)

// table writes a file in MaxMind's format that has one entry.
func table(t *testing.T, path, network string, entry mmdbtype.Map) string {
	t.Helper()
	w, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "Test", IncludeReservedNetworks: true})
	if err != nil {
		t.Fatal(err)
	}
	_, of, err := net.ParseCIDR(network)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Insert(of, entry); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := w.WriteTo(f); err != nil {
		t.Fatal(err)
	}
	return path
}

func country(code string) mmdbtype.Map {
	return mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.String(code)}}
}

// TestPlaces puts two tables together, leaves out what cannot be read, and reads a file again that has changed.
func TestPlaces(t *testing.T) {
	dir := t.TempDir()
	first := table(t, filepath.Join(dir, "country.mmdb"), "203.0.113.0/24", country("DE"))
	second := table(t, filepath.Join(dir, "asn.mmdb"), "203.0.113.0/25", mmdbtype.Map{
		"autonomous_system_number":       mmdbtype.Uint32(64496),
		"autonomous_system_organization": mmdbtype.String("Example Net")})
	text := filepath.Join(dir, "text.mmdb")
	if err := os.WriteFile(text, []byte("no table"), 0o600); err != nil {
		t.Fatal(err)
	}
	var p places
	tell, err := p.of([]string{first, text, second, filepath.Join(dir, "gone.mmdb")})
	if err == nil || !strings.Contains(err.Error(), "mmdb "+text) ||
		!strings.Contains(err.Error(), "gone.mmdb: no such") {
		t.Errorf("what is wrong: %v", err)
	}
	for a, want := range map[string]string{"203.0.113.5": "DE, AS64496 Example Net", "203.0.113.200": "DE",
		"198.51.100.1": "", "2001:db8::1": ""} {
		if got := tell(netip.MustParseAddr(a)); got != want {
			t.Errorf("%s: %q, want %q", a, got, want)
		}
	}
	was := p.files[0].db
	if _, err := p.of([]string{first}); err != nil || p.files[0].db != was {
		t.Errorf("a file that is the same is read again: %v", err)
	}
	table(t, first, "203.0.113.0/24", country("JP"))
	if err := os.Chtimes(first, time.Now(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if tell, err := p.of([]string{first}); err != nil || tell(netip.MustParseAddr("203.0.113.5")) != "JP" {
		t.Errorf("a file that has changed: %v", err)
	}
	if tell, err := p.of(nil); tell != nil || err != nil {
		t.Errorf("without files: %v", err)
	}
	if err := os.Truncate(first, 3<<9); err != nil { // damaged: no crash, whatever it tells
		t.Fatal(err)
	}
	if tell, err := p.of([]string{first}); err == nil {
		_ = tell(netip.MustParseAddr("203.0.113.5"))
	}
	if err := os.Truncate(first, maxPlaces+1); err != nil { // it takes no room on the disk
		t.Fatal(err)
	}
	if tell, err := p.of([]string{first}); tell != nil || err == nil ||
		!strings.Contains(err.Error(), "more than 256 MB") {
		t.Errorf("a file that is too large: %v", err)
	}
}

// TestPlacesOfPeers: the services that a host goes to have their places, whatever an organization calls itself.
func TestPlacesOfPeers(t *testing.T) {
	d := detect.NewDay(20785)
	now := d.Date.Start().Add(5 * time.Hour)
	d.First, d.Last = d.Date.Start().UnixNano(), now.UnixNano()
	host, peer := netip.MustParseAddr("192.168.1.9"), netip.MustParseAddr("203.0.113.5")
	d.Hosts[host] = &detect.Host{Sessions: detect.Series{Slots: []detect.Slot{{I: 1799, N: 30}}},
		Targets: map[detect.Door]*detect.Target{{Peer: peer, Port: detect.Port{Proto: 6, Port: 443}}: {N: 30}}}
	cfg := detect.DefaultConfig()
	cfg.Location = time.UTC
	path := table(t, filepath.Join(t.TempDir(), "asn.mmdb"), "203.0.113.0/24", mmdbtype.Map{
		"autonomous_system_number":       mmdbtype.Uint32(64496),
		"autonomous_system_organization": mmdbtype.String("Evil\x1b[2J Net")})
	files := []string{path, path + ".gone", path + ".none"}
	h := NewHandler(Config{Store: &fake{}, Days: oneDay{Day: d}, Now: func() time.Time { return now },
		Log: slog.New(slog.DiscardHandler), Settings: func() Settings { return Settings{Detect: cfg, MMDB: files} }})
	r, err := Request(t.Context(), http.MethodGet, "/v1/live", url.Values{"host": {host.String()}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, _ := InProcess(h)
	resp, err := Do(c, r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var l Live
	if err := decodeJSON(resp.Body, &l); err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, g := range l.Machine.Grids {
		if strings.HasPrefix(g.Title, "Services that it goes to") {
			got = g.Rows[0][0]
		}
	}
	if want := `203.0.113.5 tcp/443 (AS64496 Evil\x1b[2J Net)`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	m, err := h.Report(t.Context(), url.Values{"day": {"2026-11-28"}})
	if err != nil || !strings.Contains(m.Note, path+".gone: no such file or directory; mmdb ") {
		t.Errorf("the note: %q %v", m.Note, err)
	}
}

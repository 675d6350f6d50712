package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"uncloak/report"
	"uncloak/store"
	"uncloak/store/bolt"
)

// sendAs sends datagrams from an address of its own: the whole of 127/8 belongs to this machine.
func sendAs(t *testing.T, address, to string, lines ...string) {
	t.Helper()
	c, err := (&net.Dialer{LocalAddr: &net.UDPAddr{IP: net.ParseIP(address)}}).Dial("udp", to)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for i, l := range lines {
		fmt.Fprint(c, l)
		if i%100 == 99 {
			time.Sleep(time.Millisecond) // not more than the socket's buffer takes, on any machine
		}
	}
}

// repeat returns n lines of a format that takes the line's number.
func repeat(n int, format string) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf(format, i))
	}
	return out
}

// A serve whose config says something else of each sender; everything that is counted of a sender is shown at every
// place where accounts are: /metrics, check and report, as text and as JSON, and what a finding rests on is said in the
// finding.
func TestAccountsEverywhere(t *testing.T) {
	data, file := t.TempDir(), filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(file, []byte(`
limits: {line: 1000}
allow: [127.0.0.0/28]
routers:
  - {address: 127.0.0.1, name: tokyo, table: 4096, timezone: Asia/Tokyo}
  - {address: 127.0.0.2, name: mt, table: 2048, dialect: mikrotik, timeouts: {system: openwrt, time_wait: 60s}}
  - {address: 127.0.0.3, name: noisy, rate: {lines: 0.001, burst: 50}}
  - {address: 127.0.0.4, name: numbered}
  - {address: 127.0.0.5, name: shy}
  - {address: 127.0.0.6, name: ends}
`), 0o644); err != nil {
		t.Fatal(err)
	}
	began, now := time.Now(), time.Now().UTC().Truncate(24*time.Hour).Add(-12*time.Hour) // no hour ends in between
	d := serveAt(t, func() time.Time { return now.Add(time.Since(began)) }, data, "--config", file, "--http",
		"127.0.0.1:0")
	at := d.at(t, "metrics")
	stamp, inTokyo := now.Format(time.Stamp), now.Add(9*time.Hour).Format(time.Stamp)
	packet := "kernel: IN=br0 OUT=eth0 SRC=192.168.1.5 DST=198.18.0.1 LEN=60 TTL=63 ID=%d DF PROTO=TCP SPT=2000 " +
		"DPT=443 SYN"
	sendAs(t, "127.0.0.1", d.udp, repeat(100, "<4>"+inTokyo+" x "+packet)...)
	sendAs(t, "127.0.0.1", d.udp, "<13>"+inTokyo+" x frobd: frob",
		"<13>"+inTokyo+" x frobd: "+strings.Repeat("y", 2000), "\r\n")
	sendAs(t, "127.0.0.2", d.udp, "<134>"+stamp+" x LAN2 link down",
		"<134>"+stamp+" x DHCP-Guest assigned 192.168.88.10 for AA:BB:CC:DD:EE:FF laptop")
	sendAs(t, "127.0.0.3", d.udp, repeat(150, "<4>"+stamp+" x "+packet)...)
	for i := range 312 { // every third is missing once the numbers are believed
		if i < 12 || i%3 != 2 {
			sendAs(t, "127.0.0.4", d.udp, fmt.Sprintf("<189>%d: %s: %%SYS-5-CONFIG_I: Configured from console", 1000+i,
				stamp))
		}
	}
	sendAs(t, "127.0.0.4", d.udp, fmt.Sprintf("<189>1312: %s: %%SYS-5-CONFIG_I: Configured from console", stamp),
		fmt.Sprintf("<189>1313: %s: %%SYS-5-CONFIG_I: x", stamp))
	sendAs(t, "127.0.0.5", d.udp, repeat(50, "<4>"+stamp+" x "+packet)...)
	sendAs(t, "127.0.0.5", d.udp, "<5>"+stamp+" x systemd-journald[3]: Suppressed 70 messages from frob.service",
		"<5>"+stamp+" x last message repeated 9 times")
	sendAs(t, "127.0.0.99", d.udp, repeat(30, "<13>stranger %d")...)
	stored(t, data, 102+2+50+214+52)

	type row struct {
		router, key string
		want        float64
		metric      string // and what is in the text of check and report about it
		check, text string
	}
	sender := func(router, address string) string {
		if router == "" {
			return address
		}
		return router + " (" + address + ")"
	}
	rows := []row{
		{"tokyo", "received", 103, "lines_received_total", "  103 ", "  103 "},
		{"tokyo", "parsed", 100, "lines_parsed_total", "", ""}, // received without the others, which are shown
		{"tokyo", "unparsed", 2, "lines_unparsed_total", "2 lines are not understood", ""},
		{"tokyo", "oversize", 1, "lines_cut_total", "1 line was cut at the limit", ""},
		{"tokyo", "blank", 1, `lines_dropped_total{reason="empty",`, "1 line was broken: empty", ""},
		{"mt", "parsed", 2, "lines_parsed_total", "", ""},
		{"noisy", "limited", 100, `lines_dropped_total{reason="rate",`,
			"100 lines were dropped by its rate limit: raise rate", "100 lines were dropped by its rate limit"},
		{"noisy", "received", 150, "lines_received_total", "  150 ", "  150 "},
		{"numbered", "missing", 100, "lines_missing_total", "100 lines were lost on the way, by its sequence numbers",
			"100 lines were lost on the way, by its sequence numbers"},
		{"shy", "suppressed", 70, "lines_suppressed_total", "it says that it left out 70 lines itself",
			"70 lines were left out by the sender itself"},
		{"shy", "repeated", 9, "lines_repeated_total", "it says that 9 lines were like the one before",
			"9 lines were like the one before"},
		{"", "not_allowed", 30, `lines_dropped_total{reason="not_allowed",`, "30 lines or connections were not taken",
			"30 lines or connections were not taken"},
	}
	address := map[string]string{"tokyo": "127.0.0.1", "mt": "127.0.0.2", "noisy": "127.0.0.3", "numbered": "127.0.0.4",
		"shy": "127.0.0.5", "": "127.0.0.99"}

	_, metrics := get(t, http.DefaultClient, at)
	http.DefaultClient.CloseIdleConnections()
	args := []string{"--data", data, "--config", file, "--timezone", "UTC"}
	out := uncloak(t, "", append([]string{"check", "--format", "json"}, args...)...)
	var checked report.Check
	if err := json.Unmarshal([]byte(out.out), &checked); err != nil {
		t.Fatal(err, out.errOut)
	}
	whole := []string{"--from", now.Add(-12 * time.Hour).Format(time.RFC3339), "--to",
		now.Add(time.Hour).Format(time.RFC3339)}
	var model report.Model
	if err := json.Unmarshal(
		[]byte(ok(t, "", append(append([]string{"report", "--format", "json"}, whole...), args...)...)),
		&model); err != nil {
		t.Fatal(err)
	}
	checkText := words(uncloak(t, "", append([]string{"check"}, args...)...).out)
	text := words(ok(t, "", append(append([]string{"report"}, whole...), args...)...))
	for _, r := range rows {
		who, name := sender(r.router, address[r.router]), r.router+" "+r.key
		want := fmt.Sprintf(`uncloak_%s{router="%s",sender="%s"} %v`, r.metric, r.router, address[r.router], r.want)
		if head, reason, cut := strings.Cut(r.metric, "{"); cut {
			want = fmt.Sprintf(`uncloak_%s{%srouter="%s",sender="%s"} %v`, head, reason, r.router, address[r.router],
				r.want)
		}
		if !strings.Contains(metrics, want+"\n") {
			t.Errorf("%s: metrics have no %s", name, want)
		}
		for place, senders := range map[string][]report.Sender{"check": checked.Received.Senders,
			"report": model.Health} {
			if got := value(t, senders, address[r.router], r.key); got != r.want {
				t.Errorf("%s: %s says %v, want %v", name, place, got, r.want)
			}
		}
		for _, p := range []struct{ place, in, want string }{{"check", checkText, r.check}, {"report", text, r.text}} {
			if p.want != "" && !strings.HasPrefix(p.want, " ") {
				p.want = who + ": " + p.want
			}
			if !strings.Contains(p.in, strings.TrimSpace(p.want)) {
				t.Errorf("%s: %s has no %q", name, p.place, p.want)
			}
		}
	}
	// What a finding rests on.
	for _, want := range []string{
		"67 % of the log of noisy is missing", "It sent faster than its rate in uncloak's config allows",
		"32 % of the log of numbered is missing", "It numbers its lines, and numbers are missing",
		"57 % of the log of shy is missing",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the report has no %q in\n%s", want, text)
		}
	}
	// What else the config says of each sender holds: zone and table.
	if s := value(t, model.Health, "127.0.0.1", "skew_s"); s < -100 || s > 100 {
		t.Errorf("the zone of tokyo is not believed: %v s off", s)
	}
	if !strings.Contains(text, "tokyo 4,096") {
		t.Errorf("the table of tokyo is not 4,096 in\n%s", text)
	}
	if code := d.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// In one hour of a day a third of the lines does not arrive, and ends of sessions are without a beginning: how many
// lines must be missing is said at every place.
func TestEstimatedLossEverywhere(t *testing.T) {
	data := t.TempDir()
	day := time.Now().UTC().Truncate(24 * time.Hour).Add(-24 * time.Hour)
	var log strings.Builder
	for hour := range 12 {
		for i := range 330 {
			at := day.Add(time.Duration(hour)*time.Hour + time.Duration(i)*10*time.Second)
			flow := fmt.Sprintf("tcp 6 %%s src=192.168.1.5 dst=198.18.%d.%d sport=%d dport=443 %%s src=198.18.%d.%d "+
				"dst=203.0.113.7 sport=443 dport=%d",
				hour, i%250, 10000+hour*400+i, hour, i%250, 10000+hour*400+i)
			if hour != 8 || i%3 > 0 {
				fmt.Fprintf(&log, "[%d.000000]\t[NEW] "+flow+"\n", at.Unix(), "120 SYN_SENT", "[UNREPLIED]")
			}
			if hour != 8 || i/3%3 > 0 {
				fmt.Fprintf(&log, "[%d.000000]\t[DESTROY] "+flow+"\n", at.Unix()+20, "", "")
			}
		}
	}
	ok(t, log.String(), "import", "--data", data, "--router", "gw", "--timezone", "UTC", "-")
	args := []string{"--data", data, "--timezone", "UTC"}
	var checked report.Check
	if err := json.Unmarshal([]byte(uncloak(t, "", append([]string{"check", "--format", "json"}, args...)...).out),
		&checked); err != nil {
		t.Fatal(err)
	}
	estimated := checked.Received.Senders[0].Estimated
	if estimated < 200 || estimated > 240 {
		t.Fatalf("%d lines are estimated to be missing, and 220 are", estimated)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"check"}, "lines must be missing: sessions end that never began"},
		{[]string{"report", "--day", day.Format(time.DateOnly)},
			"lines must be missing: sessions end that never began"},
		{[]string{"report", "--day", day.Format(time.DateOnly), "--format", "json"},
			fmt.Sprintf(`"estimated": %d`, estimated)},
		{[]string{"report", "--day", day.Format(time.DateOnly)}, "of the log of gw is missing"},
	} {
		if got := words(uncloak(t, "", append(c.args, args...)...).out); !strings.Contains(got, c.want) {
			t.Errorf("%v has no %q in\n%s", c.args, c.want, got)
		}
	}
	st, err := bolt.Open(data, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	a := newApp(strings.NewReader(""), io.Discard, io.Discard)
	a.log, a.cfg = slog.New(slog.DiscardHandler), defaultConfig()
	a.cfg.Data, a.cfg.location = data, time.UTC
	h, err := a.newInstance(st, true)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.judge(t.Context(), store.Window{From: day, To: day.Add(24 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if got := h.estimated(); got["gw"] != estimated { // what /metrics shows
		t.Errorf("serve estimates %v, want %d", got, estimated)
	}
}

// value returns a field of an account in JSON.
func value(t *testing.T, senders []report.Sender, address, key string) float64 {
	t.Helper()
	for _, s := range senders {
		if s.Sender != address {
			continue
		}
		b, err := json.Marshal(s)
		var keys map[string]any
		if err == nil {
			err = json.Unmarshal(b, &keys)
		}
		n, isNumber := keys[key].(float64)
		if err != nil || !isNumber {
			t.Errorf("%s has no %s: %v", address, key, err)
		}
		return n
	}
	t.Errorf("no account of %s", address)
	return -1
}

// words returns text with one blank between words, since reports break lines anywhere.
func words(s string) string { return strings.Join(strings.Fields(s), " ") }

package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestCheckJudges(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		data    DataDir
		damaged uint64
		last    time.Time
		sender  Sender
		problem string
		note    string
	}{
		"fine":   {sender: Sender{Received: 1000}},
		"disk":   {data: DataDir{Free: 1 << 20}, problem: "has only 1 MiB left"},
		"damage": {damaged: 2, problem: "2 blocks or files of the data could not be read"},
		"silence": {data: DataDir{Daemon: true}, last: now.Add(-48 * time.Hour),
			problem: "has received nothing for 2 days"},
		"silence, no daemon": {last: now.Add(-48 * time.Hour)},
		"buffer": {sender: Sender{Kernel: 3}, problem: "gw (10.0.0.1): 3 lines were lost in the receive " +
			"buffer, and the kernel does not say whose: raise it"},
		"queue": {sender: Sender{Dropped: 1}, problem: "1 line was dropped because uncloak was too slow"},
		"clock": {sender: Sender{SkewS: -3600},
			problem: "its clock is 1 h behind: set up NTP on it, or say its zone"},
		"clock, a little": {sender: Sender{SkewS: 2}},
		"many unparsed": {sender: Sender{Received: 100, Unparsed: 50},
			problem: "50 % of its lines are not understood"},
		"a machine's boot": {sender: Sender{Sender: "kmsg", Received: 100, Unparsed: 50},
			note: "gw (kmsg): 50 % of its lines are not understood"},
		"a machine's log": {sender: Sender{Sender: "journal /var/log/journal/remote", Received: 100, Unparsed: 50},
			note: "50 % of its lines are not understood"},
		"of the few kept": {sender: Sender{Received: 2000, Blank: 1900, Unparsed: 100},
			problem: "100 % of its lines are not understood"},
		"a start, an hour ago": {sender: Sender{Received: 1000, Unparsed: 200, Hour: &Hour{Lines: 400, Unparsed: 4}},
			note: "20 % of its lines are not understood, but only 1.0 % of those of its last hour"},
		"still so": {sender: Sender{Received: 1000, Unparsed: 200, Hour: &Hour{Lines: 400, Unparsed: 40}},
			problem: "20 % of its lines are not understood: see"},
		"refused": {sender: Sender{Refused: 6},
			note: "6 connections were refused: too many at once (limits: connections and per_sender, memory;"},
		"some unparsed": {sender: Sender{Received: 1000, Unparsed: 50}, note: "50 lines are not understood"},
		"few lines":     {sender: Sender{Received: 5, Unparsed: 5}, note: "5 lines are not understood"},
		"cut":           {sender: Sender{Oversize: 1}, note: "1 line was cut at the limit"},
		"broken":        {sender: Sender{Malformed: 1}, note: "1 line was broken"},
		"repaired":      {sender: Sender{Repaired: 2}, note: "2 lines had a time that cannot be"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.sender.Router = "gw"; c.sender.Sender == "" {
				c.sender.Sender = "10.0.0.1"
			}
			if c.last.IsZero() {
				c.last = now
			}
			got := Check{Now: now, Data: c.data, Received: &Received{Events: 9, Last: c.last, Damaged: c.damaged,
				Senders: []Sender{c.sender}}}
			got.Judge()
			for what, x := range map[string]struct {
				got  []string
				want string
			}{"problem": {got.Problems, c.problem}, "note": {got.Notes, c.note}} {
				if s := strings.Join(x.got, "\n"); x.want == "" && s != "" || !strings.Contains(s, x.want) ||
					len(x.got) > 1 {
					t.Errorf("%s %q, want %q", what, s, x.want)
				}
			}
		})
	}
}

func TestCheckTextHostile(t *testing.T) {
	for _, name := range hostiles {
		t.Run(fmt.Sprintf("%.20q", name), func(t *testing.T) {
			c := &Check{Config: name, Settings: []Setting{{name, name, name}},
				Listen: []Listener{{"udp", name, "taken", 0}}, Data: DataDir{Path: name},
				Received: &Received{Events: 1, Senders: []Sender{{Sender: name, Router: name, Dropped: 1}},
					Unparsed: &Unparsed{Lines: 1}, Shapes: []Shape{{name, name, name, name, 1}}}}
			c.Judge()
			var text, js bytes.Buffer
			if err := CheckText(&text, c, CheckOptions{Shapes: 9, Send: "send"}); err != nil {
				t.Fatal(err)
			}
			if err := CheckJSON(&js, c); err != nil {
				t.Fatal(err)
			}
			for _, s := range []string{text.String(), js.String()} {
				if x := unsafeRune(s); x != "" {
					t.Errorf("raw %s", x)
				}
			}
		})
	}
}

// TestCheckTextFull: a directory that takes nothing is not called writable.
func TestCheckTextFull(t *testing.T) {
	var b bytes.Buffer
	c := &Check{Data: DataDir{Path: "/data", Exists: true, Writable: true},
		Received: &Received{Refusing: "no space left on the disk"}}
	if err := CheckText(&b, c, CheckOptions{}); err != nil || strings.Contains(b.String(), "writable") ||
		!strings.Contains(b.String(), "takes nothing at the moment") {
		t.Errorf("%v: %s", err, b.String())
	}
}

// TestCheckOfStrangersOnly says that lines come, and whose, where none of them is taken: "nothing is received" sends
// the owner to the router, where all is well.
func TestCheckOfStrangersOnly(t *testing.T) {
	var many []Sender
	for i := range 7 {
		many = append(many, Sender{Sender: fmt.Sprintf("198.51.100.%d", i+1), NotAllowed: 2})
	}
	for name, c := range map[string]struct {
		senders []Sender
		last    time.Duration // before now; 0: there never was a line
		want    string
	}{
		"one": {many[:1], 0, "2 lines or connections came of 198.51.100.1, which is not allowed"},
		"many": {many, 0,
			"14 lines or connections came of 198.51.100.1, 198.51.100.2, 198.51.100.3, 198.51.100.4, 198.51.100.5 " +
				"and 2 more"},
		"others, once": {many[:1], 48 * time.Hour, "takes nothing: 2 lines"},
		"others, too":  {many[:1], time.Hour, ""},
		"none":         {nil, 0, "has received nothing: let the router"},
	} {
		now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
		r := &Received{NotTaken: c.senders}
		if c.last > 0 {
			r.Events, r.Last = 9, now.Add(-c.last)
		}
		got := Check{Now: now, Data: DataDir{Daemon: true}, Received: r}
		got.Judge()
		if s := strings.Join(got.Problems, "\n"); c.want == "" && s != "" || !strings.Contains(s, c.want) {
			t.Errorf("%s: %q, want %q", name, s, c.want)
		}
	}
}

// Thousands of senders are told in a few lines, and counted.
func TestCheckTellsFewOfManySenders(t *testing.T) {
	c := &Check{Received: &Received{Events: 9, Last: time.Unix(0, 0)}, Now: time.Unix(60, 0)}
	for i := range 3000 {
		c.Received.Senders = append(c.Received.Senders, Sender{Sender: fmt.Sprintf("192.0.2.%d", i), Received: 1,
			Dropped: 1, Suppressed: 1})
	}
	c.Judge()
	if n := len(c.Problems); n != maxSaid+1 || !strings.HasPrefix(c.Problems[n-1], "2,950 problems of other senders") {
		t.Errorf("%d problems, the last %q", n, c.Problems[n-1])
	}
	if n := len(c.Notes); n != maxSaid+1 || !strings.HasPrefix(c.Notes[n-1], "2,950 notes of other senders") {
		t.Errorf("%d notes, the last %q", n, c.Notes[n-1])
	}
}

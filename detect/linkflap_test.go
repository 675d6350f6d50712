package detect

import (
	"fmt"
	"testing"
	"time"

	"uncloak/parse"
)

func (s *stream) link(at time.Time, name string, up bool) {
	e := parse.Event{Kind: parse.Link, State: parse.LinkDown, Detail: parse.MakeName(name)}
	if up {
		e.State = parse.LinkUp
	}
	s.add(at, e)
}

func TestLinkFlap(t *testing.T) {
	for _, tc := range []struct {
		name  string
		downs int // 0 = no finding
		fill  func(*stream)
	}{
		{"three times in five minutes", 3, func(s *stream) {
			for i := range 3 {
				s.link(t0.Add(time.Hour+time.Duration(i)*100*time.Second), "eth0", false)
				s.link(t0.Add(time.Hour+time.Duration(i)*100*time.Second+3*time.Second), "eth0", true)
			}
		}},
		{"over midnight", 4, func(s *stream) {
			for i := range 4 {
				s.link(t0.Add(24*time.Hour-3*time.Minute+time.Duration(i)*2*time.Minute), "eth0", false)
				s.link(t0.Add(24*time.Hour-3*time.Minute+time.Duration(i)*2*time.Minute+3*time.Second), "eth0", true)
			}
		}},
		{"every two hours", 12, func(s *stream) {
			for i := range 12 {
				s.link(t0.Add(time.Duration(i)*2*time.Hour), "Gi0/1", false)
				s.link(t0.Add(time.Duration(i)*2*time.Hour+time.Minute), "Gi0/1", true)
			}
		}},
		{"one pull of the plug, said by link, protocol and daemon", 0, func(s *stream) {
			for i := range 5 {
				s.link(t0.Add(time.Hour+time.Duration(i)*time.Second), "Gi0/1", false)
			}
			for i := range 5 {
				s.link(t0.Add(time.Hour+time.Minute+time.Duration(i)*time.Second), "Gi0/1", true)
			}
		}},
		{"a laptop that sleeps at night and noon", 0, func(s *stream) {
			for i := range 12 {
				s.link(t0.Add(time.Duration(i)*12*time.Hour), "lan3", i%2 == 0)
			}
		}},
		{"many ports once", 0, func(s *stream) {
			for i := range 48 {
				s.link(t0.Add(time.Hour), fmt.Sprint("port", i), false)
			}
		}},
		{"nothing says which way", 0, func(s *stream) {
			for i := range 9 {
				s.add(t0.Add(time.Duration(i)*time.Minute), parse.Event{Kind: parse.Link,
					Detail: parse.MakeName("eth0")})
			}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newStream()
			tc.fill(s)
			fs := s.findings(DefaultConfig())
			if tc.downs == 0 {
				none(t, fs, LinkFlap)
				return
			}
			if f := only(t, fs, LinkFlap); f.Downs != tc.downs || f.Interface == "" || f.Router != "gw" ||
				len(f.Spells) == 0 {
				t.Errorf("%+v", f)
			}
		})
	}
}

func TestLinksAreBounded(t *testing.T) {
	s := newStream()
	for i := range maxIfaces + 9 {
		s.link(t0.Add(time.Duration(i)*time.Second), fmt.Sprint("port", i), false)
	}
	for i := range 3 * maxDowns {
		s.link(t0.Add(time.Hour+time.Duration(i)*time.Second), "port1", i%2 == 0)
	}
	d := s.days(DefaultConfig())[0]
	links := d.Routers["gw"].Links
	if len(links) != maxIfaces || len(links["port1"].Downs) != maxDowns || d.Dropped["interfaces"] != 9 ||
		d.Dropped["links down"] == 0 {
		t.Errorf("%d links, %d downs, dropped %v", len(links), len(links["port1"].Downs), d.Dropped)
	}
}

package detect

import (
	"testing"
	"time"

	"uncloak/parse"
)

// settingOf is the event of a line that a router's settings came in.
func settingOf(at time.Time, text string) parse.Event {
	return parse.Event{Kind: parse.Setting, Detail: parse.MakeName(text)}
}

// What a router says of its timeouts holds from then on, on the next day too, ahead of what is assumed and behind what
// the owner has configured.
func TestSettingsHoldFromThenOn(t *testing.T) {
	for _, c := range []struct {
		owner time.Duration // udp in the config
		want  int           // entries at one session a second
	}{{30 * time.Second, 10}, {20 * time.Second, 20}} {
		cfg := DefaultConfig()
		cfg.Timeouts.UDP = c.owner
		s := newStream()
		s.add(t0, settingOf(t0, "net.netfilter.nf_conntrack_udp_timeout = 10"))
		s.add(t0, settingOf(t0, "net.netfilter.nf_conntrack_max = 4096"))
		next := t0.Add(24 * time.Hour)
		for i := range 600 {
			s.session(t0.Add(time.Duration(i)*time.Second), lan(1), wan(i), parse.UDP, 9)
			s.session(next.Add(time.Duration(i)*time.Second), lan(1), wan(i), parse.UDP, 9)
		}
		days := s.days(cfg)
		if len(days) != 2 {
			t.Fatalf("%d days", len(days))
		}
		for _, d := range days {
			l := d.Routers["gw"].Occupancy[30]
			if n := int(l.Total); n < c.want-1 || n > c.want+3 {
				t.Errorf("%v, udp %v in the config: %d entries, want %d", d.Date, c.owner, n, c.want)
			}
			got := Settled(cfg, []*Day{d})
			if n := got.table("gw"); n != 4096 {
				t.Errorf("%v: a table of %d", d.Date, n)
			}
			if cfg.table("gw") != 0 {
				t.Error("the config itself is changed")
			}
		}
	}
}

func TestSettingsOfTheCollector(t *testing.T) {
	to := TimeoutsOf("")
	to.apply(RouterSetting{Key: "time_wait", Value: 60})
	to.apply(RouterSetting{Key: "collector", Value: 1})
	to.apply(RouterSetting{Key: "nonsense", Value: 1})
	to.apply(RouterSetting{Key: "typical_tcp", Value: 1})
	if to.TimeWait != time.Minute || to.TypicalTCP != 90*time.Second || to.Collector != CollectorLinux {
		t.Errorf("%+v", to)
	}
	old := TimeoutsOf("linux-4")
	if old.apply(RouterSetting{Key: "collector", Value: 1}) {
		t.Error("the owner's word counts")
	}
}

// Of two shards of a router, and of many lines, the latest setting of each key stays.
func TestSettingsAreBounded(t *testing.T) {
	var r Router
	for i := range 1000 {
		r.set(RouterSetting{"udp", i, int64(i % 700)})
		r.set(RouterSetting{"table", i, int64(i)})
	}
	if len(r.Settings) != 2 || r.Settings[0].Value != 999 || r.Settings[1].Value != 699 {
		t.Errorf("%+v", r.Settings)
	}
}

// Two routers that change their settings with each other leave something else to the next day.
func TestSettingsAreOfTheirRouter(t *testing.T) {
	day := func(x, y int) *Day {
		d := NewDay(DateOf(t0))
		d.router("a").set(RouterSetting{"udp", x, 1})
		d.router("b").set(RouterSetting{"udp", y, 1})
		return d
	}
	if p := day(10, 20).OpenPrint(); p != day(10, 20).OpenPrint() || p == day(20, 10).OpenPrint() {
		t.Errorf("%x and %x", p, day(20, 10).OpenPrint())
	}
	one, other := NewDay(DateOf(t0)), NewDay(DateOf(t0))
	one.router("a").set(RouterSetting{"udp", 10, 1})
	other.router("b").set(RouterSetting{"udp", 10, 1})
	if one.OpenPrint() == other.OpenPrint() {
		t.Error("whose settings they are makes no difference")
	}
}

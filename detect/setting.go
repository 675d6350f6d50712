package detect

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"uncloak/parse"
)

// RouterSetting is one thing that a router said of its session table, and when.
type RouterSetting struct {
	Key   string // as in parse.SettingValue
	Value int    // entries; s; of collector: 1 = Linux 5.19 or later, 0 = none
	Time  int64  // ns
}

// setting takes in what a router says of its table. It holds from then on, where the config leaves the defaults.
func (t *Tracker) setting(e *parse.Event, rs *routerState) {
	for _, x := range e.Settings() {
		rs.goBy(RouterSetting{x.Key, x.Value, e.Time})
	}
}

// goBy notes the setting, and lets the tracker go by it.
func (rs *routerState) goBy(x RouterSetting) {
	rs.router.set(x)
	rs.hold(x)
}

// set keeps the setting as the latest of its key. Keys are few: those that parse knows.
func (r *Router) set(x RouterSetting) {
	i, ok := slices.BinarySearchFunc(r.Settings, x.Key, func(a RouterSetting, key string) int {
		return cmp.Compare(a.Key, key)
	})
	switch {
	case !ok:
		r.Settings = slices.Insert(r.Settings, i, x)
	case r.Settings[i].Time <= x.Time:
		r.Settings[i] = x
	}
}

// hold lets the tracker go by the setting.
func (rs *routerState) hold(x RouterSetting) {
	if x.Key == "table" {
		if rs.size == 0 || rs.sizeTold {
			rs.size, rs.sizeTold = x.Value, true
		}
		return
	}
	own := *rs.held
	if own.apply(x) {
		rs.held, rs.learned = &own, true
	}
}

// apply takes the setting over unless the config has another value than the default; it reports whether it did.
func (to *Timeouts) apply(x RouterSetting) bool {
	assumed := TimeoutsOf("")
	if x.Key == "collector" {
		if to.Collector != CollectorUnknown {
			return false
		}
		to.Collector = CollectorNone
		if x.Value == 1 {
			to.Collector = CollectorLinux
		}
		return true
	}
	i := slices.Index(className[:], x.Key)
	if i < 0 || class(i) == classTypicalTCP {
		return false
	}
	c, d := class(i), time.Duration(x.Value)*time.Second
	if to.of(c) != assumed.of(c) {
		return false
	}
	if c == classTimeWait && to.TypicalTCP == assumed.TypicalTCP {
		to.TypicalTCP = max(to.TypicalTCP+d-to.TimeWait, d)
	}
	*to.at(c) = d
	return true
}

// Settled gives cfg with what routers said of their tables in these days, where it leaves the defaults.
func Settled(cfg Config, days []*Day) Config {
	latest := map[string]*Router{}
	for _, d := range days {
		for name, r := range d.Routers {
			for _, x := range r.Settings {
				if latest[name] == nil {
					latest[name] = &Router{}
				}
				latest[name].set(x)
			}
		}
	}
	if len(latest) == 0 {
		return cfg
	}
	out := cfg
	out.Tables, out.Held = map[string]int{}, map[string]Timeouts{}
	maps.Copy(out.Tables, cfg.Tables)
	maps.Copy(out.Held, cfg.Held)
	for name, r := range latest {
		to := *cfg.timeouts(name)
		for _, x := range r.Settings {
			if x.Key == "table" && cfg.table(name) == 0 {
				out.Tables[name] = x.Value
			}
			to.apply(x)
		}
		out.Held[name] = to
	}
	return out
}

// SettingsOf lists the latest settings that the router told in these days, in order of key.
func SettingsOf(days []*Day, router string) []RouterSetting {
	var all Router
	for _, d := range days {
		if r := d.Routers[router]; r != nil {
			for _, x := range r.Settings {
				all.set(x)
			}
		}
	}
	return all.Settings
}

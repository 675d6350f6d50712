package report

import (
	"cmp"
	"fmt"
	"strings"

	"uncloak/detect"
)

// Describe fills Title, Detail, Advice and Explain of one finding, and the names of the hosts in it where opt.Names knows them. The
// sentences are clean: names that came from the network are escaped before they get in.
func Describe(f *detect.Finding, opt Options) {
	w := words{opt: &opt, clock: newClock(&opt)}
	w.describe(f)
}

func (w words) describe(f *detect.Finding) []tip {
	if f.Name == "" {
		f.Name = nameOf(w.opt.Names, f.Host)
	}
	for i := range f.Holders {
		if h := &f.Holders[i]; h.Name == "" {
			h.Name = nameOf(w.opt.Names, h.Host)
		}
	}
	for i := range f.Hosts {
		if h := &f.Hosts[i]; h.Name == "" {
			h.Name = nameOf(w.opt.Names, h.Host)
		}
	}
	for i := range f.Victims {
		f.Victims[i].Name = cmp.Or(f.Victims[i].Name, nameOf(w.opt.Names, f.Victims[i].Host))
	}
	for i := range f.Inlets {
		f.Inlets[i].Name = cmp.Or(f.Inlets[i].Name, nameOf(w.opt.Names, f.Inlets[i].Host))
	}
	tips := w.say(f)
	f.Detail = sentences(f.Detail, missing(f))
	f.Advice = nil
	for _, t := range tips {
		f.Advice = append(f.Advice, t.text)
	}
	f.Explain = explainCommand(f)
	return tips
}

// tip is one piece of advice. Within an incident, of tips with one topic one is enough.
type tip struct{ topic, text string }

// words writes the sentences of one finding.
type words struct {
	opt   *Options
	clock clock
	whole bool            // the finding stands for all spells of an incident, not for one
	blame *detect.Finding // the burst that fills the table
}

func (w words) say(f *detect.Finding) []tip {
	switch f.Kind {
	case detect.PeriodicBurst:
		return w.periodic(f)
	case detect.BurstKind:
		return w.burst(f)
	case detect.PTRStorm:
		return w.echo(f)
	case detect.TableFullKind:
		return w.tableFull(f)
	case detect.OOM:
		return w.oom(f)
	case detect.ShrinkKind:
		return w.shrink(f)
	case detect.ResetKind:
		return w.reset(f)
	case detect.ScanKind:
		return w.scan(f)
	case detect.GrowthKind:
		return w.growth(f)
	case detect.SYNFloodKind:
		return w.flood(f)
	case detect.DNSStorm:
		return w.storm(f)
	case detect.LinkFlap:
		return w.flap(f)
	case detect.LagKind:
		return w.lag(f)
	case detect.ClockKind:
		return w.wrongClock(f)
	case detect.LossKind:
		return w.loss(f)
	case detect.NewHost:
		return w.newHost(f)
	}
	return w.other(f)
}

// sentences joins those that have something to say.
func sentences(s ...string) string {
	return strings.Join(present(s...), " ")
}

// on is " on gw", for a finding that names its router.
func on(router string) string {
	if r := label(router); r != "" {
		return " on " + r
	}
	return ""
}

// sure says how certain a finding is, where the words alone would promise too much.
func sure(score float64) string {
	if surely(score) == "" {
		return ""
	}
	return fmt.Sprintf("How sure: %s; more days of log will tell.", percent(score))
}

func (w words) other(f *detect.Finding) []tip {
	f.Title = strings.TrimSpace(label(f.Kind) + on(f.Router))
	if f.Host != "" {
		f.Title = label(f.Kind) + ": " + short(f.Host, f.Name)
	}
	f.Detail = sentences("Seen "+w.clock.span(f.Start, f.End)+on(f.Router)+".", sure(f.Score))
	return nil
}

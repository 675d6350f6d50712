package report

import (
	"cmp"
	"fmt"
	"strings"

	"uncloak/detect"
)

// Describe fills Title, Detail, Advice and Explain of one finding, and the names of the hosts in it where opt.Names
// knows them. The sentences are clean: names that came from the network are escaped before they get in.
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
	tips := wordsOf(f.Kind).say(w, f)
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

// kindWords holds what the report has to say about a kind of finding.
type kindWords struct {
	say   func(words, *detect.Finding) []tip // fills Title and Detail, and gives the advice
	role  string                             // word in the margin of the text; "" is "what"
	entry string                             // of the encyclopaedia, to read first about it
}

// wordsOf gives the words of each kind, one line a kind; of a kind that is not known the few that fit anything. Resets,
// scans and storms of lookups have no entry: what the encyclopaedia has about them is about one vendor's or program's
// message.
func wordsOf(kind string) kindWords {
	switch kind {
	case detect.PeriodicBurst:
		return kindWords{words.periodic, "", "conntrack-full"}
	case detect.BurstKind:
		return kindWords{words.burst, "", "conntrack-full"}
	case detect.LoadKind:
		return kindWords{words.load, "load", ""}
	case detect.PTRStorm:
		return kindWords{words.echo, "echo", ""}
	case detect.TableFullKind:
		return kindWords{words.tableFull, "table", "conntrack-full"}
	case detect.OOM:
		return kindWords{words.oom, "kills", "oom-kill"}
	case detect.ShrinkKind:
		return kindWords{words.shrink, "window", "treason-uncloaked"}
	case detect.AlarmKind:
		return kindWords{words.alarm, "alarm", ""}
	case detect.ResetKind:
		return kindWords{words.reset, "", ""}
	case detect.ScanKind:
		return kindWords{words.scan, "", ""}
	case detect.GrowthKind:
		return kindWords{words.growth, "", ""}
	case detect.SYNFloodKind:
		return kindWords{words.flood, "", "syn-flood"}
	case detect.DNSStorm:
		return kindWords{words.storm, "", ""}
	case detect.LagKind:
		return kindWords{words.lag, "", ""}
	case detect.LinkFlap:
		return kindWords{words.flap, "", "link-down"}
	case detect.LossKind:
		return kindWords{words.loss, "", ""}
	case detect.ClockKind:
		return kindWords{words.wrongClock, "", ""}
	case detect.NewHost:
		return kindWords{words.newHost, "", ""}
	}
	return kindWords{words.other, "", ""}
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

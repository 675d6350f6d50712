package report

import (
	"cmp"
	"net/netip"
	"strings"
	"time"

	"uncloak/detect"
)

// Describe fills Title, Detail, Advice and Explain of one finding, and the names of the hosts in it where opt.Names
// knows them. The sentences are clean: names that came from the network are escaped before they get in.
func Describe(f *detect.Finding, opt Options) {
	w := words{Language: opt.Language, opt: &opt, clock: newClock(&opt)}
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
	f.Detail = w.sentences(f.Detail, w.missing(f))
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
	Language
	opt   *Options
	clock clock
	whole bool            // the finding stands for all spells of an incident, not for one
	blame *detect.Finding // the burst that fills the table
}

// kindWords holds what the report has to say about a kind of finding.
type kindWords struct {
	kind  string
	say   func(words, *detect.Finding) []tip // fills Title and Detail, and gives the advice
	role  string                             // word in the margin of the text; "" is "what"
	entry string                             // ID in the encyclopaedia of the entry to read first
}

// wordsTable lists the words of each kind of finding, one line a kind. Resets, scans and storms of lookups have no
// entry: what the encyclopaedia has about them is about one vendor's or program's message.
func wordsTable() []kindWords {
	return []kindWords{
		{detect.PeriodicBurst, words.periodic, "", "conntrack-full"},
		{detect.BurstKind, words.burst, "", "conntrack-full"},
		{detect.LoadKind, words.load, "load", ""},
		{detect.PTRStorm, words.echo, "echo", ""},
		{detect.TableFullKind, words.tableFull, "table", "conntrack-full"},
		{detect.OOM, words.oom, "kills", "oom-kill"},
		{detect.ShrinkKind, words.shrink, "window", "treason-uncloaked"},
		{detect.SnapshotKind, words.snapshot, "table", ""},
		{detect.AlarmKind, words.alarm, "alarm", ""},
		{detect.ResetKind, words.reset, "", ""},
		{detect.ScanKind, words.scan, "", ""},
		{detect.GrowthKind, words.growth, "", ""},
		{detect.SYNFloodKind, words.flood, "", "syn-flood"},
		{detect.DNSStorm, words.storm, "", ""},
		{detect.LagKind, words.lag, "", ""},
		{detect.LinkFlap, words.flap, "", "link-down"},
		{detect.LossKind, words.loss, "", ""},
		{detect.ClockKind, words.wrongClock, "", ""},
		{detect.NewHost, words.newHost, "", ""},
	}
}

// wordsOf returns the words of a kind, or those that fit any finding where the kind is not in the table.
func wordsOf(kind string) kindWords {
	for _, k := range wordsTable() {
		if k.kind == kind {
			return k
		}
	}
	return kindWords{kind, words.other, "", ""}
}

// on writes " on gw" for a finding that names its router, else "".
func (l Language) on(router string) string {
	if r := label(router); r != "" {
		return l.Say(" on %s", r)
	}
	return ""
}

// sure words how certain a finding is, where its score is low; else "".
func (l Language) sure(score float64) string {
	if l.surely(score) == "" {
		return ""
	}
	return l.Say("How sure: %s; more days of log will tell.", percent(score))
}

func (w words) other(f *detect.Finding) []tip {
	f.Title = strings.TrimSpace(label(f.Kind) + w.on(f.Router))
	if f.Host != "" {
		f.Title = label(f.Kind) + ": " + w.short(f.Host, f.Name)
	}
	f.Detail = w.sentences(w.Say("Seen %s%s.", w.clock.span(f.Start, f.End), w.on(f.Router)), w.sure(f.Score))
	return nil
}

// missing words the share of the log behind a finding that is lost, from 1 % on.
func (l Language) missing(f *detect.Finding) string {
	if f.Loss < 0.01 || f.Kind == detect.LossKind {
		return ""
	}
	return l.Say("%s of the log behind this is known to be missing.", percent(f.Loss))
}

// bounds words the time of a finding: a span or, where the lines had no time of their own, the times between which it
// must lie.
func (w words) bounds(f *detect.Finding) string {
	if f.SpreadS < 2 || f.SpreadS > 1e9 {
		return w.clock.span(f.Start, f.End)
	}
	d := time.Duration(f.SpreadS * float64(time.Second))
	return w.Say("some time between %s and %s (± %s: the lines bear no exact time)", w.clock.with(f.Start.Add(-d)),
		w.clock.with(f.End.Add(d)), w.seconds(f.SpreadS))
}

func (l Language) interleaved(f *detect.Finding, what string) string {
	if f.With == "" {
		return ""
	}
	return l.Say(
		"The lines alternate with %s: the two may belong together, which their order alone does not prove.", what)
}

// door writes address:port, with the host's name where that is known.
func (w words) door(peer string) string {
	p := label(peer)
	if n := label(nameOf(w.opt.Names, hostPart(peer))); n != "" {
		return n + " (" + p + ")"
	}
	if p == "" {
		return w.Say("one address")
	}
	return p
}

// hostPart returns the address of address:port.
func hostPart(s string) string {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().String()
	}
	return s
}

package report

import (
	"strconv"

	"uncloak/detect"
)

// lag words the finding of a probed target whose round trips are long in spells.
func (w words) lag(f *detect.Finding) []tip {
	name := w.short(f.Host, f.Name)
	seen := count(w.Language, max(f.Seen, 1), "spell", "spells")
	silent := f.RTTS <= 2*f.UsualRTTS && f.Unanswer > 0 // what answered was not late
	f.Title = w.Say("%s %sanswers late: up to %s instead of %s", name, w.surely(f.Score), milli(f.RTTS),
		milli(f.UsualRTTS))
	if silent {
		f.Title = w.Say("%s %sgives no answer to %s of the probes in %s", name, w.surely(f.Score),
			percent(f.Unanswer), seen)
	}
	where := w.Say("The target is outside: it begins at the own router, on the line, or beyond it; the first hop was " +
		"not measured, or was well.")
	switch {
	case f.Class == detect.FirstHop:
		where = w.Say("It is inside: it begins on the first hop, not at the provider. A router whose table is full " +
			"or whose processor is busy does that, and a bad link.")
	case f.With != "":
		where = w.Say("The first hop lags in the same spells: it begins inside, not at the provider.")
	}
	lost := ""
	if f.Unanswer >= 0.01 && !silent {
		lost = w.Say("%s of the probes in them got no answer.", percent(f.Unanswer))
	}
	what := w.Say("%s answered late in %s, %s: up to %s (mean of ten seconds) instead of the usual %s.",
		w.capital(w.who(f.Host, f.Name)), seen, w.clock.span(f.Start, f.End), milli(f.RTTS), milli(f.UsualRTTS))
	if silent {
		what = w.Say("%s gave no answer to %s of the probes in %s, %s; what it answers comes in the usual %s.",
			w.capital(w.who(f.Host, f.Name)), percent(f.Unanswer), seen, w.clock.span(f.Start, f.End),
			milli(f.UsualRTTS))
	}
	f.Detail = w.sentences(what, lost, where, w.sure(f.Score))
	return []tip{{"hop", w.Say("Measure hop by hop while it lags (mtr -n, or ping each hop of a traceroute from the " +
		"far end inwards): it begins at the first hop that is late.")},
		{"when", w.Say("Compare the spells with bursts and full tables of the same time: uncloak report names them.")}}
}

// milli writes a round trip in milliseconds.
func milli(s float64) string {
	if s < 0.01 {
		return strconv.FormatFloat(s*1000, 'f', 1, 64) + " ms"
	}
	return strconv.FormatFloat(s*1000, 'f', 0, 64) + " ms"
}

package report

import (
	"fmt"
	"strconv"

	"uncloak/detect"
)

// lag words the finding of a probed target whose round trips are long in spells.
func (w words) lag(f *detect.Finding) []tip {
	name := short(f.Host, f.Name)
	f.Title = fmt.Sprintf("%s %sanswers late: up to %s instead of %s", name, surely(f.Score), milli(f.RTTS),
		milli(f.UsualRTTS))
	where := "The target is outside: the lag begins at the own router, on the line, or beyond it; the first hop was " +
		"not measured, or did not lag."
	switch {
	case f.Class == detect.FirstHop:
		where = "It is inside: the lag begins on the first hop, not at the provider. A router whose table is full or " +
			"whose processor is busy does that, and a bad link."
	case f.With != "":
		where = "The first hop lags in the same spells: it begins inside, not at the provider."
	}
	lost := ""
	if f.Unanswer >= 0.01 {
		lost = percent(f.Unanswer) + " of the probes in them got no answer."
	}
	f.Detail = sentences(fmt.Sprintf("%s answered late in %s, %s: up to %s (mean of ten seconds) instead of the "+
		"usual %s.", capital(who(f.Host, f.Name)), count(max(f.Seen, 1), "spell", "spells"),
		w.clock.span(f.Start, f.End), milli(f.RTTS), milli(f.UsualRTTS)),
		lost, where, sure(f.Score))
	return []tip{{"hop", "Measure hop by hop while it lags (mtr -n, or ping each hop of a traceroute from the far " +
		"end inwards): it begins at the first hop that is late."},
		{"when", "Compare the spells with bursts and full tables of the same time: uncloak report names them."}}
}

// milli writes a round trip in milliseconds.
func milli(s float64) string {
	if s < 0.01 {
		return strconv.FormatFloat(s*1000, 'f', 1, 64) + " ms"
	}
	return strconv.FormatFloat(s*1000, 'f', 0, 64) + " ms"
}

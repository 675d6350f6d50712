package report

import (
	"uncloak/detect"
)

// flap words the finding of an interface that goes down again and again.
func (w words) flap(f *detect.Finding) []tip {
	port := label(f.Interface)
	f.Title = w.Say("%s%s went down %s", port, w.on(f.Router), w.times(f.Downs))
	f.Detail = w.sentences(w.Say("The link of %s%s went down %s, %s.", port, w.on(f.Router), w.times(f.Downs),
		w.clock.span(f.Start, f.End)),
		w.Say("Each time, what is behind it is cut off for seconds (longer where spanning tree listens first), and "+
			"sessions over it stall."),
		w.Say("What may cause it: a cable or plug, a power supply, a port that saves energy (EEE), two ends that "+
			"disagree about speed, a machine that sleeps."), w.sure(f.Score))
	return []tip{
		{"cable " + f.Interface, w.Say("Change the cable and the port of %s first; look at the error counters "+
			"(ethtool -S %s, show interfaces).", port, shellQuote(port))},
		{"speed " + f.Interface, w.Say("Let both ends negotiate; switch off energy saving (ethtool --set-eee … eee " +
			"off) to see whether it stays up.")},
	}
}

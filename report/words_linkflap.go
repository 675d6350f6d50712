package report

import (
	"fmt"

	"uncloak/detect"
)

// flap words the finding of an interface that goes down again and again.
func (w words) flap(f *detect.Finding) []tip {
	port := label(f.Interface)
	f.Title = fmt.Sprintf("%s%s went down %s", port, on(f.Router), times(f.Downs))
	f.Detail = sentences(fmt.Sprintf("The link of %s%s went down %s, %s.", port, on(f.Router), times(f.Downs),
		w.clock.span(f.Start, f.End)),
		"Each time, what is behind it is cut off for seconds (longer where spanning tree listens first), and "+
			"sessions over it stall.",
		"What may cause it: a cable or plug, a power supply, a port that saves energy (EEE), two ends that disagree "+
			"about speed, a machine that sleeps.", sure(f.Score))
	return []tip{
		{"cable " + f.Interface, fmt.Sprintf("Change the cable and the port of %s first; look at the error counters "+
			"(ethtool -S %s, show interfaces).", port, shellQuote(port))},
		{"speed " + f.Interface, "Let both ends negotiate; switch off energy saving (ethtool --set-eee … eee off) to " +
			"see whether it stays up."},
	}
}

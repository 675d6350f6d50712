package report

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"uncloak/detect"
)

// verdict sums up the report in two sentences and says what to do first.
func verdict(m *Model, l looked) Verdict {
	if len(m.shown) == 0 {
		v := l.verdict()
		if l.lost < quietLost { // a larger loss is among the gaps of the quiet verdict
			v.Text += lossy(m)
		}
		return v
	}
	in := &m.shown[0]
	v := Verdict{Severity: in.Severity, Text: m.headline(in), Do: m.firstStep(in)}
	if rest := m.shown[1:]; len(rest) > 0 {
		var t []string
		for i := range rest[:min(2, len(rest))] {
			t = append(t, rest[i].Title)
		}
		also := strings.Join(t, m.Say("; "))
		if n := len(rest) - 2; n > 0 {
			also = m.Say("%s; and %d more", also, n)
		}
		v.Text += m.Say(" Also: %s.", also)
	}
	v.Text += lossy(m)
	return v
}

// lossy warns where so many lines are lost that something may be missing.
func lossy(m *Model) string {
	if m.Totals.LostShare < 0.01 {
		return ""
	}
	return m.Say(" But %s of the lines were lost on the way in: something may be missing here.",
		percent(m.Totals.LostShare))
}

// headline words the incident: the host, what it does, and when.
func (m *Model) headline(in *Incident) string {
	full, root := in.find(detect.TableFullKind), in.root()
	switch {
	case full != nil && root != nil && shareOf(full, root.Host)+echoShare(in, full) >= 0.5:
		sure := m.surely(min(nonZero(root.Score), nonZero(max(full.Score, shareOf(full, root.Host)+echoShare(in,
			full)))))
		return m.Say("%s %sfilled the session table%s %s%s%s.", m.who(root.Host, root.Name), sure, m.on(full.Router),
			m.times(full.Episodes), m.when(root), m.byEcho(in, full))
	case full != nil && full.Host != "":
		s := m.Say("The session table%s was full %s; %s %sheld %s of it.", m.on(full.Router),
			m.times(max(full.Episodes, 1)), m.who(full.Host, full.Name), m.surely(holderScore(full)),
			percent(full.TableShare))
		if root != nil {
			what := m.Say("bursts")
			if root.Kind == detect.LoadKind {
				what = m.Say("many sessions")
			}
			s += m.Say(" The %s of %s go with it%s.", what, m.who(root.Host, root.Name), m.when(root))
		}
		return s
	case full != nil && untimed(full):
		return m.Say("The session table%s was full %s; the lines bear no time, so that nobody can be named for "+
			"it.", m.on(full.Router), m.times(max(full.Episodes, 1)))
	case full != nil:
		return m.Say("The session table%s was full %s; the log does not show who held it.", m.on(full.Router),
			m.times(max(full.Episodes, 1)))
	case root != nil:
		return m.Say("%s %sopens about %s%s.", m.who(root.Host, root.Name), m.surely(root.Score), m.size(root),
			m.when(root))
	}
	return m.Say("%s.", m.capital(in.Title))
}

func nonZero(score float64) float64 {
	if score == 0 {
		return 1
	}
	return score
}

// echoShare returns the part of the full table that echoes of the root held.
func echoShare(in *Incident, full *detect.Finding) (sum float64) {
	for host := range in.echoes() {
		sum += shareOf(full, host)
	}
	return sum
}

// byEcho words the part that the root's echoes held, where it is not small.
func (l Language) byEcho(in *Incident, full *detect.Finding) string {
	for _, p := range in.parts {
		if p.Kind != detect.PTRStorm || p.Causes == "" {
			continue
		}
		if s := shareOf(full, p.Host); s >= 0.2 {
			return l.Say(": %s of it by its own sessions, %s by the lookups that it sets off on %s",
				percent(shareOf(full, in.root().Host)), percent(s), l.who(p.Host, p.Name))
		}
	}
	return ""
}

// when words the time: ", at :00 and :30 of every hour", or the time of a lone burst.
func (m *Model) when(f *detect.Finding) string {
	if r := m.rhythm(f); r != "" {
		return m.Say(", %s", r)
	}
	return m.Say(", %s", m.clock.span(f.Start, f.End))
}

// firstStep returns the piece of advice to follow first.
func (l Language) firstStep(in *Incident) string {
	root := in.root()
	echo := in.find(detect.PTRStorm)
	if root == nil {
		if len(in.Advice) > 0 {
			return in.Advice[0]
		}
		return ""
	}
	what := l.Say(
		"Find and stop the program on %s first, or limit the host on the router.", l.short(root.Host, root.Name))
	if torrentLike(root) {
		what = l.Say("Stop its BitTorrent-like client first, or limit it.")
		if root.Application.Guess != detect.AppBitTorrent {
			what = l.Say("Stop its peer-to-peer client first, or limit it.")
		}
	}
	if echo != nil && echo.Causes == root.Host {
		what += l.Say(" The lookups of %s are only its echo.", l.short(echo.Host, echo.Name))
	}
	return what
}

// capital makes the first letter of a sentence a capital one. A Japanese sentence may begin with the name of a host,
// which stays as it is.
func (l Language) capital(s string) string {
	if l == Japanese {
		return s
	}
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

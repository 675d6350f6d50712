package api

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"uncloak/parse"
	"uncloak/store"
)

// defaultSlack is the usual error of a time in a complaint from outside.
const defaultSlack = 5 * time.Second

// who answers which inside host had a public address and port at a time.
func (h *handler) who(w http.ResponseWriter, r *http.Request) error {
	q, loc, err := h.whoQuery(r)
	if err != nil {
		return err
	}
	hs, err := h.Store.Who(r.Context(), q)
	if err != nil {
		return err
	}
	kind, write := "text/plain; charset=utf-8", whoText
	switch f := r.FormValue("format"); f {
	case "", "text":
	case "json":
		kind, write = "application/json", whoJSON
	case "ndjson":
		kind, write = "application/x-ndjson", whoNDJSON
	case "csv":
		kind, write = "text/csv", whoCSV
	default:
		return badf("--format %q is not known: text, json, ndjson or csv", f)
	}
	w.Header().Set("Content-Type", kind)
	back := max(q.Back, 24*time.Hour)
	h.tellDamage(w.Header(), store.Window{From: q.At.Add(-back), To: q.At.Add(back)})
	if len(hs) == 0 {
		w.Header().Set(HeaderNote, "nobody is known to have had "+q.End.String()+" then: "+h.whyNobody(r, q))
	}
	_ = write(w, whoAnswer{q, hs, loc}) // the asker has gone
	return nil
}

// whoQuery reads the parameters of GET /v1/who.
func (h *handler) whoQuery(r *http.Request) (q store.Who, loc *time.Location, err error) {
	if loc, err = h.zoneOf(r); err != nil {
		return q, nil, err
	}
	q.Slack = defaultSlack
	if q.End, err = netip.ParseAddrPort(r.FormValue("end")); err != nil || q.End.Port() == 0 {
		return q, nil, badf("%q is no address with a port: write 203.0.113.7:40312 or [2001:db8::1]:40312",
			r.FormValue("end"))
	}
	if r.FormValue("at") == "" {
		return q, nil, badf("--at is missing: the time at which somebody had %v", q.End)
	}
	if q.At, err = ParseTime(r.FormValue("at"), loc, h.Now()); err != nil {
		return q, nil, badf("--at: %w", err)
	}
	for _, p := range []struct {
		name string
		to   *time.Duration
	}{{"slack", &q.Slack}, {"back", &q.Back}} {
		if v := r.FormValue(p.name); v != "" {
			if *p.to, err = time.ParseDuration(v); err != nil || *p.to < 0 || *p.to > 366*24*time.Hour {
				return q, nil, badf("--%s %q is not a duration such as 5s or 2m", p.name, v)
			}
		}
	}
	switch v := r.FormValue("proto"); v {
	case "":
	case "tcp":
		q.Proto = parse.TCP
	case "udp":
		q.Proto = parse.UDP
	default:
		return q, nil, badf("--proto %q is not known: tcp or udp", v)
	}
	return q, loc, nil
}

// whyNobody says which days the store has around the time of a question without an answer.
func (h *handler) whyNobody(r *http.Request, q store.Who) string {
	days, err := h.Store.Days(r.Context())
	if err != nil || len(days) == 0 {
		return "nothing is stored"
	}
	for _, d := range days {
		if !q.At.Before(d.First.Add(-time.Minute)) && !q.At.After(d.Last.Add(time.Minute)) {
			return "no session or block of ports of that address and port is logged near it"
		}
	}
	return fmt.Sprintf("nothing is stored of that time; there is %s to %s, with gaps",
		days[0].First.Format(time.RFC3339), days[len(days)-1].Last.Format(time.RFC3339))
}

type whoAnswer struct {
	q   store.Who
	hs  []store.Holder
	loc *time.Location
}

// Holder holds a store.Holder as it is written in JSON. Keys are only ever added.
type Holder struct {
	Who        netip.Addr `json:"who"`
	Port       uint16     `json:"port,omitempty"` // inside
	From       *time.Time `json:"from"`           // null = not logged
	To         *time.Time `json:"to"`
	Standing   string     `json:"standing"`
	Confidence float64    `json:"confidence"`
	How        string     `json:"how"`
	Router     string     `json:"router,omitempty"`
	Proto      string     `json:"proto,omitempty"`
	Peer       string     `json:"peer,omitempty"`
	Ports      []uint16   `json:"ports,omitempty"`
	ErrorS     float64    `json:"clock_error_s"` // ± of from and to
	Evidence   []string   `json:"evidence"`      // the lines as received
	Why        string     `json:"why"`           // what the confidence rests on, and which log would say more
}

func (a *whoAnswer) holder(h *store.Holder) Holder {
	out := Holder{Who: h.Host.Addr(), Port: h.Host.Port(), Standing: string(h.Standing), Confidence: h.Confidence,
		How:    string(h.How),
		Router: h.Router, ErrorS: h.Error.Seconds(), Evidence: []string{}}
	if h.Proto != 0 {
		out.Proto = protocol(h.Proto)
	}
	if h.Peer.IsValid() {
		out.Peer = string(appendEnd(nil, h.Peer.Addr(), h.Peer.Port()))
	}
	if h.Ports[1] != 0 {
		out.Ports = h.Ports[:]
	}
	for _, p := range []struct {
		at time.Time
		to **time.Time
	}{{h.From, &out.From}, {h.To, &out.To}} {
		if !p.at.IsZero() {
			t := p.at.In(a.loc)
			*p.to = &t
		}
	}
	if len(h.First.Raw) > 0 {
		out.Evidence = append(out.Evidence, string(h.First.Raw))
	}
	if len(h.Last.Raw) > 0 && !h.Same() {
		out.Evidence = append(out.Evidence, string(h.Last.Raw))
	}
	out.Why = a.why(h)
	return out
}

// why says in words what the confidence of a holding rests on, and, where the log cannot tell, which log would.
func (a *whoAnswer) why(h *store.Holder) string {
	var out []string
	say := func(s string) { out = append(out, s) }
	switch h.How {
	case store.Translated:
		say("the router logged the translation")
	case store.Own:
		say("the address is its own and nothing translates it")
	case store.PortBlock:
		say("the router logged the block of ports")
	case store.WholeAddr:
		say("the router logged the address, and no ports")
	case store.Forwarded:
		say("the router logged to whom it handed the session on")
	default:
		say("no translation is logged: a log of them would tell (conntrack -E, or the router's NAT log)")
	}
	switch h.Standing {
	case store.Held:
		say("begin and end are logged, and the time is between them")
	case store.Open:
		say("its begin is logged, its end is not: a log of the ends would tell")
	case store.Unsure:
		say("its begin is not logged: a log of the beginnings would tell")
	case store.Ended:
		say("it was over by then")
	case store.Later:
		say("it began only later")
	}
	if slack := a.q.Slack + h.Error; slack > 0 && h.Standing != store.Ended && h.Standing != store.Later &&
		(a.q.At.Sub(h.From).Abs() < slack || a.q.At.Sub(h.To).Abs() < slack) {
		say(fmt.Sprintf("the time is within ± %v of its begin or end", slack))
	}
	others := map[netip.Addr]bool{}
	for i := range a.hs {
		if o := &a.hs[i]; o.Host.Addr() != h.Host.Addr() && o.Standing != store.Ended && o.Standing != store.Later {
			others[o.Host.Addr()] = true
		}
	}
	switch len(others) {
	case 0:
		say("no other machine had it then")
	case 1:
		say("one other machine may have had it, too")
	default:
		say(fmt.Sprintf("%d other machines may have had it, too", len(others)))
	}
	return strings.Join(out, "; ")
}

func (a *whoAnswer) holders() []Holder {
	out := make([]Holder, len(a.hs))
	for i := range a.hs {
		out[i] = a.holder(&a.hs[i])
	}
	return out
}

// Holders answers who had an end of a session at a time. Keys are only ever added.
type Holders struct {
	End     string    `json:"end"` // address and port
	At      time.Time `json:"at"`
	SlackS  float64   `json:"slack_s"` // ± of At
	Holders []Holder  `json:"holders"` // the likeliest first
}

func whoJSON(w io.Writer, a whoAnswer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(Holders{a.q.End.String(), a.q.At.In(a.loc), a.q.Slack.Seconds(), a.holders()})
}

func whoNDJSON(w io.Writer, a whoAnswer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, h := range a.holders() {
		if err := enc.Encode(h); err != nil {
			return err
		}
	}
	return nil
}

// whoCSV writes the holders as CSV, for a written answer: host, from, to and the lines that prove it come first.
func whoCSV(w io.Writer, a whoAnswer) error {
	out := csv.NewWriter(w)
	_ = out.Write([]string{"who", "from", "to", "evidence", "evidence_end", "standing", "confidence", "how",
		"inside_port", "proto", "peer", "router", "ports",
		"clock_error_s", "asked", "at", "slack_s", "why"}) // Error returns it after Flush
	stamp := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return t.Format(time.RFC3339Nano)
	}
	for _, h := range a.holders() {
		lines := append(h.Evidence, "", "")
		ports := ""
		if len(h.Ports) == 2 {
			ports = fmt.Sprintf("%d-%d", h.Ports[0], h.Ports[1])
		}
		_ = out.Write([]string{address(h.Who), stamp(h.From), stamp(h.To), notFormula(lines[0]), notFormula(lines[1]),
			h.Standing,
			strconv.FormatFloat(h.Confidence, 'f', 2, 64), h.How, number(uint64(h.Port)), h.Proto, h.Peer,
			notFormula(h.Router), ports,
			strconv.FormatFloat(h.ErrorS, 'f', -1, 64), a.q.End.String(), a.q.At.In(a.loc).Format(time.RFC3339Nano),
			strconv.FormatFloat(a.q.Slack.Seconds(), 'f', -1, 64), h.Why})
	}
	out.Flush()
	return out.Error()
}

// whoText writes the holders as text.
func whoText(w io.Writer, a whoAnswer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%v at %s", a.q.End, a.q.At.In(a.loc).Format("2006-01-02 15:04:05.999 MST"))
	if a.q.Slack > 0 {
		fmt.Fprintf(&b, " ± %v", a.q.Slack)
	}
	switch n := len(a.hs); n {
	case 0:
		b.WriteString(": nobody is known\n")
	case 1:
		b.WriteString(": 1 candidate\n")
	default:
		fmt.Fprintf(&b, ": %d candidates\n", n)
	}
	for i := range a.hs {
		h := a.holder(&a.hs[i])
		fmt.Fprintf(&b, "\n%3.0f %%  %s  %s%s\n", 100*h.Confidence, appendEnd(nil, h.Who, h.Port), standingWords(&h),
			errorWords(h.ErrorS))
		words := []string{howWords(&h)}
		if h.Proto != "" {
			words = append(words, h.Proto)
		}
		if h.Peer != "" {
			words = append(words, "with "+h.Peer)
		}
		if h.Router != "" {
			words = append(words, "router "+printable(h.Router))
		}
		fmt.Fprintf(&b, "       %s\n", strings.Join(words, ", "))
		fmt.Fprintf(&b, "       %s\n", h.Why)
		for _, line := range h.Evidence {
			fmt.Fprintf(&b, "       | %s\n", printable(strings.TrimRight(line, "\r\n")))
		}
		if len(h.Evidence) == 0 {
			b.WriteString("       | (the line is not kept: keep_raw)\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// standingWords words from when to when the host had the address, as far as it is logged.
func standingWords(h *Holder) string {
	stamp := func(t *time.Time) string {
		if t == nil {
			return "?"
		}
		return t.Format("2006-01-02 15:04:05.000")
	}
	span := stamp(h.From) + " to " + stamp(h.To)
	switch store.Standing(h.Standing) {
	case store.Held:
		return span
	case store.Open:
		return "since " + stamp(h.From) + ", no end is logged"
	case store.Ended:
		if h.To == nil {
			return "since " + stamp(h.From) + ", given to another one since"
		}
		return span + ": ended before"
	case store.Later:
		return "only since " + stamp(h.From)
	}
	if h.To == nil {
		return "seen, but no begin and no end are logged"
	}
	return "until " + stamp(h.To) + ", no begin is logged"
}

func errorWords(s float64) string {
	if s < 0.001 {
		return ""
	}
	return fmt.Sprintf(" (± %v)", (time.Duration(s * 1e9)).Round(time.Millisecond))
}

func howWords(h *Holder) string {
	switch store.How(h.How) {
	case store.Translated:
		return "its source was translated to that"
	case store.Own:
		return "its own address"
	case store.PortBlock:
		return fmt.Sprintf("had the block of ports %d-%d", h.Ports[0], h.Ports[1])
	case store.WholeAddr:
		return "had the whole address"
	case store.Forwarded:
		return "what came to that was handed on to it"
	}
	return "used the same port; right only if the router keeps ports"
}

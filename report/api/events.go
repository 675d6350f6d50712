package api

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"uncloak/parse"
	"uncloak/report"
	"uncloak/store"
)

// entryWriter writes events in one format; flush ends the output.
type entryWriter interface {
	write(e *store.Entry) error
	flush() error
}

// events streams the stored events that match the query. An error after the first byte is told in the trailer
// HeaderError.
func (h *handler) events(w http.ResponseWriter, r *http.Request) error {
	q, loc, err := h.query(r)
	if err != nil {
		return err
	}
	kind, make, err := eventFormat(r.FormValue("format"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Add("Trailer", HeaderError)
	w.Header().Add("Trailer", HeaderNote)
	w.Header().Add("Trailer", HeaderDamage)
	buf := bufio.NewWriterSize(w, 1<<16)
	out, n := make(buf, loc), 0
	for e, err := range h.Store.Events(r.Context(), q) {
		if err != nil {
			w.Header().Set(HeaderError, err.Error())
			break
		}
		if out.write(&e) != nil {
			return nil // the asker has gone
		}
		n++
	}
	h.tellDamage(w.Header(), q.Window)
	if n == 0 && q.Router != "" { // nothing has been sent yet
		if note := h.noRouter(r.Context(), q.Router); note != "" {
			w.Header().Set(HeaderNote, note)
		}
	}
	if raw, ok := out.(*rawEvents); ok && raw.gone > 0 {
		w.Header().Set(HeaderNote, fmt.Sprintf("%d events are left out: their lines are not kept (keep_raw, retain: "+
			"raw_days)", raw.gone))
	}
	if out.flush() == nil {
		_ = buf.Flush()
	}
	return nil
}

// noRouter says that no router has that name and lists those that exist; "" where the router exists.
func (h *handler) noRouter(ctx context.Context, name string) string {
	days, err := h.Store.Days(ctx)
	if err != nil {
		return ""
	}
	known := map[string]bool{}
	for _, info := range days {
		d, err := h.Store.Day(ctx, info.Date)
		if err != nil || d == nil {
			continue
		}
		for r := range d.Routers {
			known[report.Clean(r)] = true
		}
	}
	if known[report.Clean(name)] {
		return ""
	}
	names := slices.Sorted(maps.Keys(known))
	if near := report.Near(name, names, 3); len(near) > 0 {
		names = near
	}
	note := fmt.Sprintf("no router is called %q", report.Clean(name))
	if len(names) > 0 {
		note += "; there is " + strings.Join(names[:min(len(names), 10)], ", ")
	}
	return note
}

// query reads the parameters of GET /v1/events.
func (h *handler) query(r *http.Request) (q store.Query, loc *time.Location, err error) {
	s, err := h.bounds(r)
	if err != nil {
		return q, nil, err
	}
	q = store.Query{Window: s.Window, Router: r.FormValue("router"), Text: r.FormValue("text")}
	if q.Host, err = h.side(r.Context(), r.FormValue("host"), s.Window); err != nil {
		return q, nil, badf("--host: %w", err)
	}
	if q.Peer, err = h.side(r.Context(), r.FormValue("peer"), s.Window); err != nil {
		return q, nil, badf("--peer: %w", err)
	}
	if v := r.FormValue("port"); v != "" {
		n, err := strconv.ParseUint(v, 10, 16)
		if err != nil || n == 0 {
			return q, nil, badf("--port %q is not a port: 1 to 65535", v)
		}
		q.Port = uint16(n)
	}
	if v := r.FormValue("limit"); v != "" {
		if q.Limit, err = strconv.Atoi(v); err != nil || q.Limit < 0 {
			return q, nil, badf("--limit %q is not a number of events", v)
		}
	}
	for _, v := range r.Form["kind"] {
		for name := range strings.SplitSeq(v, ",") {
			k, err := kindOf(strings.TrimSpace(name))
			if err != nil {
				return q, nil, err
			}
			q.Kinds = append(q.Kinds, k)
		}
	}
	return q, s.loc, nil
}

// prefix reads an address or a network; "" is no restriction.
func prefix(s string) (netip.Prefix, error) {
	if s == "" {
		return netip.Prefix{}, nil
	}
	if a, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return p, fmt.Errorf("%q is neither an address nor a network like 192.168.1.0/24", s)
	}
	return p.Masked(), nil
}

func eventFormat(name string) (contentType string, make func(io.Writer, *time.Location) entryWriter, err error) {
	switch name {
	case "", "text":
		return "text/plain; charset=utf-8",
			func(w io.Writer, loc *time.Location) entryWriter { return &textEvents{w: w, loc: loc} }, nil
	case "ndjson":
		return "application/x-ndjson", func(w io.Writer,
			loc *time.Location) entryWriter {
			return newJSONEvents(w, loc)
		}, nil
	case "csv":
		return "text/csv", func(w io.Writer,
			loc *time.Location) entryWriter {
			return &csvEvents{w: csv.NewWriter(w), loc: loc}
		}, nil
	case "raw":
		return "application/octet-stream", func(w io.Writer, _ *time.Location) entryWriter { return &rawEvents{w: w} },
			nil
	}
	return "", nil, badf("--format %q is not known: text, ndjson, csv or raw", name)
}

// rawEvents writes the lines as received, and counts the events whose lines are no longer kept.
type rawEvents struct {
	w    io.Writer
	gone int
}

func (x *rawEvents) write(e *store.Entry) error {
	if e.Raw == nil {
		x.gone++
		return nil
	}
	if _, err := x.w.Write(e.Raw); err != nil {
		return err
	}
	_, err := io.WriteString(x.w, "\n")
	return err
}

func (x *rawEvents) flush() error { return nil }

// textEvents writes one readable line an event: time, router, kind, the two ends, then the rest.
type textEvents struct {
	w   io.Writer
	loc *time.Location
	b   []byte
}

func (x *textEvents) write(e *store.Entry) error {
	b := time.Unix(0, e.Time).In(x.loc).AppendFormat(x.b[:0], "2006-01-02 15:04:05.000")
	if e.Spread >= 1000 {
		b = fmt.Appendf(b, " ±%v", (time.Duration(e.Spread) * time.Millisecond).Round(time.Second))
	}
	b = fmt.Appendf(b, " %s %-13s", printable(e.Router.String()), e.Kind)
	if e.Proto != 0 {
		b = append(append(b, ' '), protocol(e.Proto)...)
	}
	if e.Src.IsValid() || e.Dst.IsValid() {
		b = appendEnd(append(b, ' '), e.Src, e.SPort)
		if e.Dst.IsValid() || e.DPort != 0 { // else it is about one address, as ARP is
			b = appendEnd(append(b, " > "...), e.Dst, e.DPort)
		}
	}
	if e.NATSrc.IsValid() {
		b = appendEnd(append(b, " nat "...), e.NATSrc, e.NATSPort)
	}
	if e.State != parse.NoState {
		b = append(append(b, ' '), e.State.String()...)
	}
	if d := e.Detail.String(); d != "" {
		b = append(append(b, ' '), printable(d)...)
	}
	if a := e.Aside.String(); a != "" {
		b = append(append(b, " ["...), printable(a)...)
		b = append(b, ']')
	}
	if d, ok := e.Lasted(); ok {
		b = fmt.Appendf(b, " (after %v)", d)
	} else if d, ok := e.Timeout(); ok {
		b = fmt.Appendf(b, " (for %v)", d)
	} else if e.Count != 0 {
		b = fmt.Appendf(b, " (%d)", e.Count)
	}
	if e.Kind == parse.Unknown || !e.Src.IsValid() && !e.Dst.IsValid() { // such an event has few fields: show its line
		b = append(append(b, "  "...), printable(string(e.Raw))...)
	}
	x.b = append(b, '\n')
	_, err := x.w.Write(x.b)
	return err
}

func (x *textEvents) flush() error { return nil }

func appendEnd(b []byte, a netip.Addr, port uint16) []byte {
	switch {
	case !a.IsValid() && port == 0:
		return append(b, '?')
	case !a.IsValid():
		return fmt.Appendf(b, "?:%d", port)
	case port == 0:
		return a.AppendTo(b)
	}
	return netip.AddrPortFrom(a, port).AppendTo(b)
}

// printable makes control characters harmless for a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '·'
		}
		return r
	}, s)
}

func protocol(n uint8) string {
	switch n {
	case parse.TCP:
		return "tcp"
	case parse.UDP:
		return "udp"
	case parse.ICMP:
		return "icmp"
	case parse.ICMPv6:
		return "icmpv6"
	}
	return "proto-" + strconv.Itoa(int(n))
}

// End writes an address with its port, as far as there is one.
func End(a netip.Addr, port uint16) string {
	switch {
	case !a.IsValid():
		return ""
	case port == 0:
		return a.String()
	}
	return netip.AddrPortFrom(a, port).String()
}

// Event holds a stored event as it is written in NDJSON. Keys are only ever added.
type Event struct {
	Time     time.Time  `json:"time"`
	SpreadMS uint32     `json:"spread_ms,omitempty"` // ± of time
	Received *time.Time `json:"received,omitempty"`
	Router   string     `json:"router,omitempty"`
	Kind     string     `json:"kind"`
	Proto    string     `json:"proto,omitempty"`
	Src      netip.Addr `json:"src,omitzero"`
	SPort    uint16     `json:"sport,omitempty"`
	Dst      netip.Addr `json:"dst,omitzero"`
	DPort    uint16     `json:"dport,omitempty"`
	NATSrc   netip.Addr `json:"nat_src,omitzero"`
	NATSPort uint16     `json:"nat_sport,omitempty"`
	NATDst   netip.Addr `json:"nat_dst,omitzero"`
	NATDPort uint16     `json:"nat_dport,omitempty"`
	State    string     `json:"state,omitempty"`
	Bytes    uint64     `json:"bytes,omitempty"`
	Packets  uint32     `json:"packets,omitempty"`
	Count    uint32     `json:"count,omitempty"`
	LastedMS uint32     `json:"lasted_ms,omitempty"` // of a session-end: how long the session was there
	// of other lines about a session: how long its entry stays from then on if no packet comes
	TimeoutS uint32 `json:"timeout_s,omitempty"`
	Detail   string `json:"detail,omitempty"`
	// a second word: MAC of src, control group of an OOM kill, shape of an error line
	Aside string `json:"aside,omitempty"`
	Raw   string `json:"raw"`
}

type jsonEvents struct {
	enc *json.Encoder
	loc *time.Location
}

func newJSONEvents(w io.Writer, loc *time.Location) *jsonEvents {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return &jsonEvents{enc, loc}
}

func (x *jsonEvents) write(e *store.Entry) error { return x.enc.Encode(eventOf(e, x.loc)) }

func (x *jsonEvents) flush() error { return nil }

func eventOf(e *store.Entry, loc *time.Location) Event {
	out := Event{Time: time.Unix(0, e.Time).In(loc), SpreadMS: e.Spread, Router: e.Router.String(),
		Kind: e.Kind.String(),
		Src:  e.Src, SPort: e.SPort, Dst: e.Dst, DPort: e.DPort, NATSrc: e.NATSrc, NATSPort: e.NATSPort,
		NATDst: e.NATDst, NATDPort: e.NATDPort,
		State: e.State.String(), Bytes: e.Bytes, Packets: e.Packets, Count: e.Count, Detail: e.Detail.String(),
		Aside: e.Aside.String(), Raw: string(e.Raw)}
	if _, ok := e.Lasted(); ok {
		out.LastedMS, out.Count = out.Count, 0
	}
	if _, ok := e.Timeout(); ok {
		out.TimeoutS, out.Count = out.Count, 0
	}
	if e.Proto != 0 {
		out.Proto = protocol(e.Proto)
	}
	if e.Recv != 0 {
		t := time.Unix(0, e.Recv).In(loc)
		out.Received = &t
	}
	return out
}

type csvEvents struct {
	w      *csv.Writer
	loc    *time.Location
	headed bool
}

func (x *csvEvents) head() error {
	if x.headed {
		return nil
	}
	x.headed = true
	return x.w.Write([]string{"time", "router", "kind", "proto", "src", "sport", "dst", "dport", "nat_src", "nat_sport",
		"nat_dst", "nat_dport",
		"state", "bytes", "packets", "count", "detail", "raw"})
}

func (x *csvEvents) write(e *store.Entry) error {
	if err := x.head(); err != nil {
		return err
	}
	v := eventOf(e, x.loc)
	return x.w.Write([]string{v.Time.Format(time.RFC3339Nano), notFormula(v.Router), v.Kind, v.Proto, address(v.Src),
		number(uint64(v.SPort)),
		address(v.Dst), number(uint64(v.DPort)), address(v.NATSrc), number(uint64(v.NATSPort)), address(v.NATDst),
		number(uint64(v.NATDPort)),
		v.State, number(v.Bytes), number(uint64(v.Packets)), number(uint64(e.Count)), notFormula(v.Detail),
		notFormula(v.Raw)})
}

// notFormula stops a spreadsheet from taking text of the network for a formula, and leaves it as it is otherwise.
func notFormula(s string) string {
	if t := strings.TrimLeft(s, " "); t != "" && strings.ContainsRune("=+-@|%\t\r", rune(t[0])) {
		return "'" + s
	}
	return s
}

// flush writes the head where there was no event, so that an empty table has its columns, too.
func (x *csvEvents) flush() error {
	if err := x.head(); err != nil {
		return err
	}
	x.w.Flush()
	return x.w.Error()
}

func address(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// number writes n, and "" for zero: the line has no such number.
func number(n uint64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatUint(n, 10)
}

package api

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"uncloak/detect"
	"uncloak/report"
	"uncloak/store"
)

// Bounds of what a shell is offered, and of the days that are looked through for a name.
const (
	maxOffered  = 200
	offeredDays = 2
	namedDays   = 40
)

// Offered holds what a shell may complete words with (GET /v1/known): of the last days, the busiest hosts first.
type Offered struct {
	Hosts   []OfferedHost `json:"hosts"`
	Routers []string      `json:"routers"`
	Days    []string      `json:"days"` // local dates, the newest first
	IDs     []string      `json:"ids"`  // of findings that were announced, the newest first
}

// OfferedHost is an inside host, with its name if one is known.
type OfferedHost struct {
	Address string `json:"address"`
	Name    string `json:"name,omitempty"`
}

// offer answers with the hosts, routers, days and findings that are known. It reads stored summaries alone, so that the
// answer comes while somebody waits with a finger on a key.
func (h *handler) offer(w http.ResponseWriter, r *http.Request) error {
	out := Offered{Hosts: []OfferedHost{}, Routers: []string{}, Days: []string{}, IDs: []string{}}
	infos, err := h.Store.Days(r.Context())
	if err != nil {
		return err
	}
	dates := localDates(infos, h.Settings().Detect.Location)
	slices.Reverse(dates)
	out.Days = append(out.Days, dates[:min(len(dates), maxOffered)]...)
	days := h.summaries(r.Context(), infos[max(len(infos)-offeredDays, 0):])
	out.Hosts = offeredHosts(days)
	routers := detect.RoutersOf(days)
	for _, name := range routers[:min(len(routers), maxOffered)] {
		out.Routers = append(out.Routers, report.Clean(name))
	}
	if h.Told != nil {
		told, _, err := h.Told.List(h.Now())
		if err != nil {
			h.Log.Debug("what was announced is not offered", "error", err)
		}
		for _, t := range slices.Backward(told) {
			if id := report.Clean(t.ID); !slices.Contains(out.IDs, id) && len(out.IDs) < maxOffered {
				out.IDs = append(out.IDs, id)
			}
		}
	}
	writeJSON(w, out)
	return nil
}

// summaries returns the stored summaries of the days; those that cannot be read are left out.
func (h *handler) summaries(ctx context.Context, infos []store.DayInfo) (days []*detect.Day) {
	for _, info := range infos {
		d, err := h.Store.Day(ctx, info.Date)
		if err != nil || d == nil {
			continue
		}
		days = append(days, d)
	}
	return days
}

func offeredHosts(days []*detect.Day) []OfferedHost {
	sessions, names := map[netip.Addr]uint64{}, map[netip.Addr]string{}
	for _, d := range days {
		for a, x := range d.Hosts {
			sessions[a] += x.Sessions.Total()
			names[a] = cmp.Or(x.Name, names[a])
		}
	}
	addrs := slices.SortedFunc(maps.Keys(sessions), func(a, b netip.Addr) int {
		return cmp.Or(cmp.Compare(sessions[b], sessions[a]), a.Compare(b))
	})
	out := []OfferedHost{}
	for _, a := range addrs[:min(len(addrs), maxOffered)] {
		out = append(out, OfferedHost{a.String(), report.Clean(names[a])})
	}
	return out
}

// side reads an address, a network or the name of an inside host; "" is no restriction. A name is looked for among the
// leases of the last days that w touches, and at the resolver where one is set.
func (h *handler) side(ctx context.Context, s string, w store.Window) (netip.Prefix, error) {
	p, err := prefix(s)
	if err == nil || strings.ContainsAny(s, "/:") {
		return p, err
	}
	infos, listErr := h.Store.Days(ctx)
	if listErr != nil {
		return p, listErr
	}
	infos = slices.DeleteFunc(slices.Clone(infos), func(i store.DayInfo) bool {
		return !w.From.IsZero() && i.Last.Before(w.From) || !w.To.IsZero() && !i.First.Before(w.To)
	})
	days := h.summaries(ctx, infos[max(len(infos)-namedDays, 0):])
	names := h.hostNames(ctx, days)
	var found []netip.Addr
	for a, name := range names {
		if sameName(name, s) {
			found = append(found, a)
		}
	}
	slices.SortFunc(found, netip.Addr.Compare)
	switch {
	case len(found) == 1:
		return netip.PrefixFrom(found[0], found[0].BitLen()), nil
	case len(found) > 1:
		var words []string
		for _, a := range found[:min(len(found), 10)] {
			words = append(words, a.String())
		}
		return p, fmt.Errorf("%q has been the name of %d addresses: give one of them: %s", s, len(found),
			strings.Join(words, ", "))
	}
	all := slices.Compact(slices.Sorted(maps.Values(names)))
	hint := ""
	if near := report.Near(s, all, 3); len(near) > 0 {
		hint = "; did you mean " + report.Clean(strings.Join(near, " or ")) + "?"
	}
	return p, fmt.Errorf("%w, and no inside host of that time is known by that name%s", err, hint)
}

// hostNames returns the names of inside hosts: from their leases, else from the resolver.
func (h *handler) hostNames(ctx context.Context, days []*detect.Day) map[netip.Addr]string {
	names := map[netip.Addr]string{}
	var without []netip.Addr
	for _, d := range days { // the oldest first: the last name holds
		for a, x := range d.Hosts {
			if x.Name != "" {
				names[a] = x.Name
			} else {
				without = append(without, a)
			}
		}
	}
	if more := h.names(); more != nil {
		h.warm(ctx, more, without)
		for _, a := range without {
			if n := more.Name(a); n != "" && names[a] == "" {
				names[a] = n
			}
		}
	}
	return names
}

// sameName reports whether a host of that name is meant: nas is nas.lan, too.
func sameName(name, asked string) bool {
	first, _, _ := strings.Cut(name, ".")
	return strings.EqualFold(name, strings.TrimSuffix(asked, ".")) || strings.EqualFold(first, asked)
}

// inForce answers with the settings by which the process judges, by key.
func (h *handler) inForce(w http.ResponseWriter, _ *http.Request) error {
	writeJSON(w, h.Settings().InForce)
	return nil
}

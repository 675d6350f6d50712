package detect

import (
	"cmp"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"uncloak/parse"
)

// Application holds a guess at the program behind a host's traffic. It is never a fact: another program may use the
// same ports and rhythms.
type Application struct {
	Guess      string   `json:"guess"` // see the constants
	Reasons    []string `json:"reasons"`
	Confidence float64  `json:"confidence"` // 0..1; below 0.5 nothing is guessed
}

// The programs that can be guessed.
const (
	AppBitTorrent = "BitTorrent"
	AppPeerToPeer = "a peer-to-peer program"
	AppBackup     = "a backup"
	AppSync       = "a sync with a web or object store (as s3 sync)"
	AppNTP        = "time queries (NTP)"
	AppScanner    = "a scanner"
	AppResolver   = "a DNS resolver"
	AppLookups    = "lookups of names"
	AppUpdate     = "an update check"
	AppGame       = "a game"
	AppVoIP       = "telephony (SIP and RTP)"
	AppDHT        = "a DHT client (peer-to-peer)"
	AppProxy      = "a proxy or a crawler of web pages"
	AppRouter     = "a router with other machines behind it (NAT)"
)

// appSure is the least confidence with which a guess is shown.
const appSure = 0.5

// profile sums up a host's traffic over some days.
type profile struct {
	sessions float64 // that it opened
	bytes    float64
	ports    map[Port]uint64 // the most used; rare ones are missing (see bump)
	known    float64         // sessions to the ports in the map
	peers    float64         // different hosts that it spoke to, on the day with most
	doors    []door          // where it goes, first where the most sessions do
	fans     map[Port]float64
	days     int
	night    float64 // of its ten-minute spans to its first door, those from 22 to 6 o'clock
	spans    int     // of them, those in which it went there
}

type door struct {
	Door
	n      float64
	failed float64
}

// newProfile sums up the traffic of the host; loc decides what is night.
func newProfile(days []*Day, host netip.Addr, loc *time.Location) *profile {
	p := &profile{ports: map[Port]uint64{}, fans: map[Port]float64{}}
	doors := map[Door]int{}
	fans := map[Port]*Fan{}
	for _, d := range days {
		h := d.Hosts[host]
		if h == nil {
			continue
		}
		p.days++
		p.sessions += float64(h.Sessions.Total())
		p.bytes += float64(h.Bytes)
		p.peers = max(p.peers, float64(h.Peers))
		for k, n := range h.Ports {
			p.ports[k] += n
			p.known += float64(n)
		}
		for k, t := range h.Targets {
			i, ok := doors[k]
			if !ok {
				i = len(p.doors)
				doors[k], p.doors = i, append(p.doors, door{Door: k})
			}
			p.doors[i].n += float64(t.N)
			p.doors[i].failed += float64(t.Refused + t.Silent)
		}
		for k, f := range h.Fans {
			if fans[k] == nil {
				fans[k] = &Fan{}
			}
			fans[k].merge(f)
		}
	}
	for k, f := range fans {
		p.fans[k] = f.Peers()
	}
	if len(p.doors) > 0 {
		first := slices.MinFunc(p.doors, func(a, b door) int {
			return cmp.Or(
				cmp.Compare(b.n, a.n),
				a.Peer.Compare(b.Peer),
				cmp.Compare(a.Port.Port, b.Port.Port),
				cmp.Compare(a.Port.Proto, b.Port.Proto),
			)
		})
		i := doors[first.Door]
		p.doors[0], p.doors[i] = p.doors[i], p.doors[0]
		p.nights(days, host, loc)
	}
	return p
}

// nights counts the ten-minute spans of the first door, and the part of them that lies between 22 and 6 o'clock.
func (p *profile) nights(days []*Day, host netip.Addr, loc *time.Location) {
	at := 0
	for _, d := range days {
		if h := d.Hosts[host]; h != nil && h.Targets[p.doors[0].Door] != nil {
			for i := range 144 {
				if h.Targets[p.doors[0].Door].Active[i/64]>>(i%64)&1 == 0 {
					continue
				}
				p.spans++
				t := d.Date.Start().Add(time.Duration(i) * 10 * time.Minute)
				if hour := t.In(loc).Hour(); hour >= 22 || hour < 6 {
					at++
				}
			}
		}
	}
	p.night = float64(at) / float64(max(p.spans, 1))
}

// share gives the part of the sessions that goes to ports for which is holds.
func (p *profile) share(is func(Port) bool) float64 {
	n := uint64(0)
	for k, v := range p.ports {
		if is(k) {
			n += v
		}
	}
	return float64(n) / max(p.known, 1)
}

// most names the ports for which is holds, the most used first, at most three.
func (p *profile) most(is func(Port) bool) (out []string) {
	var ports []Port
	for k := range p.ports {
		if is(k) {
			ports = append(ports, k)
		}
	}
	slices.SortFunc(ports, func(a, b Port) int {
		return cmp.Or(cmp.Compare(p.ports[b], p.ports[a]), cmp.Compare(a.Port, b.Port), cmp.Compare(a.Proto, b.Proto))
	})
	for _, k := range ports[:min(3, len(ports))] {
		out = append(out, portName(k))
	}
	return out
}

// few gives the part of the sessions that goes to the n most used peers.
func (p *profile) few(n int) float64 {
	by := map[netip.Addr]float64{}
	for _, d := range p.doors {
		by[d.Peer] += d.n
	}
	var v []float64
	for _, x := range by {
		v = append(v, x)
	}
	slices.Sort(v)
	sum := 0.0
	for i := len(v) - 1; i >= max(len(v)-n, 0); i-- {
		sum += v[i]
	}
	return sum / max(p.sessions, 1)
}

// evidence sums up the reasons for one guess.
type evidence struct {
	app     string
	score   float64
	reasons []string
}

func (e *evidence) add(weight float64, format string, args ...any) {
	e.score += weight
	e.reasons = append(e.reasons, fmt.Sprintf(format, args...))
}

func (e *evidence) when(ok bool, weight float64, format string, args ...any) {
	if ok {
		e.add(weight, format, args...)
	}
}

// guessApplication names the program that the traffic of the host fits best, or nil where none fits well enough. It
// depends on the days alone.
func guessApplication(p *profile, f *Finding) *Application {
	best := evidence{score: appSure}
	for _, guess := range []func(*profile, *Finding) evidence{likeTorrent, likeScanner, likeNTP, likeDNS, likeVoIP,
		likeGame, likeBackup, likeSync, likeUpdate, likeDHT, likeProxy, likeRouter} {
		if e := guess(p, f); e.score >= best.score && (best.app == "" || e.score > best.score) {
			best = e
		}
	}
	if best.app == "" {
		return nil
	}
	return &Application{Guess: best.app, Reasons: best.reasons, Confidence: math.Round(min(best.score, 0.95)*100) / 100}
}

// guessApplications adds a guess to each finding about what a host opens.
func guessApplications(fs []Finding, days []*Day, loc *time.Location) {
	kinds, cache := kindsByName(), map[string]*profile{}
	for i := range fs {
		f := &fs[i]
		if !kinds[f.Kind].opens {
			continue
		}
		host, err := netip.ParseAddr(f.Host)
		if err != nil {
			continue
		}
		if cache[f.Host] == nil {
			cache[f.Host] = newProfile(days, host, loc)
		}
		f.Application = guessApplication(cache[f.Host], f)
	}
}

func inBurst(f *Finding) bool { return f.Kind == PeriodicBurst || f.Kind == BurstKind }

// torrentPort reports whether the port is a default of BitTorrent clients: 6881 to 6889 of the first client, 51413 of
// Transmission.
func torrentPort(k Port) bool { return k.Port >= 6881 && k.Port <= 6889 || k.Port == 51413 }

// trackerPort reports whether BitTorrent trackers listen on the port by default.
func trackerPort(k Port) bool { return k.Port == 6969 || k.Port == 1337 && k.Proto == parse.UDP }

func highPort(k Port) bool { return k.Port >= 1024 }

func tcp(k Port) bool { return k.Proto == parse.TCP }

func udp(k Port) bool { return k.Proto == parse.UDP }

// thousands writes a whole number with commas.
func thousands(x float64) string {
	s := strconv.FormatFloat(x, 'f', 0, 64)
	for i := len(s) - 3; i > 0 && x >= 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// likeTorrent weighs signs of BitTorrent: many peers, at ports that each of them chose for itself.
func likeTorrent(p *profile, f *Finding) evidence {
	e := evidence{app: AppPeerToPeer}
	sessions, peers := float64(f.Sessions), float64(f.Peers)
	if !inBurst(f) {
		sessions, peers = p.sessions/float64(max(p.days, 1)), p.peers
	}
	if peers < 50 || peers*2 < sessions || p.share(highPort) < 0.5 {
		return e
	}
	e.add(0.25, "many different peers (%s for %s sessions)", thousands(peers), thousands(sessions))
	if s := p.share(torrentPort); s >= 0.02 {
		e.app = AppBitTorrent
		e.add(0.35, "ports that BitTorrent clients have as defaults (%s)", listed(p.most(torrentPort)))
	}
	if len(p.most(trackerPort)) > 0 && p.share(trackerPort) < 0.5 {
		e.app = AppBitTorrent
		e.add(0.15, "a port of trackers (%s)", listed(p.most(trackerPort)))
	}
	high := 0
	for k := range p.ports {
		if highPort(k) && !torrentPort(k) {
			high++
		}
	}
	e.when(high >= 30, 0.2, "high ports that hardly repeat (%d of them)", high)
	e.when(p.share(func(k Port) bool { return udp(k) && highPort(k) }) >= 0.1 &&
		p.share(func(k Port) bool { return tcp(k) && highPort(k) }) >= 0.1,
		0.15, "UDP (as the DHT) and TCP mixed")
	e.when(len(f.Minutes) > 0 && !slices.ContainsFunc(f.Minutes, func(m int) bool { return m%30 != 0 }), 0.1,
		"announcements at :00 or :30")
	return e
}

// likeDHT weighs signs of a distributed hash table: UDP without a pause to very many peers, each at a port of its own.
func likeDHT(p *profile, f *Finding) evidence {
	e := evidence{app: AppDHT}
	far := p.share(func(k Port) bool { return udp(k) && highPort(k) })
	if f.Kind != LoadKind || far < 0.8 || p.peers < 200 || 2*p.peers*float64(max(p.days, 1)) < p.sessions {
		return e
	}
	e.add(0.5, "UDP to ports above 1023 (%.0f %%)", 100*far)
	e.add(0.3, "very many different peers (%s), hardly one twice", thousands(p.peers))
	return e
}

// likeProxy weighs signs of a machine that fetches web pages for others, or one after the other.
func likeProxy(p *profile, f *Finding) evidence {
	e := evidence{app: AppProxy}
	web := p.share(func(k Port) bool { return k.Port == 80 || k.Port == 443 })
	if f.Kind != LoadKind || web < 0.8 || p.peers < 300 {
		return e
	}
	e.add(0.4, "%.0f %% of its sessions go to the web", 100*web)
	e.add(0.15, "very many web servers (%s)", thousands(p.peers))
	return e
}

// likeRouter weighs signs of several machines behind one address: what no single program does side by side.
func likeRouter(p *profile, f *Finding) evidence {
	e := evidence{app: AppRouter}
	uses := []struct {
		what string
		is   func(Port) bool
	}{
		{"web", func(k Port) bool { return k.Port == 80 || k.Port == 443 }},
		{"names", func(k Port) bool { return k.Port == 53 || k.Port == 853 }},
		{"time", func(k Port) bool { return k == Port{parse.UDP, 123} }},
		{"mail", func(k Port) bool { return slices.Contains([]uint16{25, 110, 143, 465, 587, 993, 995}, k.Port) }},
		{"push messages", func(k Port) bool { return k.Port == 5223 || k.Port == 5228 }},
		{"calls", func(k Port) bool { return k.Port == 5060 || k.Port == 5061 || k.Port == 3478 }},
		{"VPN", func(k Port) bool { return k.Port == 500 || k.Port == 4500 || k.Port == 1194 || k.Port == 51820 }},
		{"remote logins", func(k Port) bool { return k.Port == 22 || k.Port == 3389 }},
		{"devices", func(k Port) bool { return k.Port == 1883 || k.Port == 8883 }},
	}
	var seen []string
	for _, u := range uses {
		if p.share(u.is) >= 0.001 {
			seen = append(seen, u.what)
		}
	}
	if f.Kind != LoadKind || len(seen) < 5 {
		return e
	}
	e.add(0.1*float64(min(len(seen), 8)), "many things side by side (%s)", listed(seen))
	return e
}

// likeScanner weighs signs of a scanner: one port of many hosts, or many ports of one, each tried once.
func likeScanner(p *profile, f *Finding) evidence {
	e := evidence{app: AppScanner}
	switch {
	case f.Kind == ScanKind && f.Class == Vertical:
		e.add(0.7, "many ports of one host (%s)", f.Peer)
	case f.Kind == ScanKind:
		e.add(0.7, "one port of many hosts (%s)", listed(f.Ports))
	case inBurst(f):
		for k, peers := range p.fans {
			if n := float64(p.ports[k]); peers >= scanPeers && n <= scanRepeat*peers && n >= 0.6*p.sessions &&
				!slices.Contains(everyday[:], k.Port) && !torrentPort(k) {
				e.add(0.6, "one port of many hosts (%s of %.0f), hardly one twice", portName(k), peers)
			}
		}
	}
	failed, n := 0.0, 0.0
	for _, d := range p.doors {
		failed, n = failed+d.failed, n+d.n
	}
	e.when(e.score > 0 && n > 0 && failed >= 0.5*n, 0.2, "most of them do not answer")
	return e
}

func likeNTP(p *profile, f *Finding) evidence {
	e := evidence{app: AppNTP}
	if s := p.share(func(k Port) bool { return k == Port{parse.UDP, 123} }); s >= 0.7 {
		e.add(0.5+0.4*s, "%.0f %% of its sessions go to udp/123", 100*s)
	}
	return e
}

func likeDNS(p *profile, f *Finding) evidence {
	e := evidence{app: AppLookups}
	dns := p.share(func(k Port) bool { return k.Port == 53 || k == Port{parse.TCP, 853} })
	if dns < 0.7 {
		return e
	}
	e.add(0.3+0.4*dns, "%.0f %% of its sessions go to port 53", 100*dns)
	if servers := max(p.fans[Port{parse.UDP, 53}], p.fans[Port{parse.TCP, 53}]); servers >= 10 {
		e.app = AppResolver
		e.add(0.2, "many name servers (%.0f), as one who resolves by itself asks", servers)
	} else if f.Kind == LoadKind && servers >= 2 && p.few(1) < 0.7 {
		e.app = AppResolver
		e.add(0.1, "several name servers side by side (%.0f), as one who passes questions on asks", servers)
	}
	return e
}

// likeVoIP weighs signs of telephony: SIP, with RTP on the ports of RFC 3551 and of the vendors' defaults.
func likeVoIP(p *profile, f *Finding) evidence {
	e := evidence{app: AppVoIP}
	sip := func(k Port) bool { return k.Port == 5060 || k.Port == 5061 }
	if len(p.most(sip)) == 0 || p.share(sip) < 0.02 {
		return e
	}
	e.add(0.4, "SIP (%s)", listed(p.most(sip)))
	rtp := p.share(func(k Port) bool { return udp(k) && k.Port >= 10000 && k.Port <= 32767 })
	e.when(rtp >= 0.3, 0.3, "UDP to the ports that RTP uses (%.0f %%)", 100*rtp)
	e.when(p.few(5) >= 0.7, 0.1, "few peers")
	return e
}

// likeGame weighs signs of games: UDP to the ports of Steam, Xbox, PlayStation and Blizzard.
func likeGame(p *profile, f *Finding) evidence {
	e := evidence{app: AppGame}
	is := func(k Port) bool {
		return k.Port == 3074 || k.Port >= 27000 && k.Port <= 27100 || udp(k) &&
			(k.Port >= 3478 && k.Port <= 3480 || k.Port == 9308 || k.Port == 3659) ||
			k.Port == 1119 || k.Port == 6112 || k.Port == 3724
	}
	s := p.share(is)
	if s < 0.3 {
		return e
	}
	e.add(0.4+0.3*s, "ports of game platforms (%s)", listed(p.most(is)))
	e.when(p.share(udp) >= 0.5, 0.1, "mostly UDP")
	return e
}

// storePort reports whether files are sent to the port: SSH, rsync, SMB, AFP, NFS, Borg over SSH, Bacula, web stores.
func storePort(k Port) bool {
	return tcp(k) && slices.Contains([]uint16{22, 80, 139, 443, 445, 548, 873, 2049, 8080, 8443, 9103, 9000}, k.Port)
}

// likeBackup weighs signs of a backup: one peer, many bytes, at night.
func likeBackup(p *profile, f *Finding) evidence {
	e := evidence{app: AppBackup}
	if len(p.doors) == 0 || !storePort(p.doors[0].Port) || p.bytes < 100e6 || p.few(1) < 0.7 {
		return e
	}
	e.add(0.25, "one peer gets nearly all (%s)", netip.AddrPortFrom(p.doors[0].Peer, p.doors[0].Port.Port))
	perDay := p.bytes / float64(p.days)
	e.add(0.15, "much is moved (%.1f GB a day)", perDay/1e9)
	e.when(p.spans > 0 && p.night >= 0.9, 0.25, "by night")
	e.when(f.Kind == PeriodicBurst && math.Abs(f.PeriodS-86400) < 3600, 0.15, "once a day")
	return e
}

// likeSync weighs signs of a sync with an object store: a listing that takes more requests each day, as more objects
// are there (incident 5 in docs/incidents.md).
func likeSync(p *profile, f *Finding) evidence {
	e := evidence{app: AppSync}
	web := func(k Port) bool { return tcp(k) && (k.Port == 80 || k.Port == 443) }
	if len(p.doors) == 0 || p.share(web) < 0.8 || p.few(3) < 0.6 {
		return e
	}
	e.add(0.2, "nearly all goes to few peers at %s", listed(p.most(web)))
	e.when(f.Kind == GrowthKind, 0.35, "it grows day by day, as a listing grows with what it lists")
	e.when(f.Kind == PeriodicBurst && f.PeriodS > 0 && f.PeriodS <= 86400, 0.1, "it comes again and again")
	return e
}

// likeUpdate weighs signs of update checks: a few sessions to a few servers at long, regular intervals.
func likeUpdate(p *profile, f *Finding) evidence {
	e := evidence{app: AppUpdate}
	web := func(k Port) bool { return tcp(k) && (k.Port == 80 || k.Port == 443) }
	if f.Kind != PeriodicBurst || f.PeriodS < 3600 || f.Sessions > 150 || f.Peers > 10 || p.share(web) < 0.8 {
		return e
	}
	e.add(0.3, "few servers (%d), by web", f.Peers)
	e.add(0.2, "at long, regular times")
	e.when(len(f.Minutes) > 0, 0.1, "by the clock on the wall")
	return e
}

// listed joins words as "a, b and c".
func listed(words []string) (s string) {
	for i, w := range words {
		switch {
		case i == 0:
		case i == len(words)-1:
			s += " and "
		default:
			s += ", "
		}
		s += w
	}
	return s
}

package detect

// What a person's browser opens, which is nothing to tell of: a page, some in haste, or a row of pages with pauses
// between them. It goes to web servers, to several of them, with one and a half to 15 sessions to each on the
// average. docs/detection.md has the figures.
const (
	pageMost = 120 // sessions of a page in ten seconds
	pagesTwo = 2   // times as many, where two pages of a row fall together
	pagesFew = 400 // sessions of some pages in haste
	pageEach = 15  // sessions to one server: browsers open six for each name, and some names share an address
	// pageUneven bounds the squared coefficient of variation of the sessions in ten seconds, without what is due to
	// chance (the reciprocal of their mean): a spell above it is a row of pages. A steady load has 0, a ramp a third.
	pageUneven = 1.0
)

// pages reports whether a spell is no more than what a person who reads pages opens.
func (a *activity) pages(r run) bool {
	if !a.web(r) || r.events > pageEach*r.peers || 3*r.peers > 2*r.events {
		return false
	}
	few := r.events <= 2*int(r.peak) || r.events <= pagesFew && 2*r.peers <= r.events
	return few && r.peak <= pageMost || r.peak <= pagesTwo*pageMost && a.sessions.unevenness(r) >= pageUneven
}

// web reports whether most of the spell's sessions can have gone to web servers: the host hardly opens others, or half
// of what it opens is web and in the spell each server got two sessions on the average.
func (a *activity) web(r run) bool {
	return 2*a.otherN < float64(r.events) || 2*r.peers <= r.events && a.otherN <= a.webN
}

// rounds reports whether the host goes to the same few web servers again and again, as a monitor, a film or a sensor
// does, and opens hardly anything else.
func (a *activity) rounds() bool {
	return !a.looksUp() && 10*a.otherN <= a.webN && a.webN >= pageEach*a.peerN
}

// readPorts counts what the host opens to the ports that browsers use, and to others, and to how many peers.
func (a *activity) readPorts(days []*Day) {
	for _, d := range days {
		h := d.Hosts[a.host]
		if h == nil {
			continue
		}
		a.peerN += float64(h.Peers)
		a.peerMax = max(a.peerMax, int(h.Peers))
		other := float64(h.Sessions.Total())
		for p, n := range h.Ports {
			if p.ofBrowsers() {
				a.webN += float64(n)
				other -= float64(n)
			}
		}
		a.otherN += max(other, 0)
	}
}

// unevenness gives the squared coefficient of variation of the sessions per slot of the spell, less what a steady
// stream that comes at random (Poisson) has.
func (l *line) unevenness(r run) float64 {
	n, sum, squares := float64(r.to-r.from+1), 0.0, 0.0
	for i := r.from; i <= r.to; i++ {
		x := float64(l.slots[i])
		sum, squares = sum+x, squares+x*x
	}
	if sum == 0 {
		return 0
	}
	return squares*n/(sum*sum) - 1 - n/sum
}

// ofBrowsers reports whether a port is one that browsers use: the web, names, and the messages of a phone.
func (p Port) ofBrowsers() bool {
	switch p.Port {
	case 53, 80, 123, 443, 853, 5223, 5228, 8080, 8443:
		return true
	}
	return false
}

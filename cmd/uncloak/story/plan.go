package story

import (
	"fmt"
	"math"
	"net/netip"
	"time"
)

// person is an ordinary host: its sessions are not the cause of the overflow.
type person struct {
	addr, name string
	pages      float64 // web pages an hour while the person is at home
	from, to   int     // hours of the day at which the person is at home
}

func people() []person {
	return []person{
		{"192.168.128.20", "pc1", 24, 8, 24},
		{"192.168.128.21", "pc2", 14, 17, 23},
		{"192.168.128.22", "laptop", 20, 9, 18},
		{"192.168.128.23", "gamer", 10, 16, 24},
		{"192.168.128.30", "phone1", 12, 6, 24},
		{"192.168.128.31", "phone2", 12, 7, 23},
		{"192.168.128.32", "phone3", 8, 7, 22},
		{"192.168.128.33", "tablet", 8, 15, 21},
		{"192.168.128.40", "console", 3, 17, 23},
	}
}

// things are hosts that only speak now and then.
func things() []person {
	return []person{
		{addr: OldSrv, name: "oldsrv"},
		{addr: VMHost, name: "vmhost"},
		{addr: "192.168.128.13", name: "tv"},
		{addr: "192.168.128.14", name: "nas"},
		{addr: "192.168.128.50", name: "printer"},
		{addr: "192.168.128.51", name: "camera"},
		{addr: "192.168.128.52", name: "thermostat"},
	}
}

// plan adds to todo all that the hosts do between from and to, a local day.
func (t *teller) plan() {
	everybody := append(people(), things()...)
	for i, p := range everybody {
		host := netip.MustParseAddr(p.addr)
		t.leases(p, i)
		next := func() time.Duration { return 1024*time.Second + t.within(2*time.Second) }
		for at := t.from.Add(t.within(1024 * time.Second)); at.Before(t.to); at = at.Add(next()) {
			t.udp(at, host, outside(7+i), 123)
		}
		if p.pages > 0 {
			t.browse(p, host)
		}
	}
	t.torrent()
	t.tv(netip.MustParseAddr("192.168.128.13"))
	t.backup(netip.MustParseAddr("192.168.128.14"))
	t.camera(netip.MustParseAddr("192.168.128.51"))
}

// torrent is the cause: at :00 and :30, give or take 8 s, 8 % left out, the client contacts everybody it knows without
// waiting in between; the old server looks up the name of most of them 0.5 to 4 s later. In between there is a trickle.
func (t *teller) torrent() {
	vm, old, resolver := netip.MustParseAddr(VMHost), netip.MustParseAddr(OldSrv), netip.MustParseAddr("203.0.113.53")
	for at := t.from; at.Before(t.to); at = at.Add(30 * time.Minute) {
		if t.rnd.Float64() < 0.08 {
			continue
		}
		start := at.Add(time.Duration(8 * t.rnd.NormFloat64() * float64(time.Second)))
		for range 1900 + t.rnd.IntN(700) {
			when, peer := start.Add(t.within(6*time.Second)), t.peer()
			if t.rnd.IntN(3) == 0 {
				t.udp(when, vm, peer, uint16(6881+t.rnd.IntN(9)))
			} else {
				t.tcp(when, vm, peer, uint16(1024+t.rnd.IntN(64000)), t.talk(0.3, 20*time.Second))
			}
			if t.rnd.IntN(4) == 0 {
				t.udp(when.Add(500*time.Millisecond+t.within(3500*time.Millisecond)), old, resolver, 53)
			}
		}
	}
	for at := t.from; at.Before(t.to); at = at.Add(t.exponential(25 * time.Second)) {
		t.udp(at, vm, t.peer(), 6881)
	}
}

// browse opens pages while the person is at home: some lookups at the router, then sessions to one to three servers.
func (t *teller) browse(p person, host netip.Addr) {
	for at := t.from; at.Before(t.to); at = at.Add(t.exponential(time.Duration(float64(time.Hour) / p.pages))) {
		if h := at.Hour(); h < p.from || h >= p.to {
			continue
		}
		site := t.rnd.IntN(200)
		t.say(at, fmt.Sprintf("dnsmasq[412]: query[A] www%d.example.net from %v", site, host))
		for range 1 + t.rnd.IntN(3) {
			server := outside(site + t.rnd.IntN(3)*50)
			for range 2 + t.rnd.IntN(6) {
				t.tcp(at.Add(200*time.Millisecond+t.within(2*time.Second)), host, server, 443, t.talk(1, 8*time.Second))
			}
		}
	}
}

// tv streams in the evening: a session to one of four servers every 8 to 12 s.
func (t *teller) tv(host netip.Addr) {
	begin := t.from.Add(19*time.Hour + t.within(time.Hour))
	end := begin.Add(2*time.Hour + 30*time.Minute)
	for at := begin; at.Before(end); at = at.Add(8*time.Second + t.within(4*time.Second)) {
		t.tcp(at, host, outside(230+t.rnd.IntN(4)), 443, t.talk(1, 10*time.Second))
	}
}

// backup sends the night's backup from 02:30 on over a few sessions at a time.
func (t *teller) backup(host netip.Addr) {
	begin := t.from.Add(2*time.Hour + 30*time.Minute + t.within(20*time.Second))
	for i := range 120 {
		t.tcp(begin.Add(time.Duration(i)*15*time.Second+t.within(5*time.Second)), host, outside(240), 22,
			12*time.Second+t.within(20*time.Second))
	}
}

// camera keeps in touch with its maker every minute.
func (t *teller) camera(host netip.Addr) {
	for at := t.from.Add(t.within(time.Minute)); at.Before(t.to); at = at.Add(time.Minute + t.within(time.Second)) {
		t.tcp(at, host, outside(245), 8883, 3*time.Second)
	}
}

// leases renews the address of p every six hours; the lines of the leases give the host its name.
func (t *teller) leases(p person, i int) {
	next := func() time.Duration { return 6*time.Hour + t.within(time.Minute) }
	for at := t.from.Add(time.Minute + t.within(5*time.Minute)); at.Before(t.to); at = at.Add(next()) {
		mac := fmt.Sprintf("52:54:00:4a:80:%02x", i+10)
		t.say(at, fmt.Sprintf("dnsmasq-dhcp[412]: DHCPREQUEST(br-lan) %s %s", p.addr, mac))
		t.say(at.Add(time.Millisecond), fmt.Sprintf("dnsmasq-dhcp[412]: DHCPACK(br-lan) %s %s %s", p.addr, mac, p.name))
	}
}

// tcp opens a session that is held while it talks and then in TIME_WAIT; with talk 0 the server does not answer:
// SYN_SENT.
func (t *teller) tcp(at time.Time, src, dst netip.Addr, dport uint16, talk time.Duration) {
	t.todo = append(t.todo, act{at: at.UnixNano(), src: src.As4(), dst: dst.As4(), sport: t.port(), dport: dport,
		tcp: true, hold: talk + 120*time.Second})
}

// udp sends one datagram that may be answered once: the entry lives for 30 s.
func (t *teller) udp(at time.Time, src, dst netip.Addr, dport uint16) {
	t.todo = append(t.todo, act{at: at.UnixNano(), src: src.As4(), dst: dst.As4(), sport: t.port(), dport: dport,
		hold: 30 * time.Second})
}

func (t *teller) say(at time.Time, line string) {
	t.todo = append(t.todo, act{at: at.UnixNano(), say: line})
}

// talk draws for how long a session talks: 0 for an unanswered one, else about mean.
func (t *teller) talk(answered float64, mean time.Duration) time.Duration {
	if t.rnd.Float64() >= answered {
		return 0
	}
	return min(t.exponential(mean), 10*mean)
}

func (t *teller) exponential(mean time.Duration) time.Duration {
	return time.Duration(-math.Log(1-t.rnd.Float64()) * float64(mean))
}

func (t *teller) within(d time.Duration) time.Duration { return time.Duration(t.rnd.Int64N(int64(d))) }

func (t *teller) port() uint16 { return uint16(32768 + t.rnd.IntN(28232)) }

// peer draws an address in 198.18.0.0/15, which RFC 2544 reserves: no real host is accused.
func (t *teller) peer() netip.Addr {
	n := t.rnd.IntN(1 << 17)
	return netip.AddrFrom4([4]byte{198, byte(18 + n>>16), byte(n >> 8), byte(n)})
}

// outside is the server number i of a documentation net (RFC 5737).
func outside(i int) netip.Addr { return netip.AddrFrom4([4]byte{198, 51, 100, byte(i)}) }

package detect

import "time"

// Timeouts hold how long a session-table entry lives after its last packet, by state. The defaults are Linux's
// (net/netfilter/nf_conntrack_proto_{tcp,udp,icmp,generic}.c).
type Timeouts struct {
	SynSent, SynRecv, Established, FinWait, CloseWait, LastAck, TimeWait, Close time.Duration
	UDP, UDPStream, ICMP, Generic                                               time.Duration
	// TypicalTCP is the time that a TCP session is held when only its first packet is logged: talk plus TIME_WAIT.
	TypicalTCP time.Duration
	Collector  Collector
}

// Collector says whether an entry whose time is over counts until a collector comes by, as in Linux since 5.19.
type Collector uint8

// What may be known of the collector.
const (
	CollectorUnknown Collector = iota // only the upper bound of the number of entries reckons with it
	CollectorLinux
	CollectorNone // each entry goes on the second
)

// Systems lists the routers whose default timeouts TimeoutsOf knows.
func Systems() []string { return []string{"linux", "linux-4", "openwrt"} }

// TimeoutsOf gives the defaults of one of Systems; of today's Linux for any other word.
//
//   - linux: kernel 5.19 and later: expired entries wait for its collector (see collectEvery). The times hold since
//     5.0.
//   - linux-4: before that, back to 2.4; up to 4.8 each entry goes on the second. A UDP stream is kept for 180 s, not
//     120 (nf_conntrack: udp: set stream timeout to 2 minutes, 2018).
//   - openwrt: its package/kernel/linux/files/sysctl-nf-conntrack.conf sets nf_conntrack_tcp_timeout_established=7440,
//     nf_conntrack_udp_timeout=60, nf_conntrack_udp_timeout_stream=180.
func TimeoutsOf(system string) Timeouts {
	t := Timeouts{
		SynSent: 120 * time.Second, SynRecv: 60 * time.Second, Established: 5 * 24 * time.Hour,
		FinWait:   120 * time.Second,
		CloseWait: 60 * time.Second, LastAck: 30 * time.Second, TimeWait: 120 * time.Second, Close: 10 * time.Second,
		UDP: 30 * time.Second, UDPStream: 120 * time.Second, ICMP: 30 * time.Second, Generic: 600 * time.Second,
		TypicalTCP: 150 * time.Second,
	}
	switch system {
	case "linux":
		t.Collector = CollectorLinux
	case "linux-4":
		t.UDPStream, t.Collector = 180*time.Second, CollectorNone
	case "openwrt":
		t.Established, t.UDP, t.UDPStream = 7440*time.Second, 60*time.Second, 180*time.Second
	}
	return t
}

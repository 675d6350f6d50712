package detect

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// class is the timeout that an entry of the session table ends by.
type class uint8

const (
	classSynSent class = iota
	classSynRecv
	classEstablished
	classFinWait
	classCloseWait
	classLastAck
	classTimeWait
	classClose
	classUDP
	classUDPStream
	classICMP
	classGeneric
	classTypicalTCP
	numClasses
	classFixed = numClasses // ended by something else than a timeout
)

// className gives the name of the class in the config.
var className = [numClasses]string{"syn_sent", "syn_recv", "established", "fin_wait", "close_wait", "last_ack",
	"time_wait", "close",
	"udp", "udp_stream", "icmp", "generic", "typical_tcp"}

// of gives the timeout of the class.
func (to *Timeouts) of(c class) time.Duration { return *to.at(c) }

// at gives the place of the timeout of the class.
func (to *Timeouts) at(c class) *time.Duration {
	switch c {
	case classSynSent:
		return &to.SynSent
	case classSynRecv:
		return &to.SynRecv
	case classEstablished:
		return &to.Established
	case classFinWait:
		return &to.FinWait
	case classCloseWait:
		return &to.CloseWait
	case classLastAck:
		return &to.LastAck
	case classTimeWait:
		return &to.TimeWait
	case classClose:
		return &to.Close
	case classUDP:
		return &to.UDP
	case classUDPStream:
		return &to.UDPStream
	case classICMP:
		return &to.ICMP
	case classTypicalTCP:
		return &to.TypicalTCP
	}
	return &to.Generic
}

// Change holds other settings, as `--what-if` names them. The zero value changes nothing.
type Change struct {
	Table     int // entries of the session table; 0 = as it is
	Limit     int // sessions that each internal host may have; 0 = no limit
	LimitOf   []HostLimit
	Without   []netip.Addr // hosts taken away
	KeepAlive []ServerTime // idle sessions are kept for the client's next page, then closed by the server
	Linger    []ServerTime // instead of TIME_WAIT after a session
	timeouts  map[class]time.Duration
}

// HostLimit is a limit of sessions for one host.
type HostLimit struct {
	Host netip.Addr
	N    int
}

// ServerTime is a time that a server is set to; port 0 is each of its ports.
type ServerTime struct {
	Host netip.Addr
	Port uint16
	Time time.Duration
}

// serves reports whether the session goes to that server.
func (x *ServerTime) serves(k *Key) bool {
	return k.Dst == x.Host && (x.Port == 0 || k.DPort == x.Port)
}

// ChangeKeys lists the words that a change may begin with, for messages.
func ChangeKeys() []string {
	return append([]string{"limit", "table", "without", "keepalive", "linger"}, className[:]...)
}

// maxChanges bounds the changes of a kind: each is looked at for each session.
const maxChanges = 16

// Add reads one change and adds it: limit=200, limit=200@HOST, table=4096, time_wait=30, udp=10 (each timeout of the
// config; seconds, or 30s, 2h), without=HOST, keepalive=60@HOST[:PORT], linger=0@HOST[:PORT]. Commas separate several.
// host gives the address of a name.
func (c *Change) Add(s string, host func(string) (netip.Addr, bool)) error {
	for part := range strings.SplitSeq(s, ",") {
		key, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok || value == "" {
			return fmt.Errorf("%q is not understood: write limit=200, table=4096, time_wait=30, "+
				"without=192.168.1.2, keepalive=60@192.168.1.2:80 or linger=0@192.168.1.2", part)
		}
		if err := c.add(key, value, host); err != nil {
			return fmt.Errorf("%s: %w", part, err)
		}
	}
	return nil
}

func (c *Change) add(key, value string, host func(string) (netip.Addr, bool)) (err error) {
	if len(c.Without)+len(c.LimitOf)+len(c.KeepAlive)+len(c.Linger) >= maxChanges {
		return fmt.Errorf("more than %d changes at once", maxChanges)
	}
	switch key {
	case "table":
		c.Table, err = atLeastOne(value)
	case "limit":
		n, at, of := strings.Cut(value, "@")
		var l HostLimit
		if l.N, err = atLeastOne(n); err != nil || !of {
			c.Limit = l.N
			return err
		}
		l.Host, _, err = place(at, host)
		c.LimitOf = append(c.LimitOf, l)
	case "without":
		a, _, e := place(value, host)
		c.Without, err = append(c.Without, a), e
	case "keepalive", "linger":
		d, at, of := strings.Cut(value, "@")
		if !of {
			return fmt.Errorf("of which server? write %s=%s@192.168.1.2:80", key, d)
		}
		var x ServerTime
		if x.Time, err = changeTime(d); err != nil {
			return err
		}
		if x.Host, x.Port, err = place(at, host); err != nil {
			return err
		}
		if key == "linger" {
			c.Linger = append(c.Linger, x)
		} else {
			c.KeepAlive = append(c.KeepAlive, x)
		}
	default:
		i := slices.Index(className[:], key)
		if i < 0 {
			return fmt.Errorf("%q is not known; known are: %s", key, strings.Join(ChangeKeys(), ", "))
		}
		d, err := changeTime(value)
		if err != nil {
			return err
		}
		if d == 0 {
			return fmt.Errorf("a timeout of 0 is none")
		}
		c.timeout(class(i), d)
	}
	return err
}

func (c *Change) timeout(k class, d time.Duration) {
	if c.timeouts == nil {
		c.timeouts = map[class]time.Duration{}
	}
	c.timeouts[k] = d
}

func atLeastOne(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > maxDemand {
		return 0, fmt.Errorf("%q is not a number from 1 to %d", s, maxDemand)
	}
	return n, nil
}

// changeTime reads 30 (seconds), 30s or 2h.
func changeTime(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if n, e := strconv.ParseFloat(s, 64); e == nil && n >= 0 && n <= maxDemandTime.Seconds() {
		d, err = time.Duration(n*float64(time.Second)), nil
	}
	if err != nil || d < 0 || d > maxDemandTime {
		return 0, fmt.Errorf("%q is not a time: write 30 (seconds), 90s or 2h", s)
	}
	return d, nil
}

// place reads HOST or HOST:PORT.
func place(s string, host func(string) (netip.Addr, bool)) (netip.Addr, uint16, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		return a.Unmap(), 0, nil
	}
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap(), ap.Port(), nil
	}
	name, port := s, uint64(0)
	if before, after, ok := strings.Cut(s, ":"); ok {
		var err error
		if port, err = strconv.ParseUint(after, 10, 16); err != nil {
			return netip.Addr{}, 0, fmt.Errorf("%q is neither an address nor a host that was seen", s)
		}
		name = before
	}
	if host != nil {
		if a, ok := host(name); ok {
			return a.Unmap(), uint16(port), nil
		}
	}
	return netip.Addr{}, 0, fmt.Errorf("%q is neither an address nor a host that was seen", s)
}

// String writes the change, its parts in one order.
func (c *Change) String() string {
	var out []string
	if c.Table > 0 {
		out = append(out, fmt.Sprintf("table=%d", c.Table))
	}
	if c.Limit > 0 {
		out = append(out, fmt.Sprintf("limit=%d", c.Limit))
	}
	for _, l := range c.LimitOf {
		out = append(out, fmt.Sprintf("limit=%d@%v", l.N, l.Host))
	}
	for k := range numClasses {
		if d, ok := c.timeouts[k]; ok {
			out = append(out, className[k]+"="+changeSeconds(d))
		}
	}
	for _, a := range c.Without {
		out = append(out, "without="+a.String())
	}
	for _, x := range c.KeepAlive {
		out = append(out, "keepalive="+x.String())
	}
	for _, x := range c.Linger {
		out = append(out, "linger="+x.String())
	}
	return strings.Join(out, ",")
}

// String writes TIME@HOST[:PORT].
func (x *ServerTime) String() string {
	at := x.Host.String()
	if x.Port != 0 {
		at = netip.AddrPortFrom(x.Host, x.Port).String()
	}
	return changeSeconds(x.Time) + "@" + at
}

func changeSeconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) }

// limit gives the number of sessions that the host may have; 0 = any number.
func (c *Change) limit(host netip.Addr) int {
	for i := range c.LimitOf {
		if c.LimitOf[i].Host == host {
			return c.LimitOf[i].N
		}
	}
	if !host.IsValid() {
		return 0 // the router's own
	}
	return c.Limit
}

// shift gives how much later an entry of the class goes; it is negative when it goes earlier.
func (c *Change) shift(k class, to *Timeouts) (d time.Duration) {
	if k == classFixed || len(c.timeouts) == 0 {
		return 0
	}
	if x, ok := c.timeouts[k]; ok {
		return x - to.of(k)
	}
	if x, ok := c.timeouts[classTimeWait]; ok && k == classTypicalTCP { // it is talk plus TIME_WAIT
		return max(x-to.TimeWait, time.Second-to.TypicalTCP)
	}
	return 0
}

// lookBack gives the most by which an entry may go earlier than in the log.
func (c *Change) lookBack(to *Timeouts) (most time.Duration) {
	for k := range numClasses {
		if k != classEstablished { // hardly an entry lives to its end; those that do are cut at once
			most = max(most, -c.shift(k, to))
		}
	}
	if len(c.Linger)+len(c.KeepAlive) > 0 { // the end of the talk is known when the entry goes
		most = max(most, to.TimeWait)
	}
	return most
}

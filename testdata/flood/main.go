// Command flood sends made-up lines from many senders to a running receiver, to measure what they make it hold:
//
//	go run ./testdata/flood -udp 127.0.0.1:5514 -tcp 127.0.0.1:5514 -pid PID -for 10m
//
// Each sender has an address of its own in 127.0.0.0/8, which Linux lets any program use. Each line names another
// router, host, name, service or link. Every five seconds the memory of the process PID is printed: seconds, lines
// sent, RssAnon in kB.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

func main() {
	log.SetFlags(0)
	udp := flag.String("udp", "127.0.0.1:5514", "where datagrams go; \"\": nowhere")
	tcp := flag.String("tcp", "127.0.0.1:5514", "where streams go; \"\": nowhere")
	datagrams := flag.Int("datagrams", 500, "senders of datagrams")
	streams := flag.Int("streams", 100, "senders by streams")
	rate := flag.Float64("rate", 10, "lines a second of each sender")
	long := flag.Duration("for", time.Minute, "how long")
	pid := flag.Int("pid", 0, "process whose memory is printed; 0: none")
	flag.Parse()
	if *udp == "" {
		*datagrams = 0
	}
	if *tcp == "" {
		*streams = 0
	}
	var sent atomic.Int64
	begin := time.Now()
	var all errgroup.Group
	for i := range *datagrams + *streams {
		network, to := "udp", *udp
		if i >= *datagrams {
			network, to = "tcp", *tcp
		}
		all.Go(func() error { return flood(network, to, i, *rate, begin.Add(*long), &sent) })
	}
	if *pid != 0 {
		all.Go(func() error { return watch(*pid, begin, begin.Add(*long), &sent) })
	}
	if err := all.Wait(); err != nil {
		log.Fatal(err)
	}
}

// flood sends lines at the rate until end, from the i-th address.
func flood(network, to string, i int, rate float64, end time.Time, sent *atomic.Int64) error {
	ip := net.IPv4(127, 1, byte(i/250), byte(1+i%250))
	d := net.Dialer{LocalAddr: &net.UDPAddr{IP: ip}}
	if network == "tcp" {
		d.LocalAddr = &net.TCPAddr{IP: ip}
	}
	c, err := d.Dial(network, to)
	if err != nil {
		return err
	}
	defer c.Close()
	r := rand.New(rand.NewPCG(uint64(i), 7))
	step := time.Duration(float64(time.Second) / rate)
	time.Sleep(time.Duration(r.Int64N(int64(step))))
	for t := time.NewTicker(step); time.Now().Before(end); <-t.C {
		text := line(r, time.Now())
		if network == "tcp" {
			text += "\n"
		}
		if _, err := c.Write([]byte(text)); err != nil && network == "tcp" {
			return err
		}
		sent.Add(1)
	}
	return nil
}

// line makes up a line.
func line(r *rand.Rand, now time.Time) string {
	name := func() string {
		return fmt.Sprintf("%s-%06x", []string{"gw", "ap", "nas", "tv"}[r.IntN(4)], r.IntN(1<<24))
	}
	inside := func() string { return fmt.Sprintf("10.%d.%d.%d", r.IntN(256), r.IntN(256), 1+r.IntN(254)) }
	outside := func() string { return fmt.Sprintf("198.%d.%d.%d", 18+r.IntN(2), r.IntN(256), r.IntN(256)) }
	mac := func() string {
		return fmt.Sprintf("02:00:%02x:%02x:%02x:%02x", r.IntN(256), r.IntN(256), r.IntN(256), r.IntN(256))
	}
	port := func() int { return 1 + r.IntN(65535) }
	session := func(src, dst string) string {
		return fmt.Sprintf("kernel: [NEW] IN=br-lan OUT=wan0 MAC=%s:%s:08:00 SRC=%s DST=%s LEN=60 TOS=0x00 PREC=0x00 "+
			"TTL=63 ID=%d DF PROTO=TCP SPT=%d DPT=%d WINDOW=64240 RES=0x00 SYN URGP=0", mac(), mac(), src, dst, port(),
			port(), port())
	}
	var text string
	switch r.IntN(14) {
	case 0, 1, 2, 3:
		text = session(inside(), outside())
	case 4:
		text = session(outside(), inside())
	case 5:
		text = fmt.Sprintf("dnsmasq[17]: query[A] %s.example.net from %s", name(), inside())
	case 6:
		text = fmt.Sprintf("dnsmasq[17]: query[PTR] %d.%d.18.198.in-addr.arpa from %s", r.IntN(256), r.IntN(256),
			inside())
	case 7:
		text = fmt.Sprintf("dnsmasq-dhcp[17]: DHCPACK(br-lan) %s %s %s", inside(), mac(), name())
	case 8:
		text = fmt.Sprintf("kernel: e1000 0000:00:03.0 %s: NIC Link is Down", name()[:9])
	case 9:
		text = "kernel: nf_conntrack: table full, dropping packet"
	case 10:
		text = fmt.Sprintf("kernel: Out of memory: Killed process %d (%s) total-vm:1kB, anon-rss:1kB, file-rss:0kB",
			port(), name())
	case 11:
		text = fmt.Sprintf("kernel: TCP: Peer %s:%d/%d unexpectedly shrunk window 1:2 (repaired)", outside(), port(),
			port())
	case 12:
		text = fmt.Sprintf("kernel: TCP: request_sock_TCP: Possible SYN flooding on port %d. Sending cookies.", port())
	default:
		text = fmt.Sprintf("%s: %s said %s of %s", name(), name(), name(), name())
	}
	return fmt.Sprintf("<4>%s %s %s", now.Format(time.Stamp), name(), text)
}

// watch prints the memory of the process until end.
func watch(pid int, begin, end time.Time, sent *atomic.Int64) error {
	for t := time.NewTicker(5 * time.Second); time.Now().Before(end); <-t.C {
		kb, err := anonymous(pid)
		if err != nil {
			return err
		}
		fmt.Printf("%4.0f %10d %8s\n", time.Since(begin).Seconds(), sent.Load(), kb)
	}
	return nil
}

// anonymous returns the memory of the process that is no file, in kB.
func anonymous(pid int) (string, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return "", err
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if v, ok := strings.CutPrefix(s.Text(), "RssAnon:"); ok {
			return strings.TrimSuffix(strings.TrimSpace(v), " kB"), nil
		}
	}
	return "", errors.New("no RssAnon in the status of the process")
}

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"uncloak/ingest"
	"uncloak/report"
)

// checkListen tries the addresses at which serve would receive. Given says that the user named an address; else a
// running serve may have other addresses by its own flags, and port 5514 is tried where 514 is not permitted, as serve
// does.
func checkListen(c *report.Check, cfg ingest.Config, given bool) {
	var serving []string
	if c.Received != nil {
		serving = c.Received.Listening
	}
	if c.Data.Daemon && !given {
		for _, s := range serving {
			network, address, _ := strings.Cut(s, " ")
			c.Listen = append(c.Listen, report.Listener{Network: network, Address: address, State: "serve",
				PID: c.Data.PID})
		}
	} else {
		tried := listeners(c, cfg, serving)
		if !given && len(tried) > 0 && tried[0].State == "denied" {
			c.Notes = append(c.Notes, "port 514 is not permitted: serve listens on 5514 instead; point the router "+
				"there, or allow it with setcap cap_net_bind_service=+ep")
			cfg.UDP, cfg.TCP = []string{":5514"}, []string{":5514"}
			tried = listeners(c, cfg, serving)
		}
		for _, l := range tried {
			if p := listenProblem(l); p != "" {
				c.Problems = append(c.Problems, p)
			}
		}
		c.Listen = tried
	}
	if len(c.Listen) == 0 && receivesNothing(cfg) {
		c.Problems = append(c.Problems, "nothing is listened at: give --udp or --tcp an address, or listen in the "+
			"config")
	}
	if len(cfg.UDP) > 0 {
		checkBuffer(c, cfg.ReadBuffer)
	}
	if text, err := os.ReadFile("/proc/sys/net/ipv4/tcp_syncookies"); err == nil && len(cfg.TCP)+len(cfg.TLS) > 0 {
		c.Notes = append(c.Notes, cookies(string(text))...)
	}
}

// cookies returns a note if the kernel's SYN cookies, which protect against unfinished connections, are off.
func cookies(setting string) []string {
	if strings.TrimSpace(setting) != "0" {
		return nil
	}
	return []string{"SYN cookies are off: whoever begins connections and never finishes them keeps all others out; " +
		"sysctl -w net.ipv4.tcp_syncookies=1"}
}

// listeners tries each address of cfg and returns its state.
func listeners(c *report.Check, cfg ingest.Config, serving []string) (out []report.Listener) {
	for _, n := range []struct {
		network   string
		addresses []string
	}{{"udp", cfg.UDP}, {"tcp", cfg.TCP}, {"tls", cfg.TLS}, {"unixgram", cfg.Unixgram}, {"unix", cfg.UnixStream}} {
		for _, address := range n.addresses {
			l := report.Listener{Network: n.network, Address: address, State: tryAddress(n.network, address)}
			if l.State == "taken" && c.Data.Daemon && serves(serving, n.network, address) {
				l.State, l.PID = "serve", c.Data.PID
			}
			out = append(out, l)
		}
	}
	return out
}

// tryAddress listens at an address for a moment and returns its state.
func tryAddress(network, address string) string {
	switch network {
	case "unixgram", "unix":
		return tryPath(network, address)
	case "tls":
		network = "tcp"
	}
	var closer interface{ Close() error }
	var err error
	if network == "udp" {
		closer, err = net.ListenPacket(network, address)
	} else {
		closer, err = net.Listen(network, address)
	}
	switch {
	case err == nil:
		closer.Close()
		return "free"
	case errors.Is(err, syscall.EADDRINUSE):
		return "taken"
	case errors.Is(err, fs.ErrPermission):
		return "denied"
	}
	return "bad"
}

// tryPath returns the state of the path of a unix socket. Serve replaces a socket file at which no process listens.
func tryPath(network, path string) string {
	if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSocket == 0 {
		return "taken"
	}
	if c, err := net.Dial(network, path); err == nil {
		c.Close()
		return "taken"
	}
	switch err := mayWrite(filepath.Dir(path)); {
	case err == nil:
		return "free"
	case errors.Is(err, fs.ErrPermission):
		return "denied"
	}
	return "bad"
}

// serves says whether the daemon listens at an address, or at its port on all addresses.
func serves(serving []string, network, address string) bool {
	host, port, err := net.SplitHostPort(address)
	for _, s := range serving {
		n, at, _ := strings.Cut(s, " ")
		if n != network {
			continue
		}
		if at == address {
			return true
		}
		h, p, atErr := net.SplitHostPort(at)
		if err != nil || atErr != nil || p != port {
			continue
		}
		if ip := net.ParseIP(h); h == host || h == "" || host == "" || ip != nil &&
			(ip.IsUnspecified() || ip.Equal(net.ParseIP(host))) {
			return true
		}
	}
	return false
}

// listenProblem says what to do about an address that cannot be used; "" for a usable one.
func listenProblem(l report.Listener) string {
	at := l.Network + " " + l.Address
	switch l.State {
	case "taken":
		switch l.Network {
		case "unixgram", "unix":
			return at + " is taken: stop the program that listens there (fuser " + quote(l.Address) +
				"), or use another path"
		case "tls":
			return at + " is taken by another program: stop that one (ss -lnp --tcp), or use another port, such as " +
				"--tls :6515"
		}
		return fmt.Sprintf("%s is taken by another program: stop that one (ss -lnp --%s), or use another port, such "+
			"as --%s :5514", at, l.Network, l.Network)
	case "denied":
		return at + " is not permitted to this user: use a port above 1023, such as 5514, or setcap " +
			"cap_net_bind_service=+ep"
	case "bad":
		return at + " cannot be listened at: is it an address of this machine?"
	}
	return ""
}

// checkBuffer asks the kernel for the receive buffer that serve asks for.
func checkBuffer(c *report.Check, asked int) {
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return // a machine without IPv4: checkListen reports it
	}
	defer conn.Close()
	raw, err := conn.SyscallConn()
	if err != nil {
		return
	}
	granted := 0
	err = raw.Control(func(fd uintptr) {
		granted = askBuffer(int(fd), conn, asked)
	})
	if err != nil || granted == 0 {
		return
	}
	c.Buffer = &report.Buffer{Asked: asked, Granted: granted / 2} // Linux doubles the number for its own use
	if c.Buffer.Granted < asked {
		c.Notes = append(c.Notes, fmt.Sprintf("the receive buffer is smaller than asked for: bursts may be lost; "+
			"sysctl -w net.core.rmem_max=%d", asked))
	}
}
